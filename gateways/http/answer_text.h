// An httplib::Response as the bytes that go out: status line, header fields (`Name: value`, one
// space: a client in the field depends on it), body. The front owns framing, so Connection,
// Content-Length, Transfer-Encoding and Date of the response are ignored. Pure.
#pragma once

#include <httplib.h>

#include <string>

#include "events/core/instant.h"
#include "gateways/http/trace.h"

namespace chopmark::http {

struct AnswerFrame {
    std::string_view date;  // IMF-fixdate
    TraceContext trace;
    bool http_1_0 = false;
    bool keep_alive = true;
    bool head_only = false;  // the request was HEAD
    bool endless = false;    // a stream follows: chunked, or until close for HTTP/1.0
};

/// Nothing if the response cannot be sent safely: a field name that is no token, a value with a
/// control character, a status outside 200..599, or a content provider (streams go by Reply).
std::optional<std::string> answer_text(const httplib::Response& response, const AnswerFrame& frame);

/// One chunk of a stream; empty bytes give nothing, for an empty chunk would end it.
std::string chunk_text(std::string_view bytes);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110 section 5.6.7).
std::string http_date(Instant at);

}  // namespace chopmark::http
