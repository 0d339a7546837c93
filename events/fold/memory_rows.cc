#include "events/fold/memory_rows.h"

#include <deque>
#include <map>
#include <mutex>

#include "events/core/ensure.h"
#include "events/fold/row_batch.h"

namespace chopmark::fold {
namespace {

using Rows = std::map<Bytes, Bytes, std::less<>>;
/// Shared with every snapshot and cursor; copied before a write while somebody else holds it.
using RowsPtr = std::shared_ptr<Rows>;

class MemoryTable final : public Table {
  public:
    using Table::Table;
    mutable RowsPtr rows = std::make_shared<Rows>();  // guarded by the store's mutex
};

const MemoryTable& memory(const Table& table) { return static_cast<const MemoryTable&>(table); }

class Cursor final : public RowCursor {
  public:
    Cursor(RowsPtr rows, const KeyRange& range, Direction direction)
        : rows_(std::move(rows)), direction_(direction) {
        first_ = rows_->lower_bound(range.begin);
        last_ = range.end.empty() ? rows_->end() : rows_->lower_bound(range.end);
        if (!range.end.empty() && range.end < range.begin) {
            last_ = first_;
        }
    }
    bool valid() const override { return first_ != last_; }
    ByteView key() const override { return at()->first; }
    ByteView value() const override { return at()->second; }
    void next() override {
        if (direction_ == Direction::forward) {
            ++first_;
        } else {
            --last_;
        }
    }
    Result<void> status() const override { return {}; }

  private:
    Rows::const_iterator at() const {
        ensure(valid(), "a cursor that is valid");
        return direction_ == Direction::forward ? first_ : std::prev(last_);
    }

    RowsPtr rows_;
    Direction direction_;
    Rows::const_iterator first_;
    Rows::const_iterator last_;
};

std::optional<Bytes> find(const Rows& rows, ByteView key) {
    const auto row = rows.find(key);
    return row == rows.end() ? std::nullopt : std::optional(row->second);
}

}  // namespace

class MemoryRows::Store final : public ReadView {
  public:
    Result<std::optional<Bytes>> get(const Table& table, ByteView key) const override {
        const std::lock_guard lock(mutex);
        ++probe.gets;
        return find(*memory(table).rows, key);
    }
    std::unique_ptr<RowCursor> scan(const Table& table, KeyRange range,
                                    Direction direction) const override {
        const std::lock_guard lock(mutex);
        ++probe.scans;
        return std::make_unique<Cursor>(memory(table).rows, range, direction);
    }

    static Rows& writable(const MemoryTable& table) {
        if (table.rows.use_count() > 1) {
            table.rows = std::make_shared<Rows>(*table.rows);
        }
        return *table.rows;
    }
    void apply(const RowBatch& batch) {
        Rows& rows = writable(memory(batch.table()));
        for (const KeyRange& range : batch.erased()) {
            const auto end = range.end.empty() ? rows.end() : rows.lower_bound(range.end);
            for (auto row = rows.lower_bound(range.begin); row != end; ++probe.erasures) {
                row = rows.erase(row);
            }
        }
        for (const auto& [key, value] : batch.rows()) {
            if (value) {
                rows[key] = *value;
                ++probe.puts;
            } else {
                rows.erase(key);
                ++probe.erasures;
            }
        }
    }
    /// Of the tables that a commit is about to change.
    using Before = std::vector<std::pair<std::shared_ptr<const MemoryTable>, RowsPtr>>;

    mutable std::mutex mutex;
    std::map<std::string, std::shared_ptr<const MemoryTable>, std::less<>> tables;
    std::vector<std::weak_ptr<const MemoryTable>> held;  // the dropped ones too
    std::optional<Error> failure;
    std::size_t remembered = 0;
    std::deque<Before> buffered;
    mutable RowsProbe probe;
};

namespace {

class Snapshot final : public ReadView {
  public:
    explicit Snapshot(std::map<const Table*, RowsPtr> rows) : rows_(std::move(rows)) {}
    Result<std::optional<Bytes>> get(const Table& table, ByteView key) const override {
        const auto rows = rows_.find(&table);
        return rows == rows_.end() ? std::optional<Bytes>() : find(*rows->second, key);
    }
    std::unique_ptr<RowCursor> scan(const Table& table, KeyRange range,
                                    Direction direction) const override {
        const auto rows = rows_.find(&table);
        return std::make_unique<Cursor>(
            rows == rows_.end() ? std::make_shared<Rows>() : rows->second, range, direction);
    }

  private:
    std::map<const Table*, RowsPtr> rows_;
};

class Load final : public TableLoad {
  public:
    Load(std::shared_ptr<const MemoryTable> table, std::mutex& store, std::uint64_t& loaded)
        : table_(std::move(table)), store_(&store), loaded_(&loaded) {}

