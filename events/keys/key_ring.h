// A node's keys: seals and opens boxes, and forgets. The material (key_material.h) is held in
// memory; every change writes a new key file under a new epoch, proves it by reading it back, and
// only then takes effect here; the older epochs are destroyed by a call of their own.
//
// Erasure (design 5, A5), as its coordinator drives it. Every step may be repeated, and after a
// crash open() finds the newest file that opens, so the coordinator starts again at the first step:
//   1. ErasureOrdered and SubjectErased are accepted          (aggregates)
//   2. erase()               new cover under epoch n + 1, synced, read back; caches dropped
//   3. every enrolled node confirms                           (control)
//   4. destroy_old_epochs()  epoch n and whatever is older
//   5. ErasureCompleted is accepted                           (control)
// Expiry of a period is expire() and then destroy_old_epochs(), with nobody to ask. Doing step 4
// early, for another erasure, is safe: the newer file lacks everything that the older ones lack.
//
// All methods are safe from any thread; sealing and opening never wait for a change.
#pragma once

#include <memory>
#include <mutex>

#include "events/keys/key_file.h"
#include "events/keys/sealing.h"

namespace chopmark::keys {

/// The folder holds a key file already.
inline constexpr Reason key_file_exists{"keys.exists", Kind::conflict};
/// The folder holds none.
inline constexpr Reason no_key_file{"keys.none", Kind::not_found};
/// The file is of another deployment: its commitments are not those of genesis.
inline constexpr Reason foreign_keys{"keys.foreign", Kind::conflict};

/// What genesis pins of the material.
struct KeyCommitments {
    Digest slot;
    Digest card;
    friend bool operator==(const KeyCommitments&, const KeyCommitments&) = default;
};

struct KeyRingProbe {
    Epoch epoch;
    std::size_t old_epochs = 0;   // kept until confirmed; 0 when no erasure is under way
    std::size_t cover_nodes = 0;  // of all classes
};

class KeyRing {
  public:
    /// Where the ring lives. All must outlive it.
    struct Place {
        Folder& folder;
        EpochStore& store;
        Entropy& entropy;
    };

    /// Draws the keys of a new deployment, or takes over `material` that another node handed on.
    /// keys.exists when there are some already.
    static Result<std::unique_ptr<KeyRing>> create(const Place& place, Instant at);
    static Result<std::unique_ptr<KeyRing>> adopt(const Place& place, ByteView material);
    /// Opens the newest file that opens, and clears away what a crash left behind.
    static Result<std::unique_ptr<KeyRing>> open(const Place& place,
                                                 const KeyCommitments& expected);

    [[nodiscard]] KeyCommitments commitments() const;

    // ---- boxes. `index` is nothing for a box without a person. ----

    /// keys.erased, keys.expired, keys.no_period, keys.too_long.
    [[nodiscard]] Result<SealedBox> seal_personal(const BoxPlace& place,
                                                  std::optional<KeyIndex> index,
                                                  ByteView content) const;
    /// Also keys.mismatch and keys.damaged.
    [[nodiscard]] Result<Sensitive<Bytes>> open_personal(const BoxPlace& place,
                                                         std::optional<KeyIndex> index,
                                                         const Digest& key_commitment,
                                                         ByteView box) const;
    [[nodiscard]] Result<Bytes> seal_link(const BoxPlace& place, ByteView content) const;
    [[nodiscard]] Result<Bytes> open_link(const BoxPlace& place, ByteView box) const;
    /// The inner box of class `retention` (delivery) in an event recorded at that moment.
    [[nodiscard]] Result<Bytes> seal_inner(Retention retention, Instant recorded_at,
                                           const EventId& event, std::optional<KeyIndex> index,
                                           ByteView content) const;
    [[nodiscard]] Result<Sensitive<Bytes>> open_inner(Retention retention, const EventId& event,
                                                      std::optional<KeyIndex> index,
                                                      ByteView box) const;

    // ---- forgetting ----

    /// Step 2. Without a change – all were erased before – nothing is written. The epoch that is
    /// in force now.
    Result<Epoch> erase(const std::vector<Erasure>& erasures);
    [[nodiscard]] bool is_erased(const Erasure& erasure) const;
    /// Removes every key whose time is over at `now`; as erase() otherwise.
    Result<Epoch> expire(Instant now);
    /// Step 4. Destroys the keys first, then removes the files.
    Result<void> destroy_old_epochs();
    /// Epochs older than the one in force that are not destroyed yet.
    [[nodiscard]] Result<std::vector<Epoch>> old_epochs() const;

    // ---- the rest ----

    /// The keys as they are now, for deriving tokens. Whoever keeps it keeps erased keys alive.
    [[nodiscard]] std::shared_ptr<const KeyMaterial> material() const;
    /// The encoded material, to be sealed for a node that enrols and given to its adopt().
    [[nodiscard]] crypto::SecretBytes hand_over() const;
    [[nodiscard]] Epoch epoch() const;
    [[nodiscard]] Result<KeyRingProbe> probe() const;

  private:
    KeyRing(const Place& place, Epoch epoch, KeyMaterial material);
    static Result<std::unique_ptr<KeyRing>> begin(const Place& place, KeyMaterial material);
    /// Puts a changed copy in force. Called with changing_ held.
    Result<Epoch> put_in_force(KeyMaterial changed);

    Place place_;
    mutable std::mutex changing_;  // one change, or look at the store, at a time
    mutable std::mutex current_;   // guards the two below, for moments
    Epoch epoch_;
    std::shared_ptr<const KeyMaterial> material_;
};

}  // namespace chopmark::keys
