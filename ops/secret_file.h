// Files that hold one secret: a line that only this user may read. Nothing of it goes into an
// error.
#pragma once

#include <string>

#include "events/core/result.h"

namespace chopmark::ops {

/// The line without its end. `bad` with the file's name when the file is absent, readable by
/// others, empty or longer than a line.
Result<std::string> read_secret_line(const std::string& file, const Reason& bad);

}  // namespace chopmark::ops
