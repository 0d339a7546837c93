// Destroys citizens' signing keys whose certificates have ended – revoked, succeeded, refused, or
// with the account – and keys that were made for a certificate which never came (design 12). A fold
// of its own over the citizens' partitions: it keeps, for each account, what the certificate's
// evolve says is in use and wanted, destroys by handle what no longer is, and only then commits how
// far it has come. So a crash destroys once more, which harms nothing, and leaves out nothing.
// Works in the work pool, a bounded stretch at a time. All of what it is given must outlive it.
//
//   "a" account:16    → CertificateState      ; while a key is in use, or wanted
//   "p" partition:u16 → next:u64
#pragma once

#include <atomic>
#include <memory>

#include "aggregates/citizen/certificate.h"
#include "events/core/strand.h"
#include "events/fold/row_batch.h"
#include "events/journal/journal.h"
#include "events/keys/event_vault.h"
#include "events/keys/key_port.h"

namespace chopmark::ops {

/// The key of the certificate that this event called for. The same cause names the same key in
/// every attempt: one that was made before a crash is found again.
keys::KeyHandle signing_key_of(const EventId& cause);

class KeyRetirement {
  public:
    struct Surroundings {
        const journal::Journal& journal;
        const keys::EventVault& vault;
        fold::RowStore& rows;
        keys::KeyPort& keys;
        WorkPool& work;
    };

    static Result<std::unique_ptr<KeyRetirement>> open(const Surroundings& around);

    /// 1 s: goes on where it is, if it is not at work.
    void tick();

    struct Probe {
        std::uint64_t destroyed = 0;
        std::uint64_t failed = 0;  // stretches, tried again
    };
    [[nodiscard]] Probe probe() const { return {destroyed_.load(), failed_.load()}; }

  private:
    KeyRetirement(const Surroundings& around, fold::TablePtr table)
        : around_(around), table_(std::move(table)) {}

    void go_on();
    /// Whether there may be more.
    Result<bool> fold_page(PartitionId partition);
    [[nodiscard]] Result<Sequence> next_of(PartitionId partition) const;

    const Surroundings around_;
    const fold::TablePtr table_;
    std::atomic<bool> busy_{false};
    std::atomic<std::uint64_t> destroyed_{0};
    std::atomic<std::uint64_t> failed_{0};
};

}  // namespace chopmark::ops
