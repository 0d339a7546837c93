// The kinds of settings: each function makes a row of the table from a key, an accessor
// ([](auto& config) -> auto& of the member), bounds and a consequence. A kind decides what TOML
// type is read, how it is checked and how it is shown.
#pragma once

#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include "ops/config/setting.h"

namespace chopmark::config {

/// The TOML basic string of `text`.
std::string toml_text(std::string_view text);

/// A further condition on a text; what is wrong with it, empty if nothing is.
using TextCheck = std::string (*)(const std::string&);
std::string any_text(const std::string& text);
std::string not_empty(const std::string& text);
std::string node_name(const std::string& text);
std::string numeric_address(const std::string& text);
std::string empty_or_https(const std::string& text);
std::string empty_or_web_origin(const std::string& text);

template <class Get>
Setting text(std::string key, Get get, TextCheck check, std::string consequence) {
    return {std::move(key), "text", std::move(consequence),
            [get, check](Config& config, const Value& value) -> std::string {
                const auto* text = std::get_if<std::string>(&value);
                if (text == nullptr) {
                    return "must be a text in quotes";
                }
                std::string wrong = check(*text);
                if (wrong.empty()) {
                    get(config) = *text;
                }
                return wrong;
            },
            [get](const Config& config) { return toml_text(get(config)); }};
}

template <class Get>
Setting flag(std::string key, Get get, std::string consequence) {
    return {std::move(key), "true or false", std::move(consequence),
            [get](Config& config, const Value& value) -> std::string {
                const auto* on = std::get_if<bool>(&value);
                if (on == nullptr) {
                    return "must be true or false";
                }
                get(config) = *on;
                return {};
            },
            [get](const Config& config) { return get(config) ? "true" : "false"; }};
}

/// `unit` is what one of the number is: "partitions", "bytes".
template <class Get>
Setting number(std::string key, Get get, std::int64_t least, std::int64_t most,
               const std::string& unit, std::string consequence) {
    using Number = std::remove_cvref_t<decltype(get(std::declval<Config&>()))>;
    const std::string range = std::to_string(least) + ".." + std::to_string(most);
    return {std::move(key), range + (unit.empty() ? "" : " " + unit), std::move(consequence),
            [get, least, most, range](Config& config, const Value& value) -> std::string {
                const auto* number = std::get_if<std::int64_t>(&value);
                if (number == nullptr || *number < least || *number > most) {
                    return "must be a whole number in " + range;
                }
                get(config) = static_cast<Number>(*number);
                return {};
            },
            [get](const Config& config) {
                return std::to_string(static_cast<std::int64_t>(get(config)));
            }};
}

template <class Get>
Setting duration(std::string key, Get get, Duration least, Duration most, std::string consequence) {
    const std::string range = duration_text(least) + ".." + duration_text(most);
    return {
        std::move(key), "duration " + range, std::move(consequence),
        [get, least, most, range](Config& config, const Value& value) -> std::string {
            const auto* text = std::get_if<std::string>(&value);
            Duration read{};
            if (text == nullptr || !parse_duration(*text, read) || read < least || read > most) {
                return "must be a duration in " + range + ", such as \"" + duration_text(least) +
                       "\"";
            }
            get(config) = read;
            return {};
        },
        [get](const Config& config) { return toml_text(duration_text(get(config))); }};
}

template <class Enum>
struct Choice {
    std::string_view name;
    Enum value;
};

/// `choices` must outlive the table.
template <class Enum, class Get>
Setting choice(std::string key, Get get, std::span<const Choice<Enum>> choices,
               std::string consequence) {
    std::string names;
    for (const auto& each : choices) {
        names += (names.empty() ? "" : " | ") + toml_text(each.name);
    }
    return {std::move(key), names, std::move(consequence),
            [get, choices, names](Config& config, const Value& value) -> std::string {
                const auto* text = std::get_if<std::string>(&value);
                for (const auto& each : choices) {
                    if (text != nullptr && *text == each.name) {
                        get(config) = each.value;
                        return {};
                    }
                }
                return "must be one of " + names;
            },
            [get, choices](const Config& config) {
                for (const auto& each : choices) {
                    if (each.value == get(config)) {
                        return toml_text(each.name);
                    }
                }
                return std::string();
            }};
}

}  // namespace chopmark::config
