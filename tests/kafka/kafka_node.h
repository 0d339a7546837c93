// Nodes of one log on the real broker: each with its own mirror, all with one CA. Also the owner
// that a service is to the journal: it takes numbered drafts, opens another term whenever its own
// ends, and decides again what a later TermOpened proves to have been lost – so that in the end
// every number has to be there exactly once.
#pragma once

#include <map>
#include <set>

#include "tests/kafka/kafka_broker.h"
#include "tests/support/journal_home.h"
#include "tests/support/scratch_folder.h"

namespace chopmark::test {

class KafkaLog {
  public:
    static constexpr std::uint16_t citizen_partitions = 2;

    KafkaLog() : topic(KafkaBroker::here().fresh_topic(citizen_partitions)) {}

    /// Opens what the node left, or an empty mirror.
    Result<std::unique_ptr<journal::KafkaJournal>> open(const TestNode& node) {
        return journal::KafkaJournal::open(options_of(node), founding, {ca, node, clock, entropy});
    }
    journal::KafkaJournal::Options options_of(const TestNode& node) const {
        journal::KafkaJournal::Options out = options;
        out.client = KafkaBroker::here().client();
        out.topic.topic = topic;
        out.topic.replication = 1;
        out.topic.min_insync = 1;
        out.mirror.store.path = (folder.path() / node.node().hex()).string();
        return out;
    }

    const journal::Founding founding = founding_of("the genesis document", citizen_partitions);
    const TestNodeCa ca{"ca"};
    const TestNode first = ca.issue("first", "first:1");
    const TestNode second = ca.issue("second", "second:2");
    const TestNode third = ca.issue("third", "third:3");
    ManualClock clock;
    SharedEntropy entropy{7};
    ScratchFolder folder;
    std::string topic;
    journal::KafkaJournal::Options options;
};

/// For one thread.
class SteadyOwner {
  public:
    SteadyOwner(journal::Journal& journal, PartitionId partition, std::string name)
        : journal_(journal), partition_(partition), name_(std::move(name)) {}

    /// Until all of `count` numbers were accepted; false after `patience`.
    bool write(std::size_t count, Duration patience,
               const std::function<void(std::size_t accepted)>& progress = {});
    [[nodiscard]] std::set<std::string> accepted() const;
    [[nodiscard]] std::size_t terms() const { return terms_; }
    [[nodiscard]] bool gapless() const { return observer_.gapless(); }

  private:
    bool next_term();

    journal::Journal& journal_;
    const PartitionId partition_;
    const std::string name_;
    RecordingObserver observer_;
    std::unique_ptr<journal::Writer> writer_;
    bool over_ = true;  // a term has to be opened
    std::size_t terms_ = 0;
};

/// All records of a partition as stored.
std::vector<Bytes> stored_in(const journal::Journal& journal, PartitionId partition);

/// Waits until the condition holds; false after 60 seconds.
bool eventually(const std::function<bool()>& condition);

}  // namespace chopmark::test
