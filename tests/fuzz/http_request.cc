// Any bytes, cut in any way, through the request reader, the target parser and the form parser: it
// must not crash, must stay within its limits, and must say the same however the bytes were cut.
#include <cstdlib>

#include "events/core/ensure.h"
#include "gateways/http/request_reader.h"
#include "gateways/http/target.h"

namespace {

using chopmark::ensure;
using chopmark::http::RequestLimits;
using chopmark::http::RequestReader;
using Stage = RequestReader::Stage;

constexpr std::size_t body_limit = 512;

struct Outcome {
    Stage stage = Stage::header;
    std::string reason;
    std::string method, target, body;
    httplib::Headers headers;
    std::size_t used = 0;  // bytes of the input, when complete

    bool operator==(const Outcome&) const = default;
};

bool is_final(Stage stage) { return stage == Stage::complete || stage == Stage::refused; }

Outcome read(std::string_view bytes, std::size_t piece, const RequestLimits& limits) {
    RequestReader reader(limits);
    std::string held;
    std::size_t at = 0;
    while (at < bytes.size() && !is_final(reader.stage())) {
        const std::string_view fresh = bytes.substr(at, piece);
        held.append(fresh);
        at += fresh.size();
        held.erase(0, reader.feed(held));
        if (reader.stage() == Stage::header_done) {
            reader.allow_body(body_limit);
            held.erase(0, reader.feed(held));
        }
        ensure(is_final(reader.stage()) || held.size() <= limits.header_bytes + piece + 4096,
               "what a reader leaves is bounded");
    }
    Outcome out;
    out.stage = reader.stage();
    if (out.stage == Stage::refused) {
        out.reason = reader.refusal().reason.name;
        return out;
    }
    ensure(reader.request().body.size() <= body_limit, "no body beyond its limit");
    if (out.stage == Stage::complete) {
        out.method = reader.request().method;
        out.target = reader.request().target;
        out.body = reader.request().body;
        out.headers = reader.request().headers;
        out.used = at - held.size();
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    RequestLimits limits;
    limits.header_bytes = 1024;
    limits.header_fields = 16;
    limits.target_bytes = 256;
    const Outcome whole = read(bytes, bytes.size() + 1, limits);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{64}}) {
        const Outcome cut = read(bytes, piece, limits);
        // A refusal may wait for a byte more in one than in the other; a request may not.
        if (whole.stage == Stage::complete || cut.stage == Stage::complete) {
            ensure(whole == cut, "a request means the same however it is cut");
        }
    }
    if (whole.stage != Stage::complete) {
        return 0;
    }
    ensure(whole.headers.size() <= limits.header_fields && whole.target.size() <= 256);
    for (const auto& [name, value] : whole.headers) {
        ensure((name + value).find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
               "a header field is one line");
    }
    if (const auto target = chopmark::http::parse_target(whole.target)) {
        ensure(target->path == "*" || target->path.starts_with('/'));
        static_cast<void>(chopmark::http::parse_form(target->query));
    }
    return 0;
}
