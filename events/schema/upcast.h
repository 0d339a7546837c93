// Upcasting: what was written under a retired type is read as its successor. A retired type leaves
// catalog.def and Event – nothing but its upcaster knows it any more – while its message, number
// and golden bytes stay. Steps work on the stored layers and may follow one another. Pure, safe
// from any thread once built.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "events/core/result.h"
#include "events/record/prelude.h"

namespace chopmark::schema {

inline constexpr Reason bad_upcast{"schema.bad_upcast", Kind::internal};

/// An event in its layers, opened but not parsed. A layer that was not opened stays nothing.
struct StoredEvent {
    record::TypeNumber type;
    Bytes leaf_body;
    std::optional<Bytes> link;
    std::optional<Bytes> personal;
};

class Upcasters {
  public:
    /// MUST do with the layers that are there: a box may be erased, expired or unopened.
    using Step = std::function<Result<StoredEvent>(StoredEvent)>;

    /// `retired` MUST NOT have a step yet.
    void add(record::TypeNumber retired, Step step);
    [[nodiscard]] bool knows(record::TypeNumber type) const { return steps_.contains(type); }
    /// Steps until the type is not retired. schema.bad_upcast when the steps go round.
    [[nodiscard]] Result<StoredEvent> raise(StoredEvent event) const;

    /// Those of this version of the software.
    static const Upcasters& current();

  private:
    std::map<record::TypeNumber, Step> steps_;
};

}  // namespace chopmark::schema
