#include "events/core/ensure.h"

#include <cstdio>
#include <cstdlib>

namespace chopmark {

void ensure_failed(const char* what, const std::source_location& where) {
    std::fprintf(stderr, "ensure failed: %s at %s:%u in %s\n", what, where.file_name(),
                 where.line(), where.function_name());
    std::abort();
}

}  // namespace chopmark