    Result<std::unique_ptr<SortedRun>> begin_run() override {
        return std::unique_ptr<SortedRun>(std::make_unique<Run>(*this));
    }
    Result<void> finish() override {
        const std::lock_guard lock(*store_);
        const std::lock_guard own(mutex_);
        *loaded_ += rows_.size();
        auto all = std::make_shared<Rows>(*table_->rows);
        all->merge(rows_);
        table_->rows = std::move(all);
        return {};
    }

  private:
    class Run final : public SortedRun {
      public:
        explicit Run(Load& load) : load_(&load) {}
        Result<void> add(ByteView key, ByteView value) override {
            if (!rows_.empty() && key <= rows_.rbegin()->first) {
                return rows_unsorted;
            }
            rows_.emplace_hint(rows_.end(), key, value);
            return {};
        }
        Result<void> finish() override {
            const std::lock_guard lock(load_->mutex_);
            load_->rows_.merge(rows_);
            return {};
        }

      private:
        Load* load_;
        Rows rows_;
    };

    std::shared_ptr<const MemoryTable> table_;
    std::mutex* store_;
    std::uint64_t* loaded_;
    std::mutex mutex_;
    Rows rows_;
};

}  // namespace

MemoryRows::MemoryRows(const Options& options) : store_(std::make_shared<Store>()) {
    store_->remembered = options.buffered_commits;
}
MemoryRows::~MemoryRows() = default;

Result<TablePtr> MemoryRows::open(std::string_view name) {
    const std::lock_guard lock(store_->mutex);
    auto found = store_->tables.find(name);
    if (found == store_->tables.end()) {
        auto table = std::make_shared<MemoryTable>(std::string(name));
        std::erase_if(store_->held, [](const auto& other) { return other.expired(); });
        store_->held.push_back(table);
        found = store_->tables.emplace(std::string(name), std::move(table)).first;
    }
    return TablePtr(found->second);
}

Result<void> MemoryRows::drop(const TablePtr& table) {
    const std::lock_guard lock(store_->mutex);
    const auto found = store_->tables.find(table->name());
    if (found != store_->tables.end() && found->second == table) {
        store_->tables.erase(found);
    }
    return {};
}

std::vector<std::string> MemoryRows::tables() const {
    const std::lock_guard lock(store_->mutex);
    std::vector<std::string> names;
    for (const auto& [name, table] : store_->tables) {
        names.push_back(name);
    }
    return names;
}

const ReadView& MemoryRows::latest() const { return *store_; }

std::unique_ptr<ReadView> MemoryRows::snapshot() const {
    const std::lock_guard lock(store_->mutex);
    std::map<const Table*, RowsPtr> rows;
    for (const auto& held : store_->held) {
        if (const auto table = held.lock()) {
            rows.emplace(table.get(), table->rows);
        }
    }
    return std::make_unique<Snapshot>(std::move(rows));
}

Result<void> MemoryRows::commit(std::span<const RowBatch* const> batches, Durability durability) {
    const std::lock_guard lock(store_->mutex);
    if (store_->failure) {
        return *store_->failure;
    }
    if (durability == Durability::synced) {
        store_->buffered.clear();
    } else if (store_->remembered > 0) {
        Store::Before before;
        for (const RowBatch* batch : batches) {
            if (const auto found = store_->tables.find(batch->table().name());
                found != store_->tables.end()) {
                before.emplace_back(found->second, found->second->rows);
            }
        }
        store_->buffered.push_back(std::move(before));
        if (store_->buffered.size() > store_->remembered) {
            store_->buffered.pop_front();
        }
    }
    for (const RowBatch* batch : batches) {
        store_->apply(*batch);
    }
    ++store_->probe.commits;
    return {};
}

Result<std::unique_ptr<TableLoad>> MemoryRows::load(const TablePtr& table) {
    return std::unique_ptr<TableLoad>(std::make_unique<Load>(
        std::static_pointer_cast<const MemoryTable>(table), store_->mutex, store_->probe.loaded));
}

Result<void> MemoryRows::scrub(const Table&, const KeyRange&) {
    const std::lock_guard lock(store_->mutex);
    store_->buffered.clear();
    return {};
}

RowsProbe MemoryRows::probe() const {
    const std::lock_guard lock(store_->mutex);
    RowsProbe probe = store_->probe;
    probe.ready = !store_->failure;
    return probe;
}

void MemoryRows::fail_commits(std::optional<Error> error) {
    const std::lock_guard lock(store_->mutex);
    store_->failure = std::move(error);
}

void MemoryRows::lose_buffered(std::size_t commits) {
    const std::lock_guard lock(store_->mutex);
    for (; commits > 0 && !store_->buffered.empty(); --commits) {
        for (const auto& [table, rows] : store_->buffered.back()) {
            table->rows = rows;
        }
        store_->buffered.pop_back();
    }
}

}  // namespace chopmark::fold
