#include "tests/kafka/faults/examination.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "events/core/clock.h"
#include "ops/kafka_cluster.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/service_examination.h"

namespace chopmark::test {
namespace {

using sandbox::Json;

constexpr std::chrono::seconds patience{90};
/// Cuts and alerts come every second or so, and their counting needs quiet.
constexpr std::chrono::milliseconds quiet{2500};
constexpr std::chrono::milliseconds look_pause{50};
constexpr unsigned tries_to_catch_up = 3;

using Heads = std::vector<journal::Head>;

/// The heads of all partitions once everything that the cluster has was read.
Result<Heads> heads_of(journal::KafkaJournal& journal) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!journal.caught_up()) {
        if (std::chrono::steady_clock::now() > until) {
            return Error(sandbox::not_ready, "a mirror does not catch up");
        }
        std::this_thread::sleep_for(look_pause);
    }
    Heads out;
    for (std::uint16_t number = 0; number <= journal.partitions(); ++number) {
        const PartitionId partition(number);
        CHOPMARK_TRY(journal.read_to_end(partition, patience));
        CHOPMARK_ASSIGN(const auto head, journal.head(partition));
        out.push_back(head);
    }
    CHOPMARK_TRY(journal.sync());
    return out;
}

class Examiner {
  public:
    Examiner(FaultCluster& cluster, ServiceRecord& record) : cluster_(cluster), record_(record) {}

    /// While all nodes run.
    void views() {
        for (unsigned node = 0; node < cluster_.count(); ++node) {
            auto admin = cluster_.operator_at(node);
            ASSERT_TRUE(admin.has_value()) << to_string(admin.error());
            const auto differing = differing_views(*admin);
            ASSERT_TRUE(differing.has_value()) << to_string(differing.error());
            EXPECT_EQ(*differing, "") << "views of node " << node;
        }
    }

    void kill_all() {
        for (unsigned node = 0; node < cluster_.count(); ++node) {
            cluster_.node(node).kill();
        }
    }

    /// While no node runs: each one's mirror is completed, and compared.
    void logs() {
        std::vector<Heads> heads;
        for (unsigned node = 0; node < cluster_.count(); ++node) {
            auto config = cluster_.config(node);
            ASSERT_TRUE(config.has_value()) << to_string(config.error());
            const auto folder = cluster_.node(node).data();
            auto storage = ops::Storage::open(*config, folder, "127.0.0.1:1", clock_, entropy_);
            ASSERT_TRUE(storage.has_value()) << to_string(storage.error());
            const auto read = heads_of(*(*storage)->kafka());
            ASSERT_TRUE(read.has_value()) << to_string(read.error());
            heads.push_back(*read);
            if (node == 0) {
                const auto found = found_in_one_go(**storage);
                ASSERT_TRUE(found.has_value()) << to_string(found.error());
                found_ = *found;
                const auto fresh = read_anew(*config, **storage);
                ASSERT_TRUE(fresh.has_value()) << to_string(fresh.error());
                heads.push_back(*fresh);
            }
        }
        for (std::size_t i = 1; i < heads.size(); ++i) {
            EXPECT_EQ(heads[i], heads[0]) << "heads differ";
        }
        for (unsigned node = 0; node < cluster_.count(); ++node) {
            SCOPED_TRACE("log of node " + std::to_string(node));
            ASSERT_NO_FATAL_FAILURE(record_.read_log(cluster_.node(node).data()));
        }
        EXPECT_TRUE(std::includes(found_.begin(), found_.end(), record_.raised().begin(),
                                  record_.raised().end()))
            << "an alert that an uninterrupted fold does not find";
    }
    /// All that detection finds was raised; after logs().
    [[nodiscard]] bool all_raised() const { return found_ == record_.raised(); }
    [[nodiscard]] std::string tally() const {
        return std::to_string(found_.size()) + " found, " +
               std::to_string(record_.raised().size()) + " raised";
    }

    void verify() {
        std::vector<Json> roots;
        for (unsigned node = 0; node < cluster_.count(); ++node) {
            const auto report = verified_log(std::string(CHOPMARK_BINARY_DIR) + "/chopmark",
                                             cluster_.node(node).data());
            ASSERT_TRUE(report.has_value()) << to_string(report.error());
            EXPECT_TRUE(report->value("good", false)) << report->dump(1);
            Json own = Json::array();
            for (const Json& part : report->value("partitions", Json::array())) {
                own.push_back({part.at("partition"), part.at("size"), part.at("root")});
            }
            roots.push_back(std::move(own));
            EXPECT_EQ(roots.back(), roots.front()) << "roots of node " << node;
        }
    }

  private:
    /// By somebody who has no mirror.
    Result<Heads> read_anew(const config::Config& config, ops::Storage& as) {
        const ScratchFolder scratch;
        journal::KafkaJournal::Options options;
        CHOPMARK_ASSIGN(options.client, ops::kafka_client(config.kafka));
        options.topic = ops::journal_topic(config.kafka, as.genesis().facts().partitions);
        options.mirror.store.path = (scratch.path() / "mirror").string();
        CHOPMARK_ASSIGN(const auto opened,
                        ops::open_data_folder(cluster_.node(0).data(), "127.0.0.1:1", entropy_));
        CHOPMARK_ASSIGN(const auto journal,
                        journal::KafkaJournal::open(options, opened.founding(),
                                                    {*opened.ca, *opened.node, clock_, entropy_}));
        return heads_of(*journal);
    }

    FaultCluster& cluster_;
    ServiceRecord& record_;
    const SystemClock clock_;
    crypto::SystemEntropy entropy_;
    std::set<Raised> found_;
};

}  // namespace

void examine(FaultCluster& cluster, ServiceRecord& record) {
    Examiner examiner(cluster, record);
    ASSERT_NO_FATAL_FAILURE(examiner.views());
    for (unsigned tries = 1;; ++tries) {
        std::this_thread::sleep_for(quiet);
        examiner.kill_all();
        ASSERT_NO_FATAL_FAILURE(examiner.logs());
        if (examiner.all_raised() || tries == tries_to_catch_up) {
            break;
        }
        const auto up = cluster.whole(patience);
        ASSERT_TRUE(up.has_value()) << to_string(up.error());
    }
    EXPECT_TRUE(examiner.all_raised()) << "alerts: " << examiner.tally();
    ASSERT_NO_FATAL_FAILURE(examiner.verify());
    const auto up = cluster.whole(patience);
    ASSERT_TRUE(up.has_value()) << to_string(up.error());
}

}  // namespace chopmark::test
