// Finds an event by its id, or by the part of an id that a bearer value carries, and opens its
// layers: for codes and tokens, for the personal layers that a decision asks for, for pinned
// values. What was accepted moments ago is found in memory, the rest by the event-id index, which
// follows the journal. Safe from any thread; open() costs about 20 µs and belongs in a pool when
// there are many.
#pragma once

#include <deque>
#include <mutex>
#include <unordered_map>

#include "aggregates/decision.h"
#include "aggregates/runtime/receipt.h"
#include "events/fold/event_index.h"
#include "events/journal/journal.h"
#include "events/keys/event_vault.h"

namespace chopmark::runtime {

/// No event has such an id, as far as the journal was read.
inline constexpr Reason event_unknown{"event.unknown", Kind::not_found};

/// What surely is recorded was not read here yet: on a node that follows another's partition, for
/// some ten milliseconds. Passes by itself (http::FrontPorts::passing).
inline constexpr Reason event_unread{"event.unread", Kind::unavailable};

struct FoundEvent {
    fold::Place place;
    EventId id;
    Instant recorded_at;
    AccountId account;  // zero: it is about no citizen, or its link key is gone
};

class EventFinder {
  public:
    struct Options {
        /// Events of the last moments kept by id, about 150 bytes each: as many as the index may
        /// lag behind.
        std::size_t recent = 65'536;
    };

    /// All must outlive the finder.
    EventFinder(const journal::Journal& journal, const fold::LiveTables& tables,
                const keys::EventVault& vault, Options options);
    EventFinder(const journal::Journal& journal, const fold::LiveTables& tables,
                const keys::EventVault& vault)
        : EventFinder(journal, tables, vault, Options()) {}

    /// Of an accepted event.
    void remember(const Receipt& receipt);

    /// event.unknown.
    [[nodiscard]] Result<FoundEvent> find(const fold::EventIdPrefix& prefix) const;
    [[nodiscard]] Result<FoundEvent> find(const EventId& id) const;
    /// Of what a bearer value of ours names, so that it is recorded: event.unread.
    [[nodiscard]] Result<FoundEvent> find_recorded(const fold::EventIdPrefix& prefix) const;

    /// With all three layers: event.unknown, keys.erased, keys.expired, keys.damaged.
    [[nodiscard]] Result<std::shared_ptr<const schema::Event>> open(const EventId& id) const;
    /// Of what an accepted state names, perhaps another node's: event.unread for event.unknown.
    [[nodiscard]] Result<std::shared_ptr<const schema::Event>> open_recorded(
        const EventId& id) const;
    /// All of them, or the first error.
    [[nodiscard]] Result<Opened> open(const std::vector<EventId>& ids) const;

  private:
    [[nodiscard]] Result<journal::EntryPtr> read(const fold::EventIdPrefix& prefix) const;

    const journal::Journal& journal_;
    const fold::LiveTables& tables_;
    const keys::EventVault& vault_;
    const Options options_;

    struct Hash {
        std::size_t operator()(const fold::EventIdPrefix& prefix) const noexcept;
    };
    mutable std::mutex mutex_;
    std::unordered_map<fold::EventIdPrefix, FoundEvent, Hash> recent_;
    std::deque<fold::EventIdPrefix> ages_;
};

}  // namespace chopmark::runtime
