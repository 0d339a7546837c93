#include "aggregates/runtime/event_finder.h"

#include <cstring>

#include "events/record/prelude.h"
#include "events/schema/codec.h"

namespace chopmark::runtime {
namespace {

AccountId account_in(const schema::Event& event) {
    return AccountId::from_bytes(schema::link_head(event).account_id()).value_or(AccountId());
}

}  // namespace

std::size_t EventFinder::Hash::operator()(const fold::EventIdPrefix& prefix) const noexcept {
    std::size_t out = 0;  // event ids are random
    std::memcpy(&out, prefix.data(), sizeof out);
    return out;
}

EventFinder::EventFinder(const journal::Journal& journal, const fold::LiveTables& tables,
                         const keys::EventVault& vault, Options options)
    : journal_(journal), tables_(tables), vault_(vault), options_(options) {}

void EventFinder::remember(const Receipt& receipt) {
    const fold::EventIdPrefix prefix = fold::prefix_of(receipt.event_id);
    const std::lock_guard lock(mutex_);
    const auto [at, fresh] =
        recent_.try_emplace(prefix, FoundEvent{{receipt.partition, receipt.sequence},
                                               receipt.event_id,
                                               receipt.recorded_at,
                                               account_in(*receipt.event)});
    if (!fresh) {
        return;  // a repetition of a command, answered again
    }
    ages_.push_back(prefix);
    if (ages_.size() > options_.recent) {
        recent_.erase(ages_.front());
        ages_.pop_front();
    }
}

Result<journal::EntryPtr> EventFinder::read(const fold::EventIdPrefix& prefix) const {
    std::optional<fold::Place> place;
    {
        const std::lock_guard lock(mutex_);
        if (const auto at = recent_.find(prefix); at != recent_.end()) {
            place = at->second.place;
        }
    }
    if (!place) {
        CHOPMARK_ASSIGN(place, fold::find_event(tables_, prefix));
    }
    if (!place) {
        return event_unknown;
    }
    return journal::read_one(journal_, place->partition, place->sequence);
}

Result<FoundEvent> EventFinder::find(const fold::EventIdPrefix& prefix) const {
    {
        const std::lock_guard lock(mutex_);
        if (const auto at = recent_.find(prefix); at != recent_.end()) {
            return at->second;
        }
    }
    CHOPMARK_ASSIGN(const journal::EntryPtr entry, read(prefix));
    CHOPMARK_ASSIGN(const record::Prelude prelude, record::decode_prelude(entry->record.leaf));
    if (fold::prefix_of(prelude.event_id) != prefix) {
        return event_unknown;
    }
    FoundEvent found{
        {entry->partition, entry->sequence}, prelude.event_id, prelude.recorded_at, AccountId()};
    if (const auto event = vault_.open(entry->record)) {
        found.account = account_in(*event);
    }
    return found;
}

Result<FoundEvent> EventFinder::find(const EventId& id) const {
    CHOPMARK_ASSIGN(FoundEvent found, find(fold::prefix_of(id)));
    return found.id == id ? Result<FoundEvent>(found) : event_unknown;
}

Result<FoundEvent> EventFinder::find_recorded(const fold::EventIdPrefix& prefix) const {
    auto found = find(prefix);
    return !found && found.error() == event_unknown ? event_unread : std::move(found);
}

Result<std::shared_ptr<const schema::Event>> EventFinder::open(const EventId& id) const {
    CHOPMARK_ASSIGN(const journal::EntryPtr entry, read(fold::prefix_of(id)));
    CHOPMARK_ASSIGN(const record::Prelude prelude, record::decode_prelude(entry->record.leaf));
    if (prelude.event_id != id) {
        return event_unknown;
    }
    CHOPMARK_ASSIGN(schema::Event event, vault_.open_personal(entry->record));
    return std::make_shared<const schema::Event>(std::move(event));
}

Result<std::shared_ptr<const schema::Event>> EventFinder::open_recorded(const EventId& id) const {
    auto event = open(id);
    return !event && event.error() == event_unknown ? event_unread : std::move(event);
}

Result<Opened> EventFinder::open(const std::vector<EventId>& ids) const {
    Opened opened;
    for (const EventId& id : ids) {
        CHOPMARK_ASSIGN(auto event, open(id));
        opened.add(id, std::move(event));
    }
    return opened;
}

}  // namespace chopmark::runtime
