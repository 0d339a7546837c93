// Every fuzz target over its corpus in an ordinary build: each seed as it is, cut short at every
// length, and with each byte changed – without libFuzzer, the same every time. Whatever the long
// runs have found is a seed, so it is a regression test from then on. CHOPMARK_LONG=1 also makes
// random changes of several bytes, from a fixed seed.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

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

constexpr std::chrono::seconds random_time(20);  // for one target

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

Bytes read(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void run_seed(Target target, const Bytes& whole, const std::string& name) {
    run(target, whole, name);
    const std::size_t stride = whole.size() / changed_bytes + 1;
    for (std::size_t at = 0; at < whole.size(); at += stride) {
        const std::string where = " at byte " + std::to_string(at) + " of " + name;
        run(target, whole.substr(0, at), "cut" + where);
        Bytes changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
        run(target, changed, "changed" + where);
    }
}

/// One to eight changes: a byte set, a piece taken out, doubled, or put in from another seed.
Bytes changed_at_random(Bytes bytes, const Bytes& other, std::mt19937_64& random) {
    constexpr std::uint8_t telling[] = {0, 1, 0x7f, 0x80, 0xff, '"', '{', '[', '\n', ':', '%', '='};
    const auto below = [&](std::size_t limit) { return limit == 0 ? 0 : random() % limit; };
    for (std::size_t changes = 1 + below(8); changes > 0 && !bytes.empty(); --changes) {
        const std::size_t at = below(bytes.size());
        const std::size_t length = 1 + below(std::min<std::size_t>(bytes.size() - at, 16));
        switch (below(5)) {
            case 0:
                bytes[at] = static_cast<char>(random());
                break;
            case 1:
                bytes[at] = static_cast<char>(telling[below(std::size(telling))]);
                break;
            case 2:
                bytes.erase(at, length);
                break;
            case 3:
                bytes.insert(at, Bytes(bytes.substr(at, length)));
                break;
            default:
                bytes.insert(at, other.substr(below(other.size()), length));
                break;
        }
    }
    return bytes;
}

class Corpus : public ::testing::Test {
  public:
    Corpus(Target target, std::string name) : target_(target), name_(std::move(name)) {}
    void TestBody() override {
        std::signal(SIGABRT, tell_input);
        const auto folder = std::filesystem::path(CHOPMARK_SOURCE_DIR) / "tests/fuzz" / name_;
        ASSERT_TRUE(std::filesystem::is_directory(folder)) << "a target has a corpus";
        run(target_, {}, name_ + " without input");
        std::vector<Bytes> seeds;
        for (const auto& seed : std::filesystem::directory_iterator(folder)) {
            seeds.push_back(read(seed.path()));
            run_seed(target_, seeds.back(), seed.path().string());
        }
        ASSERT_FALSE(seeds.empty());
        if (std::getenv("CHOPMARK_LONG") != nullptr) {
            run_at_random(seeds);
        }
        std::signal(SIGABRT, SIG_DFL);
    }

  private:
    void run_at_random(std::vector<Bytes> seeds) {
        std::sort(seeds.begin(), seeds.end());  // a folder is listed in any order
        std::mt19937_64 random(1);
        const auto end = std::chrono::steady_clock::now() + random_time;
        while (std::chrono::steady_clock::now() < end) {
            const Bytes& from = seeds[random() % seeds.size()];
            const Bytes input = changed_at_random(from, seeds[random() % seeds.size()], random);
            run(target_, input, name_ + ": " + to_hex(ByteView(input).substr(0, 200)));
        }
    }

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
