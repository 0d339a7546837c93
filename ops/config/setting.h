// One row of the configuration table: a key of the file, what it means, and how it is read into and
// shown out of Config. A row is all there is to a setting; the reader, the unknown-key hint and
// --print-config work from the table alone. Rows are immutable and safe from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ops/config/config.h"

namespace chopmark::config {

/// What a TOML file can say for one key.
using Value = std::variant<bool, std::int64_t, std::string>;

struct Setting {
    std::string key;   // dotted, e.g. gateways.rp.port
    std::string type;  // for people: "number 1..1024", "duration 1s..5min"
    std::string consequence;
    /// What is wrong with the value, empty if nothing is; then it is in the Config.
    std::function<std::string(Config&, const Value&)> assign;
    /// The value as TOML.
    std::function<std::string(const Config&)> show;
};

/// Every setting, in the order in which they are explained.
const std::vector<Setting>& settings();

/// "120s", "18min", "4h", "3d", "500ms": digits and one unit. Negative or beyond 10,000 days is
/// nothing.
std::string duration_text(Duration duration);
bool parse_duration(std::string_view text, Duration& out);

}  // namespace chopmark::config
