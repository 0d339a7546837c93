// The thin wrapper around librdkafka, and the only place that knows it: a consumer that reads the
// partitions of one topic from absolute offsets, a producer that delivers batches, and the few
// questions an administrator asks. What a record is, and whether it counts, is not known here.
// A Cluster makes them: librdkafka's are the real ones, tests/simulation has a model of one.
//
// Every wait has a bound, and every error says whether the cluster could not be reached
// (journal.not_ready) or the handle itself is spent (kafka.producer_spent). librdkafka's own log
// goes to the given function, which is called from its threads and MUST be safe for that.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/result.h"

namespace chopmark::journal::kafka {

inline constexpr Reason producer_spent{"kafka.producer_spent", Kind::unavailable};
inline constexpr Reason bad_setting{"kafka.bad_setting", Kind::invalid};
inline constexpr Reason topic_missing{"kafka.topic_missing", Kind::not_found};

/// librdkafka's names and values, "bootstrap.servers" among them. They may hold passwords.
using Settings = std::map<std::string, std::string>;
/// `level` as in syslog: 0 emergency to 7 debug.
using Log = std::function<void(int level, const std::string& text)>;
using Deadline = std::chrono::steady_clock::time_point;

/// Settings that the promises hang on, over those of a client: absolute offsets, no commits,
/// checked CRCs; one idempotent producer, acknowledged by all replicas in sync. A broker that is
/// gone is noticed, and one that is back is found, within seconds.
Settings reading_settings(Settings client);
Settings writing_settings(Settings client);

inline Deadline within(Duration time) { return std::chrono::steady_clock::now() + time; }
inline bool passed(Deadline deadline) { return std::chrono::steady_clock::now() >= deadline; }

/// What a poll brought: a record, or news of a partition or of the whole handle.
struct Message {
    enum class What : std::uint8_t {
        record,
        end,           // everything below `offset` was handed out
        out_of_range,  // the partition does not reach the offset that was asked for
        trouble,       // `payload` says what; librdkafka goes on trying
    };
    What what;
    PartitionId partition;
    std::int64_t offset;
    ByteView payload;  // points into the batch, as the key does
    ByteView key{};
};

struct Watermarks {
    std::int64_t low;   // of the first record that is still there
    std::int64_t high;  // behind the last one
};

/// For one polling thread; end() and watermarks() are safe beside it.
class Consumer {
  public:
    /// Holds what its messages point to. It MUST go before its consumer.
    class Batch {
      public:
        Batch();
        /// `kept` holds what they point to; they have no headers.
        Batch(std::vector<Message> messages, std::shared_ptr<const void> kept);
        ~Batch();
        Batch(Batch&&) noexcept;
        Batch& operator=(Batch&&) noexcept;
        [[nodiscard]] std::span<const Message> messages() const { return messages_; }
        /// The last header of that name that came with a message; it points into the batch.
        [[nodiscard]] std::optional<ByteView> header(std::size_t message, const char* name) const;

      private:
        friend class LibrdkafkaConsumer;
        std::vector<void*> held_;
        std::shared_ptr<const void> kept_;
        std::vector<Message> messages_;
    };

    /// librdkafka's.
    static Result<std::unique_ptr<Consumer>> open(const Settings& settings, std::string topic,
                                                  Log log);
    virtual ~Consumer() = default;

    /// Reads these partitions from these absolute offsets on; whatever was read before is dropped.
    virtual Result<void> assign(const std::map<PartitionId, std::int64_t>& offsets) = 0;
    /// Waits for one message, then takes what is there.
    [[nodiscard]] virtual Batch poll(Duration wait, std::size_t at_most) = 0;
    /// Asks the leader for the offset behind the last record, and again whoever leads next if it
    /// does not answer.
    [[nodiscard]] virtual Result<std::int64_t> end(PartitionId partition, Duration wait) const = 0;
    /// The same for both ends; `wait` for each.
    [[nodiscard]] virtual Result<Watermarks> watermarks(PartitionId partition,
                                                        Duration wait) const = 0;
    /// The last known end, from memory; -1 when nothing was fetched yet.
    [[nodiscard]] virtual std::int64_t known_end(PartitionId partition) const = 0;
};

struct Outgoing {
    Bytes key;
    Bytes payload;
    std::vector<std::pair<std::string, Bytes>> headers{};
};

/// One life of an idempotent producer. After any error it is to be destroyed: what it had taken may
/// be written or not, now or later. Destroying it forgets what is not yet on the wire.
class Producer {
  public:
    /// librdkafka's.
    static Result<std::unique_ptr<Producer>> open(const Settings& settings, std::string topic,
                                                  Log log);
    virtual ~Producer() = default;

    /// Sends in order, and returns the offsets once all replicas in sync have all of them.
    /// journal.not_ready after `deadline`, kafka.producer_spent on an error or when `give_up` is
    /// set; in both cases the outcome is unknown.
    virtual Result<std::vector<std::int64_t>> deliver(PartitionId partition,
                                                      std::span<const Outgoing> batch,
                                                      Deadline deadline,
                                                      const std::atomic<bool>& give_up) = 0;
    /// When the last batch was appended, by the clock of the broker that took it; nothing where the
    /// topic keeps the times of its producers.
    [[nodiscard]] virtual std::optional<Instant> appended_at() const = 0;
    /// Looks after the handle while nothing is to be sent; kafka.producer_spent on a fatal error.
    virtual Result<void> idle() = 0;
};

/// A topic as the cluster tells of it.
struct TopicFacts {
    std::size_t partitions;
    std::size_t replication;  // the smallest of all partitions
    std::map<std::string, std::string> settings;
};

/// An administrator's questions, each answered or failed within its own wait.
class Admin {
  public:
    static Result<std::unique_ptr<Admin>> open(const Settings& settings, Log log);
    ~Admin();

    /// kafka.topic_missing when there is none; journal.not_ready when the cluster does not answer.
    [[nodiscard]] Result<TopicFacts> describe(const std::string& topic, Duration wait) const;
    /// A topic that is there already is left as it is.
    Result<void> create(const std::string& topic, const TopicFacts& wanted, Duration wait);
    Result<void> remove(const std::string& topic, Duration wait);

  private:
    struct Handle;
    explicit Admin(std::unique_ptr<Handle> handle);
    std::unique_ptr<Handle> handle_;
};

/// Where a journal gets its clients from, and its sense of how long it has waited. Safe from any
/// thread.
class Cluster {
  public:
    virtual ~Cluster() = default;
    virtual Result<std::unique_ptr<Consumer>> open_consumer(const Settings& settings,
                                                            const std::string& topic,
                                                            const Log& log) = 0;
    virtual Result<std::unique_ptr<Producer>> open_producer(const Settings& settings,
                                                            const std::string& topic,
                                                            const Log& log) = 0;
    virtual Result<TopicFacts> describe(const Settings& settings, const std::string& topic,
                                        Duration wait, const Log& log) = 0;
    /// What deadlines are measured by.
    [[nodiscard]] virtual Deadline now() const = 0;
};

/// The one that librdkafka reaches, by the machine's steady clock.
std::shared_ptr<Cluster> librdkafka_cluster();

}  // namespace chopmark::journal::kafka
