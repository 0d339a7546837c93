// A log with sealed events in a scratch folder, written by the real embedded journal, and ways to
// do to its closed store what a verifier must find. Roots come from the naive tree of
// merkle_oracle.h, not from the code under test.
#pragma once

#include <functional>

#include "events/keys/file_epoch_store.h"
#include "events/keys/key_vault.h"
#include "events/schema/event.h"
#include "events/verify/log_verifier.h"
#include "tests/support/journal_home.h"

namespace chopmark::test {

class VerifyWorld {
  public:
    static constexpr PartitionId citizens{2};
    static constexpr KeyIndex alice{83886087};
    static constexpr KeyIndex bob{83886088};

    VerifyWorld();
    ~VerifyWorld();

    /// Opens a term in every partition if none is open, appends and waits until accepted.
    void append(PartitionId partition, schema::Event event, KeyIndex person = KeyIndex());
    /// Approved logins of alice, in the citizens' partition.
    void log_in(std::size_t times, KeyIndex person = alice);
    /// Records where all partitions stand; `change` may lie about it.
    void cut(const std::function<void(schema::CutRecorded&)>& change = {});
    void close();

    /// Closes, and changes one stored record behind everybody's back.
    void change(PartitionId partition, Sequence at,
                const std::function<void(record::Record&)>& how);
    void drop(PartitionId partition, Sequence at);
    /// Sorts everything into files, as time does.
    void settle();

    verify::Report verify(bool readable = false);
    [[nodiscard]] std::uint64_t size(PartitionId partition);
    [[nodiscard]] Digest root(PartitionId partition);
    [[nodiscard]] std::string path() const { return home.options.store.path; }

    ScratchFolder folder;
    JournalHome home{(folder.path() / "journal").string()};
    keys::MemoryFolder key_folder;
    keys::MemoryFolder epoch_folder;
    keys::FileEpochStore epochs;
    std::unique_ptr<keys::KeyRing> ring;

  private:
    struct Live;
    Live& live();
    std::uint64_t cuts_ = 0;
    std::map<PartitionId, std::uint64_t> counted_;  // by the last cut
    std::unique_ptr<Live> live_;
};

}  // namespace chopmark::test
