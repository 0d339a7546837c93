#include "ops/refusal_counts.h"

#include <gtest/gtest.h>

#include "events/core/limits.h"
#include "events/schema/codec.h"
#include "events/schema/event.h"
#include "tests/support/gateway_bench.h"

namespace chopmark::ops {
namespace {

using namespace std::chrono_literals;

constexpr Reason wrong_signature{"test.wrong_signature", Kind::unauthenticated};

struct RefusalCountsTest : testing::Test {
    void fail(const std::string& address) {
        http::Call call;
        call.request.remote_addr = address;
        tally.failed(call, wrong_signature);
    }
    /// As the timer does, for so long.
    void run_for(Duration time) {
        for (Duration passed{}; passed < time; passed += 1s) {
            bench.advance(1s);
            counts.tick();
            bench.run();
        }
    }
    std::vector<schema::RefusalsCounted> recorded() {
        std::vector<schema::RefusalsCounted> out;
        for (Sequence next(0);;) {
            const auto page = bench.journal().read(control_partition, next, {}).value();
            if (page.empty()) {
                return out;
            }
            for (const auto& entry : page) {
                const auto event = bench.vault->open(entry->record);
                if (event && std::holds_alternative<schema::RefusalsCounted>(*event)) {
                    out.push_back(std::get<schema::RefusalsCounted>(*event));
                }
            }
            next = Sequence(page.back()->sequence.value() + 1);
        }
    }

    test::GatewayBench bench;
    service::RefusalTally tally{*bench.networks, bench.snapshots, bench.clock};
    RefusalCounts counts{tally, bench.service(), bench.clock, NodeId{{7}}};
};

TEST_F(RefusalCountsTest, RecordNothingWhereNothingFailed) {
    run_for(3min);
    EXPECT_TRUE(recorded().empty());
}

TEST_F(RefusalCountsTest, RecordOnceAMinute) {
    for (int minute = 0; minute < 3; ++minute) {
        for (int i = 0; i < 50; ++i) {
            fail("198.51.100." + std::to_string(i));
            run_for(1s);
        }
        run_for(10s);
    }
    run_for(1min);
    const auto records = recorded();
    EXPECT_LE(records.size(), 4U);  // minutes of the clock, not of the test
    EXPECT_GE(records.size(), 3U);
    std::uint64_t total = 0;
    std::set<std::int64_t> minutes;
    for (const auto& record : records) {
        total += record.leaf().total();
        EXPECT_EQ(record.leaf().remainder(), 0U);
        EXPECT_EQ(record.link().counts_size(), 1);
        minutes.insert(record.leaf().minute_us());
    }
    EXPECT_EQ(total, 150U);
    EXPECT_EQ(minutes.size(), records.size());
}

TEST_F(RefusalCountsTest, NameTheLargestAndCountTheRemainder) {
    const std::size_t networks = service::refusals_recorded + 60;
    for (std::size_t i = 0; i < networks; ++i) {
        fail("10." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".1");
    }
    run_for(1min + 1s);
    const auto records = recorded();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].leaf().total(), networks);
    EXPECT_EQ(records[0].leaf().remainder(), 60U);
    EXPECT_EQ(records[0].link().counts_size(), static_cast<int>(service::refusals_recorded));
    EXPECT_LE(records[0].ByteSizeLong(), 64U * 1024);  // design-notes E7
}

TEST_F(RefusalCountsTest, TryAgainWhatControlDidNotTake) {
    bench.restart({});
    service::RefusalTally same{*bench.networks, bench.snapshots, bench.clock};
    RefusalCounts again{same, bench.service(), bench.clock, NodeId{{7}}};
    http::Call call;
    call.request.remote_addr = "198.51.100.1";
    same.failed(call, wrong_signature);
    bench.advance(1min);
    again.tick();
    bench.run();
    EXPECT_EQ(again.probe().failed, 1U);
    for (int tries = 0; tries < 10 && !bench.serve_again(); ++tries) {
        bench.run();
    }
    bench.run();
    again.tick();
    bench.run();
    EXPECT_EQ(again.probe().recorded, 1U);
    EXPECT_EQ(recorded().size(), 1U);
}

}  // namespace
}  // namespace chopmark::ops
