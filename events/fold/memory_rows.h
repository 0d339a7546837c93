// The row store in memory, for tests and simulation: the contract of row_store.h, and a crash on
// request that takes the last buffered commits, as a power cut does.
#pragma once

#include "events/fold/row_store.h"

namespace chopmark::fold {

class MemoryRows final : public RowStore {
  public:
    struct Options {
        /// Commits that lose_buffered() can take back; each keeps a copy of the tables it changed.
        std::size_t buffered_commits = 0;
    };
    MemoryRows() : MemoryRows(Options()) {}
    explicit MemoryRows(const Options& options);
    ~MemoryRows() override;

    Result<TablePtr> open(std::string_view name) override;
    Result<void> drop(const TablePtr& table) override;
    [[nodiscard]] std::vector<std::string> tables() const override;
    [[nodiscard]] const ReadView& latest() const override;
    [[nodiscard]] std::unique_ptr<ReadView> snapshot() const override;
    Result<void> commit(std::span<const RowBatch* const> batches, Durability durability) override;
    Result<std::unique_ptr<TableLoad>> load(const TablePtr& table) override;
    Result<void> scrub(const Table& table, const KeyRange& range) override;
    [[nodiscard]] RowsProbe probe() const override;

    /// Every commit from now on fails with `error`, changing nothing; nothing: they succeed again.
    void fail_commits(std::optional<Error> error);
    /// Takes back the last `commits` commits, but none that was synced or lies before a synced one.
    void lose_buffered(std::size_t commits);

  private:
    class Store;
    std::shared_ptr<Store> store_;
};

}  // namespace chopmark::fold
