#include "gateways/http/request_reader.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>

#include "gateways/http/target.h"

namespace chopmark::http {
namespace {

namespace beast = boost::beast::http;
using BeastError = boost::beast::error_code;
using BeastView = boost::beast::string_view;

/// Chunk extensions mean nothing to us; a few bytes are tolerated, a flood is not.
constexpr std::size_t chunk_extension_bytes = 1024;
/// A chunk-size line with extension, or the trailer, as far as it may be incomplete.
constexpr std::size_t chunk_line_bytes = 4096;
/// Leading zeros of a chunk's size are legal; more than a line's worth of them has no purpose. With
/// the line end of the chunk before.
constexpr std::size_t chunk_size_bytes = 64;

std::string_view to_std(BeastView text) { return {text.data(), text.size()}; }

bool is_digits(std::string_view text) {
    return !text.empty() && text.size() <= 15 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Beast lets every byte stand in the quoted value of a chunk extension. A bare LF there ends the
/// line for others, and what follows would be the chunk (published as TERM.EXT).
bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return (static_cast<std::uint8_t>(c) < 0x20 && c != '\t') || c == 0x7F;
    });
}

Refusal refusal_of(const BeastError& error) {
    if (error == beast::error::bad_method || error == beast::error::bad_target) {
        return refusals::bad_request_line;
    }
    if (error == beast::error::bad_version) {
        return refusals::bad_version;
    }
    if (error == beast::error::header_limit) {
        return refusals::header_too_large;
    }
    if (error == beast::error::bad_content_length ||
        error == beast::error::multiple_content_length ||
        error == beast::error::bad_transfer_encoding || error == beast::error::bad_chunk ||
        error == beast::error::bad_chunk_extension) {
        return refusals::bad_framing;
    }
    return refusals::bad_header;
}

}  // namespace

class RequestReader::Parser final : public beast::basic_parser<true> {
  public:
    explicit Parser(const RequestLimits& bounds) : bounds_(bounds) {
        body_limit(boost::none);  // ours comes with the route
        // The block is scanned, and its length checked, before Beast sees it.
        header_limit(static_cast<std::uint32_t>(bounds.header_bytes + 1));
    }

    std::size_t feed(std::string_view bytes) {
        if (stage == Stage::header) {
            return feed_header(bytes);
        }
        return stage == Stage::body ? feed_body(bytes) : 0;
    }

    void refuse(const Refusal& why) {
        stage = Stage::refused;
        refusal = why;
    }

    void allow(std::size_t limit_bytes) {
        body_limit_bytes_ = limit_bytes;
        const auto length = content_length();
        if (length && *length > limit_bytes) {
            refuse(refusals::body_too_large);
        } else if (is_done()) {
            stage = Stage::complete;
        } else {
            stage = Stage::body;
            eager(true);
        }
    }

    [[nodiscard]] bool has_body() const { return !is_done(); }
    [[nodiscard]] std::optional<std::size_t> length() const {
        if (chunked()) {
            return std::nullopt;
        }
        return static_cast<std::size_t>(content_length().value_or(0));
    }

    Stage stage = Stage::header;
    Refusal refusal = refusals::bad_header;
    httplib::Request request;
    bool http_1_0 = false;
    bool expects_continue = false;
    bool body_begun = false;

  private:
    // Looks for the empty line, refusing what a laxer reader might take for one.
    std::size_t feed_header(std::string_view bytes) {
        std::size_t skipped = 0;
        if (scanned_ == 0) {  // RFC 9112 2.2: an empty line in front of a request is ignored
            while (bytes.starts_with("\r\n")) {
                bytes.remove_prefix(2);
                skipped += 2;
            }
            if (bytes == "\r") {
                return skipped;
            }
        }
        std::size_t end = 0;  // of the block
        while (end == 0) {
            const std::size_t feed_at = bytes.find('\n', scanned_);
            if (feed_at == std::string_view::npos) {
                scanned_ = bytes.size();
                break;
            }
            if (feed_at == 0 || bytes[feed_at - 1] != '\r') {
                refuse(line_start_ == 0 ? refusals::bad_request_line : refusals::bad_header);
                return skipped;
            }
            if (feed_at - 1 == line_start_) {
                end = feed_at + 1;
            } else if (!check_line(bytes.substr(line_start_, feed_at - 1 - line_start_))) {
                return skipped;
            }
            line_start_ = feed_at + 1;
            scanned_ = feed_at + 1;
        }
        if (std::max(end, scanned_) > bounds_.header_bytes) {
            refuse(lines_ == 0 ? refusals::target_too_long : refusals::header_too_large);
            return skipped;
        }
        if (end == 0) {
            return skipped;
        }
        return skipped + parse_header(bytes.substr(0, end));
    }

