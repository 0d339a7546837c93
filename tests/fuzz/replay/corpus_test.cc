// Every fuzz target over its corpus in an ordinary build: each seed as it is, cut short at every
// length, and with each byte changed – without libFuzzer, the same every time. Whatever the long
// runs have found is a seed, so it is a regression test from then on.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "events/core/bytes.h"

// CHOPMARK_FUZZERS is CHOPMARK_FUZZER(name) for each target, by CMakeLists.txt.
#define CHOPMARK_FUZZER(name) \
    extern "C" int chopmark_fuzz_##name(const std::uint8_t* data, std::size_t size);
CHOPMARK_FUZZERS
#undef CHOPMARK_FUZZER

namespace chopmark::fuzz {
namespace {

using Target = int (*)(const std::uint8_t*, std::size_t);

constexpr std::size_t changed_bytes = 256;  // of one seed; beyond it a sample, evenly spread

/// A target ends the process; this says on which input.
char current[512];

void tell_input(int) {
    static_cast<void>(!write(STDERR_FILENO, current, std::strlen(current)));
    std::signal(SIGABRT, SIG_DFL);
    std::abort();
}

void run(Target target, const Bytes& input, const std::string& what) {
    std::strncpy(current, (what + "\n").c_str(), sizeof current - 1);
    EXPECT_EQ(target(reinterpret_cast<const std::uint8_t*>(input.data()), input.size()), 0);
}

void run_seed(Target target, const std::filesystem::path& seed) {
    std::ifstream in(seed, std::ios::binary);
    const Bytes whole{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    run(target, whole, seed.string());
    const std::size_t stride = whole.size() / changed_bytes + 1;
    for (std::size_t at = 0; at < whole.size(); at += stride) {
        const std::string where = " at byte " + std::to_string(at) + " of " + seed.string();
        run(target, whole.substr(0, at), "cut" + where);
        Bytes changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
        run(target, changed, "changed" + where);
    }
}

class Corpus : public ::testing::Test {
  public:
    Corpus(Target target, std::string name) : target_(target), name_(std::move(name)) {}
    void TestBody() override {
        std::signal(SIGABRT, tell_input);
        const auto folder = std::filesystem::path(CHOPMARK_SOURCE_DIR) / "tests/fuzz" / name_;
        ASSERT_TRUE(std::filesystem::is_directory(folder)) << "a target has a corpus";
        std::size_t seeds = 0;
        run(target_, {}, name_ + " without input");
        for (const auto& seed : std::filesystem::directory_iterator(folder)) {
            run_seed(target_, seed.path());
            ++seeds;
        }
        EXPECT_GT(seeds, 0U);
        std::signal(SIGABRT, SIG_DFL);
    }

  private:
    Target target_;
    std::string name_;
};

bool add(const char* name, Target target) {
    ::testing::RegisterTest("FuzzCorpus", name, nullptr, nullptr, __FILE__, __LINE__,
                            [=]() -> Corpus* { return new Corpus(target, name); });
    return true;
}

#define CHOPMARK_FUZZER(name) const bool name##_added = add(#name, chopmark_fuzz_##name);
CHOPMARK_FUZZERS
#undef CHOPMARK_FUZZER

}  // namespace
}  // namespace chopmark::fuzz
