// The embedded back end under the journal contract.
#pragma once

#include "events/journal/embedded.h"
#include "tests/contract/journal_world.h"
#include "tests/support/file_system.h"
#include "tests/support/scratch_folder.h"

namespace chopmark::test {

class EmbeddedWorld final : public JournalWorld {
  public:
    Result<std::unique_ptr<journal::Journal>> open(const journal::Founding& founding,
                                                   const journal::Surroundings& surroundings,
                                                   const Settings& settings) override {
        journal::EmbeddedJournal::Options options;
        options.store.path = (folder_.path() / "journal").string();
        options.store.files = files_;
        options.queue_records = settings.queue_records;
        auto opened = journal::EmbeddedJournal::open(options, founding, surroundings);
        if (!opened) {
            return opened.error();
        }
        return std::move(*opened);
    }
    [[nodiscard]] bool shared() const override { return false; }
    void put_foreign(PartitionId /*partition*/, Bytes /*stored*/) override {}
    [[nodiscard]] bool breakable() const override { return true; }
    void break_store() override {
        files_->set_hook([](const FileCall&) {
            return FileVerdict{FileVerdict::What::fail, rocksdb::IOStatus::NoSpace("injected")};
        });
    }
    void mend_store() override { files_->set_hook({}); }

  private:
    ScratchFolder folder_;
    std::shared_ptr<UnkindFileSystem> files_ = std::make_shared<UnkindFileSystem>();
};

inline WorldCase embedded_case() {
    return {"Embedded", [] { return std::make_unique<EmbeddedWorld>(); }};
}

}  // namespace chopmark::test
