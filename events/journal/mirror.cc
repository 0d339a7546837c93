#include "events/journal/mirror.h"

#include <filesystem>

#include "events/journal/store_walk.h"

namespace chopmark::journal {
namespace {

EmbeddedStore::Note note_of(const Mirror::Place& place) {
    EmbeddedStore::Note out;
    append_big_endian(out.key, place.partition.value());
    append_big_endian(out.key, place.next.value());
    out.value.emplace();
    append_big_endian(*out.value, static_cast<std::uint64_t>(place.offset));
    return out;
}

std::optional<Mirror::Place> place_in(const EmbeddedStore::Note& note) {
    if (note.key.size() != 10 || !note.value || note.value->size() != 8) {
        return std::nullopt;
    }
    return Mirror::Place{PartitionId(get_big_endian<std::uint16_t>(note.key)),
                         Sequence(get_big_endian<std::uint64_t>(note.key, 2)),
                         static_cast<std::int64_t>(get_big_endian<std::uint64_t>(*note.value))};
}

}  // namespace

Mirror::Mirror(const Options& options, std::uint16_t partitions)
    : options_(options), partitions_(partitions), standings_(std::size_t{partitions} + 1) {}

Result<std::unique_ptr<Mirror>> Mirror::open(const Options& options, const Digest& genesis_hash,
                                             std::uint16_t partitions,
                                             const TermAuthority& authority) {
    std::unique_ptr<Mirror> mirror(new Mirror(options, partitions));
    CHOPMARK_TRY(mirror->open_store());
    std::uint64_t walked = 0;
    for (std::uint32_t i = 0; i <= partitions; ++i) {
        const PartitionId partition(static_cast<std::uint16_t>(i));
        CHOPMARK_ASSIGN(const AcceptRule rule,
                        walk_end(*mirror->store_, partition, genesis_hash, authority, walked));
        mirror->heads_.push_back(rule.head());
        // What recovery brought back was sorted into synced files before anybody sees it.
        mirror->standings_[i].written = rule.head().next;
        mirror->standings_[i].synced = rule.head().next;
    }
    CHOPMARK_TRY(mirror->read_places());
    return mirror;
}

Result<void> Mirror::open_store() {
    std::error_code failed;
    std::filesystem::create_directories(options_.store.path, failed);
    if (failed) {
        return Error(not_ready, failed.message());
    }
    const bool fresh = !std::filesystem::exists(options_.store.path + "/CURRENT", failed);
    auto store = EmbeddedStore::open(options_.store, partitions_,
                                     EmbeddedStore::Mode::tolerate_tail, fresh, {});
    if (!store && store.error() == damaged) {
        // The topic has what is cut off here, and the heads that others know are compared with it.
        store = EmbeddedStore::open(options_.store, partitions_, EmbeddedStore::Mode::point_in_time,
                                    false, {});
    }
    if (!store) {
        return store.error();
    }
    store_ = std::move(*store);
    return {};
}

Result<void> Mirror::read_places() {
    CHOPMARK_ASSIGN(const auto notes, store_->notes());
    for (const auto& note : notes) {
        const auto place = place_in(note);
        if (!place || place->partition.value() > partitions_) {
            return Error(damaged, "a note of the mirror that is no place");
        }
        Standing& standing = standings_[place->partition.value()];
        if (place->next <= standing.written) {
            standing.places.push_back(*place);
        }
    }
    return {};
}

std::vector<Mirror::Place> Mirror::places(PartitionId partition) const {
    const std::lock_guard lock(mutex_);
    const auto& places = standings_[partition.value()].places;
    return {places.rbegin(), places.rend()};
}

Result<Head> Mirror::head_before(PartitionId partition, Sequence at) const {
    const std::shared_lock reading(store_mutex_);
    return store_ ? store_->head_before(partition, at) : Error(not_ready, "mirror closed");
}

Result<std::vector<EntryPtr>> Mirror::read(PartitionId partition, Sequence from, Sequence end,
                                           const ReadBudget& budget) const {
    const std::shared_lock reading(store_mutex_);
    if (!store_) {
        return Error(not_ready, "the mirror is being reopened");
    }
    return store_->read(partition, from, end, budget);
}

Result<void> Mirror::write(std::span<const EntryPtr> entries) {
    const std::lock_guard one_at_a_time(write_mutex_);
    {
        const std::shared_lock using_store(store_mutex_);
        if (!store_) {
            return not_ready;
        }
        CHOPMARK_TRY(store_->write(entries, EmbeddedStore::Durability::later));
    }
    const std::lock_guard lock(mutex_);
    for (const EntryPtr& entry : entries) {
        Sequence& written = standings_[entry->partition.value()].written;
        written = std::max(written, Sequence(entry->sequence.value() + 1));
    }
    return {};
}

Result<void> Mirror::sync(std::span<const Place> places) {
    const std::lock_guard one_at_a_time(sync_mutex_);
    std::vector<EmbeddedStore::Note> notes;
    std::vector<Sequence> written;
    {
        const std::lock_guard lock(mutex_);
        bool grown = false;
        for (const Standing& standing : standings_) {
            written.push_back(standing.written);
            grown = grown || standing.synced < standing.written;
        }
        if (!grown && places.empty()) {
            return {};
        }
        for (const Place& place : places) {
            remember(standings_[place.partition.value()].places, place, notes);
        }
    }
    {
        const std::shared_lock using_store(store_mutex_);
        if (!store_) {
            return not_ready;
        }
        CHOPMARK_TRY(store_->write_notes(notes));
    }
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < standings_.size(); ++i) {
        standings_[i].synced = std::max(standings_[i].synced, written[i]);
    }
    return {};
}

/// The newest place moves on, unless it is far enough from its elder to be kept. Places behind the
/// new one are of a topic that lost its end.
void Mirror::remember(std::vector<Place>& known, const Place& place,
                      std::vector<EmbeddedStore::Note>& notes) const {
    const auto drop_newest = [&] {
        notes.push_back({note_of(known.back()).key, std::nullopt});
        known.pop_back();
    };
    while (!known.empty() && known.back().next >= place.next) {
        drop_newest();
    }
    if (!known.empty()) {
        const Sequence elder = known.size() < 2 ? Sequence(0) : known[known.size() - 2].next;
        if (known.back().next.value() - elder.value() < options_.place_every_records) {
            drop_newest();
        }
    }
    known.push_back(place);
    notes.push_back(note_of(place));
}

Sequence Mirror::synced(PartitionId partition) const {
    const std::lock_guard lock(mutex_);
    return standings_[partition.value()].synced;
}

Result<void> Mirror::reopen() {
    const std::scoped_lock quiet(write_mutex_, sync_mutex_);
    const std::unique_lock alone(store_mutex_);
    store_.reset();
    CHOPMARK_TRY(open_store());
    for (std::uint32_t i = 0; i <= partitions_; ++i) {
        const PartitionId partition(static_cast<std::uint16_t>(i));
        CHOPMARK_ASSIGN(const Sequence end, store_->end(partition));
        const std::lock_guard lock(mutex_);
        if (end < standings_[i].written) {
            return Error(damaged, "partition " + std::to_string(i) + ", sequence " +
                                      std::to_string(end.value()) + ": lost by the mirror");
        }
    }
    return {};
}

Result<void> Mirror::checkpoint(const std::string& folder) const {
    const std::shared_lock using_store(store_mutex_);
    return store_ ? store_->checkpoint(folder) : Error(not_ready, "the mirror is being reopened");
}

void Mirror::flush() {
    const std::shared_lock using_store(store_mutex_);
    if (store_) {
        store_->flush();
    }
}

}  // namespace chopmark::journal
