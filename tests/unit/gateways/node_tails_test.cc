// What a node's mirror has, asked of it over real mutual TLS on loopback.
#include <gtest/gtest.h>

#include <thread>

#include "events/crypto/digest.h"
#include "gateways/node/remote_tails.h"
#include "gateways/node/tail_wire.h"
#include "tests/support/gateway_bench.h"
#include "tests/support/node_world.h"

namespace chopmark::node {
namespace {

using namespace std::chrono_literals;
using journal::TailPage;
constexpr auto usual = journal::Patience::usual;
using test::EnrolledNode;
using test::GatewayBench;
using test::NodeDeployment;
using test::NodeListener;
using test::SetRoutes;

TEST(TailWire, IsTheFrozenBytes) {
    const Bytes question = encode(TailQuestion{PartitionId(2), Sequence(0x0102), 256});
    EXPECT_EQ(to_hex(question),
              "0002"
              "0000000000000102"
              "00000100");
    EXPECT_EQ(decode_tail_question(question),
              (TailQuestion{PartitionId(2), Sequence(0x0102), 256}));
    const TailPage page{Sequence(9), crypto::sha256("abc"), {"ab", "", "c"}};
    const Bytes bytes = encode(page);
    EXPECT_EQ(to_hex(bytes),  // SHA-256("abc") of FIPS 180-4
              "0000000000000009"
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
              "00000003"
              "000000026162"
              "00000000"
              "0000000163");
    const auto read = decode_tail_page(bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->end, page.end);
    EXPECT_EQ(read->previous, page.previous);
    EXPECT_EQ(read->records, page.records);
}

TEST(TailWire, TakesExactlyOneMessage) {
    const Bytes question = encode(TailQuestion{PartitionId(2), Sequence(3), 4});
    const Bytes page = encode(TailPage{Sequence(9), Digest(), {"ab", "c"}});
    for (std::size_t length = 0; length < question.size(); ++length) {
        EXPECT_FALSE(decode_tail_question(question.substr(0, length))) << length;
    }
    EXPECT_FALSE(decode_tail_question(question + '\0'));
    for (std::size_t length = 0; length < page.size(); ++length) {
        EXPECT_FALSE(decode_tail_page(page.substr(0, length))) << length;
    }
    EXPECT_FALSE(decode_tail_page(page + '\0'));
    EXPECT_FALSE(decode_tail_page(encode(TailPage{
        Sequence(9), Digest(), std::vector<Bytes>(journal::tail_page_records + 1, Bytes("r"))})));
    EXPECT_FALSE(decode_tail_page(
        encode(TailPage{Sequence(9), Digest(), {Bytes(journal::tail_page_bytes + 200'000, 'x')}})));
}

/// Has as many records of each partition as the partition's number says.
class NumberedTails final : public journal::TailSource {
  public:
    Result<TailPage> tail(PartitionId partition, Sequence from, std::size_t at_most) override {
        std::unique_lock lock(mutex_);
        ++asked;
        go_on_.wait(lock, [this] { return !held_; });
        if (partition == PartitionId(7)) {
            return Error(journal::not_ready, "the mirror");
        }
        TailPage out{Sequence(partition.value()), crypto::sha256("before"), {}};
        for (auto at = from.value(); at < partition.value() && out.records.size() < at_most; ++at) {
            out.records.push_back("record " + std::to_string(at));
        }
        return out;
    }
    void hold(bool held) {
        {
            const std::lock_guard lock(mutex_);
            held_ = held;
        }
        go_on_.notify_all();
    }
    std::atomic<int> asked{0};

  private:
    std::mutex mutex_;
    std::condition_variable go_on_;
    bool held_ = false;
};

struct NodeTails : testing::Test {
    ~NodeTails() override { mirror.hold(false); }

    static ClientOptions client_options(const http::NodeFiles& files) {
        ClientOptions options;
        options.files = files;
        options.deadline = 3s;
        return options;
    }
    RemoteTails tails_of(NodeClient& with) {
        return {[this] { return peers; }, with, {.ends = 500ms, .ends_after_loss = 2s, .page = 1s}};
    }

    GatewayBench bench;
    NumberedTails mirror;
    NodeDeployment deployment{"Chopmark test nodes"};
    EnrolledNode asking = deployment.enrol("asking");
    EnrolledNode asked = deployment.enrol("asked");
    EnrolledNode gone = deployment.enrol("gone");
    SetRoutes routes{GatewayBench::partitions};
    NodeAuthorizer authorizer{deployment.authority(), bench.snapshots};
    NodeListener listener{asked,
                          NodePorts{*bench.commands, routes, *bench.desk, bench.snapshots, &mirror},
                          authorizer};
    std::vector<Peer> peers{listener.peer()};
    NodeClient client{client_options(asking.files)};
    RemoteTails tails = tails_of(client);
};

TEST_F(NodeTails, TellsHowFarItIs) {
    const auto told = tails.ends(PartitionId(3), Sequence(1), usual);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told.front().node, asked.id);
    ASSERT_TRUE(told.front().page) << told.front().page.error();
    EXPECT_EQ(told.front().page->end, Sequence(3));
    EXPECT_EQ(told.front().page->previous, crypto::sha256("before"));
    EXPECT_TRUE(told.front().page->records.empty());
}

TEST_F(NodeTails, HandsRecordsOver) {
    const auto page = tails.page(asked.id, PartitionId(3), Sequence(1));
    ASSERT_TRUE(page) << page.error();
    EXPECT_EQ(page->records, (std::vector<Bytes>{"record 1", "record 2"}));
}

TEST_F(NodeTails, HearsNothingFromWhoIsGone) {
    peers.push_back({gone.id, "127.0.0.1:1"});
    const auto told = tails.ends(PartitionId(3), Sequence(0), usual);
    ASSERT_EQ(told.size(), 2U);
    for (const auto& one : told) {
        EXPECT_EQ(one.page.has_value(), one.node == asked.id);
    }
    EXPECT_FALSE(tails.page(gone.id, PartitionId(3), Sequence(0)));
}

TEST_F(NodeTails, HearsNothingFromWhoCannotReadItsMirror) {
    const auto told = tails.ends(PartitionId(7), Sequence(0), usual);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_FALSE(told.front().page);
}

/// Seventeen partitions that are taken over at once must not wait for a stopped node in turn.
TEST_F(NodeTails, WaitsOnceForWhoStandsStill) {
    mirror.hold(true);
    const auto began = std::chrono::steady_clock::now();
    EXPECT_FALSE(tails.ends(PartitionId(1), Sequence(0), usual).front().page);
    EXPECT_GE(std::chrono::steady_clock::now() - began, 500ms);
    const auto again = std::chrono::steady_clock::now();
    for (std::uint16_t number = 2; number < 10; ++number) {
        EXPECT_FALSE(tails.ends(PartitionId(number), Sequence(0), usual).front().page);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - again, 500ms);
    EXPECT_EQ(mirror.asked, 1);
    std::thread waker([this] {
        std::this_thread::sleep_for(700ms);
        mirror.hold(false);
    });
    const auto lost = tails.ends(PartitionId(3), Sequence(0), journal::Patience::after_loss);
    EXPECT_TRUE(lost.front().page) << "waited for, and longer, where records were lost";
    waker.join();
    const auto until = std::chrono::steady_clock::now() + 10s;
    bool told = false;
    while (!told && std::chrono::steady_clock::now() < until) {
        told = tails.ends(PartitionId(3), Sequence(0), usual).front().page.has_value();
    }
    EXPECT_TRUE(told) << "it is asked again once it has answered";
}

TEST_F(NodeTails, TellsNoStranger) {
    NodeDeployment strangers("Strangers");
    http::NodeFiles files = strangers.enrol("stranger").files;
    files.authority = asking.files.authority;
    NodeClient strange(client_options(files));
    RemoteTails theirs = tails_of(strange);
    EXPECT_FALSE(theirs.ends(PartitionId(3), Sequence(0), usual).front().page);
    EXPECT_EQ(mirror.asked, 0);
}

TEST_F(NodeTails, BelievesOnlyTheNodeThatWasMeant) {
    peers = {{gone.id, listener.peer().endpoint}};
    EXPECT_FALSE(tails.ends(PartitionId(3), Sequence(0), usual).front().page);
    EXPECT_EQ(mirror.asked, 0);
}

}  // namespace
}  // namespace chopmark::node
