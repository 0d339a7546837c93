// The bare comparators of the Kafka journal: librdkafka and nothing that makes a journal, with the
// very settings that the journal gives it (events/journal/kafka_opening.cc), for otherwise only
// settings would be compared.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "events/journal/kafka_client.h"
#include "ops/figures/bare_log.h"

namespace chopmark::figures {

/// Produces into partitions of a topic and reads them back, on a thread of its own. The keys begin
/// with the number of the slot that a record was sent for, u32. What `client` says wins over the
/// journal's settings.
class BareKafka {
  public:
    using Read = std::function<void(std::span<const unsigned> slots)>;
    using Broken = std::function<void(const Error& error)>;

    /// Reads from the end of each partition on. `read` and `broken` are called on the reading
    /// thread; what they refer to must outlive this.
    static Result<std::unique_ptr<BareKafka>> open(const journal::kafka::Settings& client,
                                                   const std::string& topic,
                                                   std::vector<PartitionId> partitions, Read read,
                                                   Broken broken);
    ~BareKafka();

    /// By one call into librdkafka, whatever their number.
    Result<void> produce(PartitionId partition,
                         std::span<const journal::kafka::Outgoing* const> records);

  private:
    struct Parts;
    explicit BareKafka(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

struct BareCatchUp {
    std::uint64_t records = 0;
    double seconds = 0;  // from nothing, the connection included
};

/// Reads a partition from its beginning to `end`, and does with every record what no reader of a
/// log gets round: takes it apart, reads the prelude, hashes the leaf. `keep` keeps the bytes, too,
/// a batch for what came together; null: nobody does.
Result<BareCatchUp> read_bare(const journal::kafka::Settings& client, const std::string& topic,
                              PartitionId partition, std::int64_t end, BareKeep* keep);

}  // namespace chopmark::figures
