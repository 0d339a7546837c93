// The journal of an import: a data folder of environment `import` with one citizens' partition, a
// clock that stands where the file is, and a writer that waits instead of overrunning the journal.
// One thread; everything appended is accepted when finish() returns.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

#include "events/crypto/system_entropy.h"
#include "events/journal/embedded.h"
#include "events/keys/key_vault.h"
#include "events/schema/catalog.h"
#include "events/tlog/merkle.h"
#include "ops/founding.h"

namespace chopmark::import {

/// The file's time; only the importer moves it.
class FileClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override {
        return Instant::from_micros(micros_.load(std::memory_order_relaxed));
    }
    void set(Instant at) { micros_.store(at.micros(), std::memory_order_relaxed); }

  private:
    std::atomic<std::int64_t> micros_ = 0;
};

class ScratchJournal {
  public:
    /// import.not_a_scratch, import.out_of_order, journal.*, keys.*.
    static Result<std::unique_ptr<ScratchJournal>> open(const ops::DataFolder& folder,
                                                        Instant begin);
    ~ScratchJournal();

    [[nodiscard]] const keys::KeyRing& ring() const { return *opened_->keys; }
    /// Seals the event and hands it over; recorded at `at`, or just behind the record before it.
    Result<void> append(schema::Event event, Instant at);
    /// Waits until all is accepted, and records a cut over it.
    Result<void> finish();

  private:
    class Lane;
    ScratchJournal();
    Result<void> append_to(PartitionId partition, schema::Event& event, Instant at);
    Result<std::uint64_t> next_cut() const;

    crypto::SystemEntropy entropy_;
    FileClock clock_;
    std::unique_ptr<ops::Opened> opened_;
    std::unique_ptr<journal::EmbeddedJournal> journal_;
    std::vector<std::unique_ptr<Lane>> lanes_;  // by partition
};

}  // namespace chopmark::import
