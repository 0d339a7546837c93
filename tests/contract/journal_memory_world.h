// The memory back end under the journal contract.
#pragma once

#include "events/journal/memory.h"
#include "tests/contract/journal_world.h"

namespace chopmark::test {

class MemoryWorld final : public JournalWorld {
  public:
    Result<std::unique_ptr<journal::Journal>> open(const journal::Founding& founding,
                                                   const journal::Surroundings& surroundings,
                                                   const Settings& settings) override {
        if (!log_) {
            log_ = std::make_shared<journal::MemoryLog>(founding.partitions);
        }
        journal::MemoryJournal::Options options;
        options.queue_records = settings.queue_records;
        auto opened = journal::MemoryJournal::open(log_, founding, surroundings, options);
        if (!opened) {
            return opened.error();
        }
        last_ = opened->get();
        return std::move(*opened);
    }
    [[nodiscard]] bool shared() const override { return true; }
    void put_foreign(PartitionId partition, Bytes stored) override {
        log_->submit(partition, {std::move(stored)});
    }
    [[nodiscard]] bool breakable() const override { return true; }
    void break_store() override { last_->set_ready(false); }
    void mend_store() override { last_->set_ready(true); }

  private:
    std::shared_ptr<journal::MemoryLog> log_;
    journal::MemoryJournal* last_ = nullptr;
};

inline WorldCase memory_case() {
    return {"Memory", [] { return std::make_unique<MemoryWorld>(); }};
}

}  // namespace chopmark::test
