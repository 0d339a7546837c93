// A PKCS#11 token of SoftHSM's in a folder of its own, for this process and those it starts. One at
// a time: SoftHSM finds it by the environment.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/support/scratch_folder.h"

namespace chopmark::test {

class SoftHsm {
  public:
    static constexpr const char* module = "/usr/lib/softhsm/libsofthsm2.so";
    static constexpr const char* token = "chopmark-test";
    static constexpr const char* pin = "12345678";

    SoftHsm() {
        const auto tokens = folder_.path() / "tokens";
        const auto configuration = folder_.path() / "softhsm2.conf";
        std::filesystem::create_directories(tokens);
        std::ofstream(configuration) << "directories.tokendir = " << tokens.string() << "\n"
                                     << "objectstore.backend = file\nlog.level = ERROR\n";
        ::setenv("SOFTHSM2_CONF", configuration.c_str(), 1);
        const std::string command = std::string("softhsm2-util --init-token --free --label ") +
                                    token + " --so-pin 87654321 --pin " + pin + " >/dev/null";
        EXPECT_EQ(std::system(command.c_str()), 0) << "softhsm2-util makes a token";
    }

  private:
    ScratchFolder folder_;
};

}  // namespace chopmark::test
