// When a term that did not open is tried again.
#include "ops/term_pause.h"

#include <gtest/gtest.h>

namespace chopmark::ops {
namespace {

using namespace std::chrono_literals;
constexpr TermPause::Time start{1h};

/// The times at which it may be tried, if every try fails at once; seen in steps of 10 ms.
std::vector<Duration> tries(TermPause& pause, Duration within) {
    std::vector<Duration> out;
    for (Duration at = 0ms; at < within; at += 10ms) {
        if (pause.over(start + at)) {
            out.push_back(at);
            pause.failed(start + at);
        }
    }
    return out;
}

TEST(TermPause, DoublesUpToASecond) {
    TermPause pause;
    EXPECT_EQ(tries(pause, 4s),
              (std::vector<Duration>{0ms, 100ms, 300ms, 700ms, 1500ms, 2500ms, 3500ms}));
}

TEST(TermPause, NeverGivesUp) {
    TermPause pause;
    EXPECT_GE(tries(pause, 1h).size(), 3600U);
}

TEST(TermPause, BeginsAnewAfterASuccess) {
    TermPause pause;
    tries(pause, 4s);
    pause.opened();
    EXPECT_TRUE(pause.over(start));
    EXPECT_EQ(tries(pause, 400ms), (std::vector<Duration>{0ms, 100ms, 300ms}));
}

TEST(TermPause, LetsAnotherGoFirst) {
    TermPause pause;
    pause.put_off(start + 250ms);
    EXPECT_FALSE(pause.over(start + 249ms));
    EXPECT_TRUE(pause.over(start + 250ms));
    pause.failed(start + 250ms);
    pause.put_off(start + 260ms);
    EXPECT_FALSE(pause.over(start + 349ms)) << "the longer of both";
    EXPECT_TRUE(pause.over(start + 350ms));
}

}  // namespace
}  // namespace chopmark::ops
