// All that is secret about a deployment's data, drawn once at genesis for ten years (design 12):
// the roots, the key trees' covers, and the secrets of every period. Everything else – personal
// keys, day keys, tokens – is derived from it. It only ever shrinks: erasure takes leaves out of
// the covers, expiry takes periods away. A node holds it in memory and in its sealed key file
// (key_file.h). Plain value; const functions are safe from any thread.
#pragma once

#include <map>

#include "events/core/entropy.h"
#include "events/keys/key_tree.h"
#include "events/keys/period.h"

namespace chopmark::keys {

inline constexpr Reason bad_material{"keys.bad_material", Kind::damaged};
/// A period outside of the ten years that were drawn, or of a class that this version lacks.
inline constexpr Reason no_period{"keys.no_period", Kind::unavailable};

/// Keys that last as long as the deployment. Numbers are stored: never renumber, append only.
enum class Root : std::uint8_t {
    slot,     // K_slot: where a card's holder lives; also in the split offline copy
    card,     // K_card: index of cards; also in the split offline copy
    bearer,   // day keys of codes, tokens, tickets, QR handles
    content,  // day keys of relying parties' content keys
    session,  // day keys of app sessions
    stamp,    // MACs of what the platform hands out and takes back (stamp.h)
    storage,  // seals the store of signing keys and password verifiers (sealed_store.h)
};
inline constexpr std::size_t root_count = 7;

/// SHA-256("chopmark/commitment/1" ‖ root:u8 ‖ key): what genesis says of K_slot and K_card.
Digest commitment(Root root, const crypto::Secret32& key);

struct PeriodKeys {
    crypto::Secret32 secret;  // half of every personal key of the period
    crypto::Secret32 link;    // key of the period's link boxes
};

/// One person in one class.
struct Erasure {
    Retention retention;
    KeyIndex index;
};

class KeyMaterial {
  public:
    static constexpr int years = 10;

    /// Draws everything for [at, at + 10 years): about 290 KB.
    static KeyMaterial draw(Entropy& entropy, Instant at);

    [[nodiscard]] Instant drawn_from() const { return from_; }
    [[nodiscard]] Instant drawn_until() const { return until_; }
    [[nodiscard]] const crypto::Secret32& root(Root which) const {
        return roots_[static_cast<std::size_t>(which)];
    }
    [[nodiscard]] const Cover& cover(Retention retention) const;
    /// Null when the period expired or was never drawn; was_drawn() tells which.
    [[nodiscard]] const PeriodKeys* period(Retention retention, Period period) const;
    [[nodiscard]] bool was_drawn(Retention retention, Period period) const;
    /// Key of attempt tokens of a month (yyyymm); null: gone or never drawn.
    [[nodiscard]] const crypto::Secret32* attempt_key(std::uint32_t month) const;
    /// Key of detection tokens first written in a quarter (yyyyq).
    [[nodiscard]] const crypto::Secret32* detection_key(std::uint32_t quarter) const;

    /// How many were erased now.
    std::size_t erase(const std::vector<Erasure>& erasures);
    /// Removes everything whose time is over: periods by their rule, attempt keys a day after their
    /// month, detection keys after six months. How many keys were removed.
    std::size_t expire(Instant now);

    /// material = from:i64 until:i64 root_count:u8 root:32* class_count:u8 class*
    ///            attempts:keys detections:keys
    /// class    = cover period_count:u32 (period:u32 secret:32 link:32)*   ; classes 1 to 7
    /// keys     = count:u32 (number:u32 key:32)*
    [[nodiscard]] crypto::SecretBytes encode() const;
    static Result<KeyMaterial> decode(ByteView bytes);

  private:
    using Numbered = std::map<std::uint32_t, crypto::Secret32>;
    struct ClassKeys {
        Cover cover;
        std::map<Period, PeriodKeys> periods;
    };

    [[nodiscard]] const ClassKeys& of(Retention retention) const;
    [[nodiscard]] std::size_t encoded_size() const;

    Instant from_;
    Instant until_;
    std::array<crypto::Secret32, root_count> roots_;
    std::array<ClassKeys, class_count> classes_;  // class n at n - 1
    Numbered attempts_;
    Numbered detections_;
};

}  // namespace chopmark::keys
