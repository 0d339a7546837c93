// Which partitions this node is to own: the port. Embedded, it is all of them from the start; with
// Kafka a consumer group shares them out. Being told is advice to open terms – what makes an owner
// is the accept rule – so an answer that is old for a moment costs a term, never a record.
#pragma once

#include <functional>
#include <memory>
#include <set>

#include "events/core/ids.h"
#include "events/core/result.h"

namespace chopmark::ops {

struct Ownership {
    /// False while partitions are shared out anew: what is owned is served on, nothing is opened.
    bool settled = false;
    std::set<PartitionId> partitions;
};

class Membership {
  public:
    virtual ~Membership() = default;

    using Told = std::function<void(const Ownership&)>;
    /// Once. `told` is called from any thread, one call at a time, from then until stop() returns.
    virtual Result<void> start(Told told) = 0;
    /// Gives the partitions up to others, if there are any; returns soon.
    virtual void stop() = 0;
};

/// A node that is alone: all partitions of a journal are its own.
class SoleMembership final : public Membership {
  public:
    explicit SoleMembership(std::uint16_t citizen_partitions) : partitions_(citizen_partitions) {}

    Result<void> start(Told told) override;
    void stop() override {}

  private:
    std::uint16_t partitions_;
};

}  // namespace chopmark::ops
