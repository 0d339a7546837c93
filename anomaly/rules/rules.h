// All rules of this room: what a new one adds a line to.
#pragma once

#include <memory>
#include <vector>

#include "anomaly/detector.h"

namespace chopmark::anomaly {

using Rules = std::vector<std::unique_ptr<const Detector>>;

/// With their default thresholds.
Rules all_rules();

}  // namespace chopmark::anomaly