    bool check_line(std::string_view line) {
        if (lines_ > 0 && (line.front() == ' ' || line.front() == '\t')) {
            refuse(refusals::bad_header);  // obs-fold
            return false;
        }
        if (++lines_ > bounds_.header_fields + 1) {
            refuse(refusals::header_too_large);
            return false;
        }
        return true;
    }

    std::size_t parse_header(std::string_view block) {
        BeastError error;
        const std::size_t used = put({block.data(), block.size()}, error);
        if (stage == Stage::refused) {
            return used;
        }
        if (error) {
            refuse(refusal_of(error));
        } else if (!http_1_0 && hosts_ != 1) {
            refuse(refusals::bad_host);
        } else if (http_1_0 && codings_ != 0) {
            refuse(refusals::bad_framing);
        } else {
            stage = Stage::header_done;
        }
        return used;
    }

    std::size_t feed_body(std::string_view bytes) {
        body_begun = body_begun || !bytes.empty();
        std::size_t used = 0;
        BeastError error;
        // Beast asserts that five bytes follow once it has seen the last chunk's size; five always
        // do, so waiting for them never waits for ever.
        const std::size_t least = chunked() ? 5 : 1;
        while (bytes.size() - used >= least && !is_done() && !error && stage == Stage::body) {
            chunk_begin_ = bytes.data() + used;
            put_end_ = bytes.data() + bytes.size();
            const std::size_t taken = put({bytes.data() + used, bytes.size() - used}, error);
            used += taken;
            if (taken == 0 && !error) {
                break;
            }
        }
        if (stage == Stage::refused) {
            return used;
        }
        if (is_done() && !error) {
            stage = Stage::complete;
        } else if (error && error != beast::error::need_more) {
            refuse(refusal_of(error));
        } else if (bytes.size() - used > chunk_line_bytes) {
            refuse(refusals::bad_framing);
        }
        return used;
    }

    bool take_body(BeastView bytes, BeastError& error) {
        if (request.body.size() + bytes.size() > body_limit_bytes_) {
            refuse(refusals::body_too_large);
            error = beast::error::body_limit;
            return false;
        }
        request.body.append(bytes.data(), bytes.size());
        return true;
    }

    void stop(const Refusal& why, BeastError& error) {
        refuse(why);
        error = beast::error::bad_value;
    }

    void check_field(beast::field name, std::string_view value, BeastError& error) {
        switch (name) {
            case beast::field::host:
                if (++hosts_ > 1 || !is_authority(value)) {
                    stop(refusals::bad_host, error);
                }
                break;
            case beast::field::content_length:
                if (++lengths_ > 1 || codings_ > 0 || !is_digits(value)) {
                    stop(refusals::bad_framing, error);
                }
                break;
            case beast::field::transfer_encoding:
                if (++codings_ > 1 || lengths_ > 0) {
                    stop(refusals::bad_framing, error);
                } else if (!boost::beast::iequals(BeastView(value.data(), value.size()),
                                                  "chunked")) {
                    stop(refusals::bad_transfer_coding, error);
                }
                break;
            case beast::field::expect:
                if (!boost::beast::iequals(BeastView(value.data(), value.size()), "100-continue")) {
                    stop(refusals::bad_expectation, error);
                }
                expects_continue = true;
                break;
            default:
                break;
        }
    }

