// Bytes of a connection to one httplib::Request, through Boost.Beast's parser and a stricter eye:
// line ends must be CRLF, no folded fields, no control characters, one Host, one way to read the
// body's length; the same holds for chunk lines and trailers, whose fields are then dropped.
// Anything else is refused with a status, and the connection MUST then be closed, for where the
// next request begins is no longer known. Pure (no sockets, no clock); memory is bounded by the
// limits. One reader reads one request.
#pragma once

#include <httplib.h>

#include <memory>
#include <optional>
#include <string_view>

#include "gateways/http/refusal.h"

namespace chopmark::http {

struct RequestLimits {
    std::size_t header_bytes = 16 * 1024;  // request line and all fields: 431
    std::size_t header_fields = 64;        // 431
    std::size_t target_bytes = 4 * 1024;   // 414
};

class RequestReader {
  public:
    enum class Stage : std::uint8_t {
        header,       // needs more bytes
        header_done,  // waits for allow_body()
        body,         // needs more bytes
        complete,
        refused,
    };

    /// `limits` MUST outlive the reader.
    explicit RequestReader(const RequestLimits& limits);
    ~RequestReader();
    RequestReader(RequestReader&&) = delete;

    /// Returns how many of `bytes` were used. The rest MUST be given again, in front of what
    /// arrives next; it is bounded by header_bytes, and behind a complete request it is the next.
    std::size_t feed(std::string_view bytes);
    /// At header_done: how long the body may be.
    void allow_body(std::size_t limit_bytes);

    [[nodiscard]] Stage stage() const;
    /// At refused.
    [[nodiscard]] const Refusal& refusal() const;

    // From header_done on.
    /// method, target, version, headers; the body when complete.
    [[nodiscard]] httplib::Request& request();
    [[nodiscard]] bool http_1_0() const;
    [[nodiscard]] bool keep_alive() const;
    /// Nothing for a chunked body; 0 without one.
    [[nodiscard]] std::optional<std::size_t> content_length() const;
    /// True while there is a body that has not been read.
    [[nodiscard]] bool has_body() const;
    /// `Expect: 100-continue` on a request with a body that has not begun to arrive.
    [[nodiscard]] bool expects_continue() const;

  private:
    class Parser;
    std::unique_ptr<Parser> parser_;
};

}  // namespace chopmark::http
