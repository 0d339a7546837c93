#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "ops/telemetry/log.h"

namespace chopmark::telemetry {
namespace {

bool needs_no_escape(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

void append_text(std::string& out, std::string_view text) {
    if (needs_no_escape(text)) {
        out.append(1, '"').append(text).append(1, '"');
        return;
    }
    using nlohmann::json;
    out += json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

struct Append {
    std::string& out;
    void operator()(bool value) const { out += value ? "true" : "false"; }
    void operator()(std::int64_t value) const { out += std::to_string(value); }
    void operator()(std::uint64_t value) const { out += std::to_string(value); }
    void operator()(double value) const {
        // JSON has no infinity and no NaN.
        out += std::isfinite(value) ? nlohmann::json(value).dump() : "null";
    }
    void operator()(std::string_view value) const { append_text(out, value); }
};

std::string_view name_of(Level level) {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warn:
            return "warn";
        case Level::error:
            return "error";
    }
    return "error";
}

}  // namespace

std::string log_line(Instant at, Level level, std::string_view node, std::string_view event,
                     Log::Fields fields) {
    std::string out;
    out.reserve(256);
    out.append(R"({"at":")").append(to_string(at));
    out.append(R"(","level":")").append(name_of(level)).append(R"(","node":)");
    append_text(out, node);
    out.append(R"(,"event":)");
    append_text(out, event);
    for (const Field& field : fields) {
        out += ',';
        append_text(out, field.name());
        out += ':';
        std::visit(Append{out}, field.value());
    }
    return out += '}';
}

}  // namespace chopmark::telemetry
