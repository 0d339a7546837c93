#include "events/core/ensure.h"

#include <cstdio>
#include <cstdlib>

namespace chopmark {

void ensure_failed(const char* what, const char* file, unsigned line) {
    std::fprintf(stderr, "ensure failed: %s at %s:%u\n", what, file, line);
    std::abort();
}

}  // namespace chopmark
