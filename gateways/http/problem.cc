#include "gateways/http/problem.h"

#include <nlohmann/json.hpp>

namespace chopmark::http {
namespace {

constexpr const char* problem_type = "application/problem+json";

httplib::Response render(int status, const Reason& reason, std::string_view detail,
                         const TraceContext& trace) {
    nlohmann::ordered_json body = {{"type", "about:blank"},
                                   {"title", phrase_of(status)},
                                   {"status", status},
                                   {"reason", reason.name},
                                   {"trace_id", trace.trace.hex()}};
    if (reason.kind == Kind::invalid && !detail.empty()) {
        body["detail"] = detail;
    }
    httplib::Response response;
    response.status = status;
    response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    response.headers.emplace("Content-Type", problem_type);
    if (const auto seconds = retry_after_seconds(reason.kind)) {
        response.headers.emplace("Retry-After", std::to_string(*seconds));
    }
    if (status == 401) {
        response.headers.emplace("WWW-Authenticate", "Bearer");
    }
    return response;
}

}  // namespace

int status_of(Kind kind) {
    switch (kind) {
        case Kind::invalid:
            return 400;
        case Kind::unauthenticated:
            return 401;
        case Kind::forbidden:
            return 403;
        case Kind::not_found:
            return 404;
        case Kind::conflict:
            return 409;
        case Kind::refused:
            return 422;
        case Kind::expired:
            return 410;
        case Kind::busy:
        case Kind::unavailable:
            return 503;
        case Kind::unknown:
            return 504;
        case Kind::damaged:
        case Kind::internal:
            return 500;
    }
    return 500;
}

std::optional<int> retry_after_seconds(Kind kind) {
    switch (kind) {
        case Kind::busy:
        case Kind::unknown:
            return 1;
        case Kind::unavailable:
            return 5;
        case Kind::invalid:
        case Kind::unauthenticated:
        case Kind::forbidden:
        case Kind::not_found:
        case Kind::conflict:
        case Kind::refused:
        case Kind::expired:
        case Kind::damaged:
        case Kind::internal:
            return std::nullopt;
    }
    return std::nullopt;
}

httplib::Response problem(const Error& error, const TraceContext& trace) {
    return render(status_of(error.kind()), error.reason, error.detail, trace);
}

httplib::Response problem(const Refusal& refusal, const TraceContext& trace) {
    return render(refusal.status, refusal.reason, {}, trace);
}

std::string_view phrase_of(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 416:
            return "Range Not Satisfiable";
        case 417:
            return "Expectation Failed";
        case 421:
            return "Misdirected Request";
        case 422:
            return "Unprocessable Content";
        case 425:
            return "Too Early";
        case 428:
            return "Precondition Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "Unknown";
    }
}

}  // namespace chopmark::http
