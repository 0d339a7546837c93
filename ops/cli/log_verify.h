// `chopmark log verify`: see events/verify/log_verifier.h for what is checked.
#pragma once

#include <string>

namespace chopmark::cli {

class Console;

struct VerifyOptions {
    std::string data;
    bool readable = false;
    std::string genesis;  // hex; empty: whatever lies there
};

void verify_log(const VerifyOptions& options, Console& console);

}  // namespace chopmark::cli
