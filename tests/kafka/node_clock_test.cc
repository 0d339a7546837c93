// A node whose clock somebody sets while it is at work.
#include <cstdlib>
#include <fstream>

#include "tests/kafka/two_nodes.h"

namespace chopmark::test {
namespace {

using sandbox::Json;

/// Programs started by it go by the clock in this file: "+0", "+3600".
class WrongClocks {
  public:
    explicit WrongClocks(std::filesystem::path file) : file_(std::move(file)) { set("+0"); }
    bool start(sandbox::Daemon& daemon) const {
        ::setenv("CHOPMARK_WRONG_CLOCK", file_.c_str(), 1);
        ::setenv("LD_PRELOAD", CHOPMARK_BINARY_DIR "/libwrong_clock.so", 1);
        const auto started = daemon.start();
        for (const char* name : {"LD_PRELOAD", "CHOPMARK_WRONG_CLOCK"}) {
            ::unsetenv(name);
        }
        return started.has_value();
    }
    /// In one step, as seen by whoever reads it.
    void set(const char* offset) const {
        const auto fresh = file_.string() + ".new";
        std::ofstream(fresh) << offset << '\n';
        std::filesystem::rename(fresh, file_);
    }

  private:
    const std::filesystem::path file_;
};

struct NodeClock : TwoNodes {};

TEST_F(NodeClock, ThatIsSetAnHourAheadDatesNothingAndGivesUp) {
    ASSERT_EQ(cluster_->second().stop(), 0);
    const WrongClocks clocks(folder_.path() / "wrong-clock");
    ASSERT_TRUE(clocks.start(cluster_->second()));
    ASSERT_TRUE(soon([&] { return served_by(*first_) > 0 && served_by(*second_) > 0; }));
    std::vector<std::unique_ptr<Crowd>> crowds;
    for (unsigned number = 21; number <= 22; ++number) {
        const bool even = number % 2 == 0;
        crowds.push_back(
            std::make_unique<Crowd>(number, even ? sandbox::Gateways{first_base, second_base}
                                                 : sandbox::Gateways{second_base, first_base}));
    }
    ASSERT_TRUE(grow(crowds, 2));

    clocks.set("+3600");
    EXPECT_TRUE(soon([&] { return reasons_of(*second_) == Json({"clock.off"}); }))
        << reasons_of(*second_);
    // One record dated ahead would shut its partition for an hour.
    EXPECT_TRUE(soon([&] { return served_by(*first_) == partitions; }));
    EXPECT_EQ(served_by(*second_), 0U);
    EXPECT_TRUE(grow(crowds, 2)) << "through both nodes";

    expect_no_failure(crowds);

    // Threads of the client library may wait by the clock that was set: whoever sets a clock back
    // starts the node again.
    cluster_->second().kill();
    ASSERT_TRUE(cluster_->keep_up());
    EXPECT_TRUE(soon([&] { return served_by(*second_) > 0 && reasons_of(*second_).empty(); }))
        << reasons_of(*second_);
}

}  // namespace
}  // namespace chopmark::test
