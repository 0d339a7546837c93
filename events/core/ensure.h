// What only a bug could break. ensure() stays on in release builds: a process whose own
// invariants are broken must not write another record. It is never used on input; input gets a
// Result with a Reason.
#pragma once

#include <source_location>

namespace chopmark {

/// Prints the place to stderr and ends the process by abort().
[[noreturn]] void ensure_failed(const char* what, const std::source_location& where);

inline void ensure(bool condition, const char* what = "invariant",
                   const std::source_location& where = std::source_location::current()) {
    if (!condition) [[unlikely]] {
        ensure_failed(what, where);
    }
}

}  // namespace chopmark
