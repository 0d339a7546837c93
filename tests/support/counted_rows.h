// A row store that counts the rows written into each table of the one behind it: what a probe sums,
// told apart. As safe as that store, but for counts().
#pragma once

#include <map>
#include <mutex>

#include "events/fold/row_batch.h"
#include "events/fold/row_store.h"

namespace chopmark::test {

class CountedRows final : public fold::RowStore {
  public:
    explicit CountedRows(fold::RowStore& behind) : behind_(behind) {}

    /// Rows put since the last call, by the table's name. Their sum is that of the probe behind.
    std::map<std::string, std::uint64_t> take_counts();

    Result<fold::TablePtr> open(std::string_view name) override { return behind_.open(name); }
    Result<void> drop(const fold::TablePtr& table) override { return behind_.drop(table); }
    [[nodiscard]] std::vector<std::string> tables() const override { return behind_.tables(); }
    [[nodiscard]] const fold::ReadView& latest() const override { return behind_.latest(); }
    [[nodiscard]] std::unique_ptr<fold::ReadView> snapshot() const override {
        return behind_.snapshot();
    }
    Result<void> commit(std::span<const fold::RowBatch* const> batches,
                        fold::Durability durability) override;
    Result<std::unique_ptr<fold::TableLoad>> load(const fold::TablePtr& table) override {
        return behind_.load(table);
    }
    Result<void> scrub(const fold::Table& table, const fold::KeyRange& range) override {
        return behind_.scrub(table, range);
    }
    [[nodiscard]] fold::RowsProbe probe() const override { return behind_.probe(); }

  private:
    fold::RowStore& behind_;
    std::mutex mutex_;
    std::map<std::string, std::uint64_t> counts_;
};

}  // namespace chopmark::test
