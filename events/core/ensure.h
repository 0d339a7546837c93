// What only a bug could break. ensure() stays on in release builds: a process whose own
// invariants are broken must not write another record. It is never used on input; input gets a
// Result with a Reason.
#pragma once

namespace chopmark {

/// Prints the place to stderr and ends the process by abort().
[[noreturn]] void ensure_failed(const char* what, const char* file, unsigned line);

// Not std::source_location: Clang 14 cannot use the one of libstdc++ 12.
inline void ensure(bool condition, const char* what = "invariant",
                   const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) {
    if (!condition) [[unlikely]] {
        ensure_failed(what, file, line);
    }
}

}  // namespace chopmark
