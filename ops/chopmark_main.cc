#include <unistd.h>

#include <iostream>

#include "ops/cli/tool.h"

int main(int count, char** arguments) {
    std::ios::sync_with_stdio(false);
    return chopmark::cli::run_tool({arguments + 1, arguments + count}, std::cout, std::cerr,
                                   ::isatty(STDERR_FILENO) == 1);
}
