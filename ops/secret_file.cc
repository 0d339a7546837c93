#include "ops/secret_file.h"

#include <sys/stat.h>

#include <fstream>

namespace chopmark::ops {

Result<std::string> read_secret_line(const std::string& file, const Reason& bad) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) {
        return Error(bad, file + " is not there");
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return Error(bad, file + " can be read by others");
    }
    std::ifstream in(file);
    std::string secret;
    std::string more;
    if (!std::getline(in, secret) || secret.empty() || std::getline(in, more)) {
        return Error(bad, file + " must hold one line");
    }
    return secret;
}

}  // namespace chopmark::ops