    // ---- what Beast calls ----
    void on_request_impl(beast::verb, BeastView method, BeastView target, int version,
                         BeastError& error) override {
        if (target.size() > bounds_.target_bytes) {
            stop(refusals::target_too_long, error);
            return;
        }
        request.method.assign(method.data(), method.size());
        request.target.assign(target.data(), target.size());
        http_1_0 = version == 10;
        request.version = http_1_0 ? "HTTP/1.0" : "HTTP/1.1";
    }
    void on_response_impl(int, BeastView, int, BeastError&) override {}
    void on_field_impl(beast::field name, BeastView text, BeastView value,
                       BeastError& error) override {
        if (stage != Stage::header) {
            return;  // a trailer: its fields never become header fields
        }
        check_field(name, to_std(value), error);
        request.headers.emplace(to_std(text), to_std(value));
    }
    void on_header_impl(BeastError&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, BeastError&) override {
        if (length) {
            // No more than this on a client's word alone.
            request.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, 65536)));
        }
    }
    std::size_t on_body_impl(BeastView bytes, BeastError& error) override {
        return take_body(bytes, error) ? bytes.size() : 0;
    }
    void on_chunk_header_impl(std::uint64_t size, BeastView extensions,
                              BeastError& error) override {
        extension_bytes_ += extensions.size();
        const auto size_bytes = static_cast<std::size_t>(extensions.data() - chunk_begin_);
        if (extension_bytes_ > chunk_extension_bytes || has_control(to_std(extensions)) ||
            size_bytes > chunk_size_bytes) {
            stop(refusals::bad_framing, error);
        } else if (size > body_limit_bytes_) {
            stop(refusals::body_too_large, error);
        } else if (size == 0) {
            check_trailer(
                {extensions.data() + extensions.size(),
                 static_cast<std::size_t>(put_end_ - extensions.data()) - extensions.size()},
                error);
        }
    }
    /// `bytes`: from the last chunk's line end on; the trailer is whole when Beast begins with it.
    void check_trailer(std::string_view bytes, BeastError& error) {
        constexpr std::string_view end = "\r\n\r\n";
        const std::string_view trailer = bytes.substr(0, bytes.find(end));
        const auto line = static_cast<std::size_t>(bytes.data() - chunk_begin_);
        if (line + trailer.size() + end.size() > chunk_line_bytes) {
            stop(refusals::bad_framing, error);
        } else if (trailer.find("\r\n ") != std::string_view::npos ||
                   trailer.find("\r\n\t") != std::string_view::npos) {
            stop(refusals::bad_header, error);  // obs-fold, which Beast would unfold
        }
    }
    std::size_t on_chunk_body_impl(std::uint64_t, BeastView bytes, BeastError& error) override {
        chunk_begin_ = bytes.data() + bytes.size();
        return take_body(bytes, error) ? bytes.size() : 0;
    }
    void on_finish_impl(BeastError&) override {}

    const RequestLimits& bounds_;
    std::size_t body_limit_bytes_ = 0;
    std::size_t scanned_ = 0;     // bytes of the header block already looked at
    std::size_t line_start_ = 0;  // of the line being scanned
    std::size_t lines_ = 0;
    std::size_t hosts_ = 0;
    std::size_t lengths_ = 0;
    std::size_t codings_ = 0;
    std::size_t extension_bytes_ = 0;
    // While put() runs: where the chunk's line begins, as far as it is in these bytes, and their
    // end.
    const char* chunk_begin_ = nullptr;
    const char* put_end_ = nullptr;
};

RequestReader::RequestReader(const RequestLimits& limits)
    : parser_(std::make_unique<Parser>(limits)) {}
RequestReader::~RequestReader() = default;

std::size_t RequestReader::feed(std::string_view bytes) { return parser_->feed(bytes); }
void RequestReader::allow_body(std::size_t limit_bytes) { parser_->allow(limit_bytes); }
RequestReader::Stage RequestReader::stage() const { return parser_->stage; }
const Refusal& RequestReader::refusal() const { return parser_->refusal; }
httplib::Request& RequestReader::request() { return parser_->request; }
bool RequestReader::http_1_0() const { return parser_->http_1_0; }
bool RequestReader::keep_alive() const {
    return parser_->is_header_done() && !parser_->http_1_0 && parser_->keep_alive();
}
std::optional<std::size_t> RequestReader::content_length() const { return parser_->length(); }
bool RequestReader::has_body() const { return parser_->has_body(); }
bool RequestReader::expects_continue() const {
    // RFC 9110 10.1.1: a client of HTTP/1.0 would take it for the answer.
    return parser_->expects_continue && !parser_->http_1_0 && parser_->has_body() &&
           !parser_->body_begun;
}

}  // namespace chopmark::http
