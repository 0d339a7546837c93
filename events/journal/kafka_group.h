// Membership of a consumer group whose only purpose is to say which member has which partition
// (design 3): nothing is read, nothing is committed. Assignment is eager and by `range`, without
// static ids, so that a member that leaves is replaced at the others' next heartbeat, and one that
// dies after its session. It is advice: what makes an owner is the accept rule alone.
//
// `told` is called from a thread of the group, one call at a time, and may block it for no longer
// than a session. leave() returns when the cluster knows, or after a bounded wait.
#pragma once

#include <set>

#include "events/journal/kafka_client.h"

namespace chopmark::journal::kafka {

class Group {
  public:
    struct Options {
        Settings client;    // "bootstrap.servers" and what reaches the cluster
        std::string topic;  // one partition for each that is to be shared out
        std::string group;
        /// Without a sign of life a member is dead after it.
        Duration session = std::chrono::seconds(6);
        Duration heartbeat = std::chrono::milliseconds(500);
        Duration leave_wait = std::chrono::seconds(3);
        Log log;
    };
    struct Standing {
        /// False while the group shares out anew, or has given us up: `partitions` is then what we
        /// had.
        bool settled = false;
        std::set<PartitionId> partitions;
    };
    using Told = std::function<void(const Standing&)>;

    /// kafka.bad_setting; a cluster that cannot be reached is none: joining goes on.
    static Result<std::unique_ptr<Group>> join(const Options& options, Told told);
    /// Leaves.
    ~Group();

    /// Once; no call of `told` after it.
    void leave();

  private:
    struct Handle;
    explicit Group(std::unique_ptr<Handle> handle);
    std::unique_ptr<Handle> handle_;
};

}  // namespace chopmark::journal::kafka
