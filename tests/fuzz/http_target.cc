// Any bytes as request target, query and path of a route table: no crash, and whatever is let
// through is decoded, without NUL, valid UTF-8, and no way up.
#include "events/core/ensure.h"
#include "gateways/http/route_table.h"
#include "gateways/http/target.h"

namespace {

using chopmark::ensure;
namespace http = chopmark::http;

const http::RouteTable& table() {
    static const http::RouteTable built = [] {
        std::vector<http::Route> rows;
        int number = 0;
        for (const char* path : {"/", "/a", "/a/{x}", "/a/{x}/b", "/a/{x}/{y}", "/{x}/b/c"}) {
            http::Route route;
            route.method = "GET";
            route.path = path;
            route.name = "r" + std::to_string(number++);
            route.permission = http::public_access;
            route.handler = http::Handler([](const http::Call&) { return httplib::Response(); });
            rows.push_back(std::move(route));
        }
        return *http::RouteTable::build(std::move(rows));
    }();
    return built;
}

void check_text(const std::string& text) {
    ensure(http::is_utf8(text) && text.find('\0') == std::string::npos, "decoded text is sound");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto form = http::parse_form(bytes)) {
        for (const auto& [name, value] : *form) {
            check_text(name);
            check_text(value);
        }
    }
    const auto target = http::parse_target(bytes);
    if (!target) {
        return 0;
    }
    const http::Match match = table().find("GET", target->path);
    for (const auto& [name, value] : match.params) {
        check_text(value);
        ensure(!value.empty() && value != "." && value != "..", "a parameter is no way up");
    }
    ensure((match.route != nullptr) != (match.refusal == http::refusals::method_not_allowed) ||
               match.route == nullptr,
           "GET alone is declared");
    return 0;
}
