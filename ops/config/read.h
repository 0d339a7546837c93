// Reads a configuration file (TOML 1.0) by the table of settings, and writes one. Everything that
// is wrong with a file is told at once, each fault with its line; an unknown key is refused, with
// the nearest one named. Pure but for read_config, which reads one file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "events/core/result.h"
#include "ops/config/config.h"

namespace chopmark::config {

/// The file is absent, not readable, or longer than 1 MiB.
inline constexpr Reason unreadable{"config.unreadable", Kind::invalid};
/// Not TOML, an unknown key, a value out of bounds, or values that contradict one another. The
/// detail has one line a fault: "FILE:LINE: KEY must be …".
inline constexpr Reason refused{"config.refused", Kind::invalid};

Result<Config> read_config(const std::string& path);
/// `name` stands for the file in faults. What the text does not say keeps its default.
Result<Config> parse_config(std::string_view text, std::string_view name);

/// Values that are good by themselves and wrong together.
std::vector<std::string> contradictions(const Config& config);

/// A whole file: every setting with its consequence, bounds and default. parse_config gives the
/// same configuration back.
std::string print_config(const Config& config);

}  // namespace chopmark::config
