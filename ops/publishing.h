// What this node tells outsiders over Kafka: every accepted leaf of the partitions it serves, in
// order, on the public topic; and, while it serves control, what is recorded about alerts and how
// they stand. One thread reads from the journal and writes to the topics; deciding never waits for
// it. It goes on behind the end of each topic, so a restart or another owner leaves no gap; while
// brokers or a topic are not to be had it waits, and catches up. What it cannot do is in the log
// once, in the counters always, and no reason to stop serving.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "events/fold/live_tables.h"
#include "events/keys/event_vault.h"
#include "events/publish/outlet.h"
#include "ops/config/config.h"
#include "ops/telemetry/log.h"
#include "ops/telemetry/metrics.h"

namespace chopmark::ops {

class Publishing {
  public:
    /// All must outlive the object.
    struct Surroundings {
        const journal::Journal& journal;
        const keys::EventVault& vault;
        const fold::LiveTables& tables;
        const std::string& origin;  // of the log, as its signed checkpoints say
        /// Whether this node owns a partition.
        std::function<bool(PartitionId)> serves;
        telemetry::Log& log;
    };

    /// kafka.topic_unsafe and journal.foreign_log for a topic that is there and could lose what it
    /// is to keep, or has another number of partitions. One that is not there, or cannot be asked
    /// about, is no reason: it has lost nothing.
    static Result<std::unique_ptr<Publishing>> open(const config::KafkaConfig& kafka,
                                                    const Surroundings& around);
    ~Publishing();

    void start();
    /// Returns when the thread has ended.
    void stop();
    void probe(telemetry::Samples& samples) const;

  private:
    struct Topic;
    struct Course;
    using Outgoing = journal::kafka::Outgoing;

    explicit Publishing(const Surroundings& around);
    Topic& add_topic(const char* label, journal::kafka::TopicRules rules, bool gapless,
                     const journal::kafka::Settings& client);
    /// `what` goes behind the origin, so that no two topics give one name to two things.
    Course& add_course(Topic& topic, PartitionId partition, const std::string& what);
    void add_leaves(Topic& topic);
    void add_alerts(Topic& topic);
    void add_alert_states(Topic& topic);

    [[nodiscard]] std::string trace_of(const journal::Entry& entry) const;
    [[nodiscard]] Result<std::optional<schema::Event>> alert_event(
        const journal::Entry& entry) const;
    [[nodiscard]] Result<std::optional<Outgoing>> alert_state(const journal::Entry& entry,
                                                              const std::string& source) const;

    void run();
    bool advance(Course& course);
    Result<bool> step(Course& course, Sequence end);
    Result<Sequence> place(Course& course);
    Result<void> send(Course& course, const std::vector<journal::EntryPtr>& entries, Sequence end);
    Result<void> publish(Course& course, const std::vector<publish::Outlet::Item>& items);
    void drop_outlet(Topic& topic);
    void complain(Course& course, const Error& error);

    const Surroundings around_;
    std::vector<std::unique_ptr<Topic>> topics_;
    std::vector<std::unique_ptr<Course>> courses_;
    std::atomic<bool> stop_{false};
    std::mutex mutex_;
    std::condition_variable stopping_;
    std::thread thread_;
};

}  // namespace chopmark::ops
