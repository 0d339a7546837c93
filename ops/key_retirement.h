// Destroys citizens' signing keys whose certificates have ended – revoked, succeeded, refused, or
// with the account – and keys that were made for a certificate which never came (design 12), and
// has the authority revoke those certificates. A fold of its own over the citizens' partitions: it
// keeps, for each account, what the certificate's evolve says is in use and wanted, destroys by
// handle what no longer is, and only then commits how far it has come, together with the
// revocations that are now owed. So a crash destroys and revokes once more, which harms nothing,
// and leaves out nothing; an authority that is away holds up no destruction. Works in a pool whose
// threads may wait for others, a bounded stretch at a time. All of what it is given must outlive
// it.
//
//   "a" account:16    → CertificateState      ; while a key is in use, or wanted
//   "p" partition:u16 → next:u64
//   "r" handle:16     → serial                ; the authority is yet to revoke it
#pragma once

#include <atomic>
#include <memory>

#include "aggregates/citizen/certificate.h"
#include "aggregates/ports/outside.h"
#include "events/core/clock.h"
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
        ports::CertificationAuthority& authority;
        const Clock& clock;
        WorkPool& work;
    };

    static Result<std::unique_ptr<KeyRetirement>> open(const Surroundings& around);

    /// 1 s: goes on where it is, if it is not at work.
    void tick();
    /// What is at work ends soon, and nothing begins.
    void stop() { stopped_.store(true); }

    struct Probe {
        std::uint64_t destroyed = 0;
        std::uint64_t revoked = 0;
        std::uint64_t refused = 0;  // revocations that the authority will not make
        std::uint64_t failed = 0;   // stretches, tried again
    };
    [[nodiscard]] Probe probe() const {
        return {destroyed_.load(), revoked_.load(), refused_.load(), failed_.load()};
    }

  private:
    KeyRetirement(const Surroundings& around, fold::TablePtr table)
        : around_(around), table_(std::move(table)) {}

    void go_on();
    /// Whether there may be more.
    Result<bool> fold_page(PartitionId partition);
    Result<void> revoke_owed();
    [[nodiscard]] Result<Sequence> next_of(PartitionId partition) const;

    const Surroundings around_;
    const fold::TablePtr table_;
    Bytes next_owed_;  // of whoever is busy: where the next turn's revocations begin
    std::atomic<bool> busy_{false};
    std::atomic<bool> stopped_{false};
    std::atomic<std::uint64_t> destroyed_{0};
    std::atomic<std::uint64_t> revoked_{0};
    std::atomic<std::uint64_t> refused_{0};
    std::atomic<std::uint64_t> failed_{0};
};

}  // namespace chopmark::ops
