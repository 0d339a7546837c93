// `chopmark log import`: a foreign sign-in log into a scratch journal, see ops/import/importer.h.
// Says aloud what it had to assume – year and zone – and what it found: counts, and the sources
// with most failures by their tokens.
#pragma once

#include <string>

namespace chopmark::cli {

class Console;

struct ImportOptions {
    std::string file;
    std::string format = "authlog";
    std::string into;
    int year = 0;  // 0: not given
    std::string zone = "UTC";
    std::string source;
};

void import_log(const ImportOptions& options, Console& console);

}  // namespace chopmark::cli
