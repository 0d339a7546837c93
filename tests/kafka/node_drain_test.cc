// Two real nodes on the real broker, asked by real clients all the time, while one of them hands
// its partitions over: by order, and because it is told to leave. Nobody may notice.
#include "tests/kafka/two_nodes.h"

namespace chopmark::test {
namespace {

using sandbox::Json;
using NodeDrain = TwoNodes;

TEST_F(NodeDrain, HandsOverWithoutAFailedRequest) {
    ASSERT_TRUE(soon([&] { return served_by(*first_) > 0 && served_by(*second_) > 0; }));
    std::vector<std::unique_ptr<Crowd>> crowds;
    for (unsigned number = 1; number <= 4; ++number) {
        const bool even = number % 2 == 0;
        crowds.push_back(
            std::make_unique<Crowd>(number, even ? sandbox::Gateways{first_base, second_base}
                                                 : sandbox::Gateways{second_base, first_base}));
    }
    ASSERT_TRUE(grow(crowds, 3));

    const auto drained = first_->admin_post("/admin/v1/node/drain", Json::object());
    ASSERT_TRUE(drained) << drained.error();
    ASSERT_TRUE(drained->good()) << drained->summary();
    const auto took = drained->json.at("took_ms").get<int>();
    std::cout << "handed over in " << took << " ms\n";
    EXPECT_LT(took, 5000) << "under a second on a machine that has nothing else to do";
    EXPECT_EQ(served_by(*first_), 0U);
    EXPECT_EQ(served_by(*second_), partitions);
    EXPECT_EQ(reasons_of(*first_), Json({"node.drained"}));
    EXPECT_TRUE(grow(crowds, 3)) << "through both nodes";

    ASSERT_TRUE(first_->admin_post("/admin/v1/node/resume", Json::object()));
    EXPECT_TRUE(soon([&] { return served_by(*first_) > 0 && reasons_of(*first_).empty(); }));
    EXPECT_TRUE(grow(crowds, 3));
    expect_no_failure(crowds);
}

TEST_F(NodeDrain, LeavesByASignalWithoutAFailedRequest) {
    ASSERT_TRUE(soon([&] { return served_by(*first_) > 0 && served_by(*second_) > 0; }));
    std::vector<std::unique_ptr<Crowd>> crowds;
    for (unsigned number = 11; number <= 14; ++number) {
        crowds.push_back(
            std::make_unique<Crowd>(number, sandbox::Gateways{first_base, second_base}));
    }
    ASSERT_TRUE(grow(crowds, 3));
    EXPECT_EQ(cluster_->second().stop(), 0) << "drained";
    EXPECT_TRUE(soon([&] { return served_by(*first_) == partitions; }));
    EXPECT_TRUE(grow(crowds, 3));
    ASSERT_TRUE(cluster_->keep_up());
    EXPECT_TRUE(soon([&] { return served_by(*second_) > 0; }));
    EXPECT_TRUE(grow(crowds, 3));
    expect_no_failure(crowds);
}

TEST_F(NodeDrain, IsRefusedWhereNobodyTakesOver) {
    cluster_->second().kill();
    ASSERT_TRUE(soon([&] { return served_by(*first_) == partitions; }));
    const auto refused = first_->admin_post("/admin/v1/node/drain", Json::object());
    ASSERT_TRUE(refused) << refused.error();
    EXPECT_EQ(refused->reason(), "node.no_successor");
    EXPECT_TRUE(soon([&] { return reasons_of(*first_).empty(); }));
    EXPECT_EQ(served_by(*first_), partitions);
}

}  // namespace
}  // namespace chopmark::test
