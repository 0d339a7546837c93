#include "events/fold/live_tables.h"

#include <algorithm>

#include "events/core/ensure.h"
#include "events/fold/row_batch.h"

namespace chopmark::fold {
namespace {

constexpr std::string_view catalog_name = "live";
constexpr std::string_view rows_prefix = "fold/";

Result<void> commit_one(RowStore& store, const RowBatch& batch, Durability durability) {
    const RowBatch* const batches[] = {&batch};
    return store.commit(batches, durability);
}

}  // namespace

std::string LiveTables::table_name(std::string_view name, const Place& place) {
    return std::string(rows_prefix) + std::string(name) + "/" + std::to_string(place.version) +
           "/" + std::to_string(place.generation);
}

Result<std::unique_ptr<LiveTables>> LiveTables::open(RowStore& store) {
    CHOPMARK_ASSIGN(auto catalog, store.open(catalog_name));
    CHOPMARK_ASSIGN(auto positions, store.open(positions_table));
    std::unique_ptr<LiveTables> tables(
        new LiveTables(store, std::move(catalog), std::move(positions)));
    CHOPMARK_TRY(tables->load());
    return tables;
}

Result<void> LiveTables::load() {
    const auto rows = store_->latest().scan(*catalog_, KeyRange::all());
    for (; rows->valid(); rows->next()) {
        if (rows->value().size() != 12) {
            return Error(rows_damaged, "catalogue of live tables");
        }
        const Place place{get_big_endian<std::uint32_t>(rows->value()),
                          get_big_endian<std::uint64_t>(rows->value(), 4)};
        CHOPMARK_ASSIGN(auto table, store_->open(table_name(rows->key(), place)));
        live_.emplace(std::string(rows->key()), std::pair(place, std::move(table)));
        next_generation_ = std::max(next_generation_, place.generation + 1);
    }
    CHOPMARK_TRY(rows->status());
    const auto left_behind = [this](std::string_view name) {
        return name.starts_with(rows_prefix) &&
               std::none_of(live_.begin(), live_.end(),
                            [&](const auto& entry) { return entry.second.second->name() == name; });
    };
    for (const std::string& name : store_->tables()) {
        if (left_behind(name)) {
            CHOPMARK_ASSIGN(const auto table, store_->open(name));
            CHOPMARK_TRY(store_->drop(table));
        }
    }
    // Generations are given again after a crash: a new table must not inherit a position.
    RowBatch purge(positions_, store_->latest());
    const auto known = store_->latest().scan(*positions_, KeyRange::all());
    for (; known->valid(); known->next()) {
        if (left_behind(known->key())) {
            purge.erase(known->key());
        }
    }
    CHOPMARK_TRY(known->status());
    return commit_one(*store_, purge, Durability::buffered);
}

Result<void> LiveTables::enter(const std::string& name, const Place& place, const TablePtr& table) {
    RowBatch row(catalog_, store_->latest());
    Bytes value;
    append_big_endian(value, place.version);
    append_big_endian(value, place.generation);
    row.put(name, std::move(value));
    CHOPMARK_TRY(commit_one(*store_, row, Durability::synced));
    TablePtr old;
    {
        const std::lock_guard lock(mutex_);
        auto& entry = live_[name];
        old = std::exchange(entry.second, table);
        entry.first = place;
    }
    return old == nullptr ? Result<void>() : discard(old);
}

Result<TablePtr> LiveTables::adopt(std::string_view name, std::uint32_t version) {
    const std::lock_guard change(changes_);
    Place place{version, 0};
    {
        const std::lock_guard lock(mutex_);
        const auto found = live_.find(name);
        if (found != live_.end() && found->second.first.version == version) {
            return found->second.second;
        }
        place.generation = next_generation_++;
    }
    CHOPMARK_ASSIGN(auto table, store_->open(table_name(name, place)));
    CHOPMARK_TRY(enter(std::string(name), place, table));
    return table;
}

Result<TablePtr> LiveTables::make_beside(std::string_view name, std::uint32_t version) {
    const std::lock_guard change(changes_);
    Place place{version, 0};
    {
        const std::lock_guard lock(mutex_);
        place.generation = next_generation_++;
    }
    CHOPMARK_ASSIGN(auto table, store_->open(table_name(name, place)));
    const std::lock_guard lock(mutex_);
    beside_.emplace(table->name(), std::pair(std::string(name), place));
    return table;
}

Result<void> LiveTables::switch_to(const TablePtr& table) {
    const std::lock_guard change(changes_);
    std::pair<std::string, Place> entry;
    {
        const std::lock_guard lock(mutex_);
        const auto found = beside_.find(table->name());
        ensure(found != beside_.end(), "a table of make_beside()");
        entry = found->second;
        beside_.erase(found);
    }
    return enter(entry.first, entry.second, table);
}

Result<void> LiveTables::discard(const TablePtr& table) {
    {
        const std::lock_guard lock(mutex_);
        beside_.erase(table->name());
        come_to_.erase(table->name());
    }
    RowBatch position(positions_, store_->latest());
    position.erase(table->name());
    CHOPMARK_TRY(commit_one(*store_, position, Durability::buffered));
    return store_->drop(table);
}

Result<TablePtr> LiveTables::live(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const auto found = live_.find(name);
    if (found == live_.end()) {
        return Error(not_live, std::string(name));
    }
    return found->second.second;
}

void LiveTables::come_to(const TablePtr& table, const Positions& at) {
    const std::lock_guard lock(mutex_);
    come_to_[table->name()] = at;
}

Result<Reading> LiveTables::read(std::string_view name) const {
    // The table first: one that is replaced meanwhile stays readable, whereas an older snapshot
    // would not yet show the rows of its successor. For the same reason the position that the fold
    // has come to goes before the snapshot, which then shows at least that.
    CHOPMARK_ASSIGN(auto table, live(name));
    Positions at_least;
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = come_to_.find(table->name()); found != come_to_.end()) {
            at_least = found->second;
        }
    }
    auto rows = store_->snapshot();
    CHOPMARK_ASSIGN(auto positions, read_positions(*rows, *positions_, *table));
    return Reading(std::move(table), std::move(rows), positions.furthest(at_least));
}

}  // namespace chopmark::fold
