// Keeps account of boxes that are not there or do not open, beside what the log says of keys that
// were destroyed, and judges them when all of it is read (design 5): a box may be unreadable only
// if a receipt or an expiry names its key; while an erasure is ordered and not completed it is in
// progress; anything else is loss. Holds one row for each key that is gone, however many boxes it
// had. One thread.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "events/verify/fault.h"
#include "events/verify/statement.h"

namespace chopmark::keys {
class KeyRing;
}

namespace chopmark::verify {

struct Place {
    PartitionId partition;
    Sequence sequence;

    friend auto operator<=>(const Place&, const Place&) = default;
};

enum class Box : std::uint8_t { link, personal };
enum class Gone : std::uint8_t { absent, unreadable };

/// Boxes, by what became of them.
struct BoxCounts {
    std::uint64_t opened = 0;
    std::uint64_t erased = 0;    // a receipt names the key
    std::uint64_t erasing = 0;   // ordered, not completed
    std::uint64_t expired = 0;   // an expiry names the period
    std::uint64_t unjudged = 0;  // absent, and only keys could tell which person's
};

class BoxLedger {
  public:
    void state(const Statement& statement, const Place& at);

    void opened() { ++counts_.opened; }
    /// `subject` is nothing when it is not known, KeyIndex() when the box has no person.
    void gone(Box box, Gone how, const KeyPeriod& key, std::optional<KeyIndex> subject,
              const Place& at);

    /// Call once, when the whole log was read. With a ring, also that destroyed keys are gone.
    std::vector<Fault> judge(const keys::KeyRing* ring);
    [[nodiscard]] const BoxCounts& counts() const { return counts_; }

  private:
    using Class = int;
    struct Key {
        Box box;
        Gone how;
        Class retention;
        keys::Period period;
        std::optional<KeyIndex> subject;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    struct Found {
        Place first;
        std::uint64_t count = 0;
    };
    struct Told {
        ErasureStanding standing = ErasureStanding::begun;
        Place at;
    };

    [[nodiscard]] std::optional<Fault> judge_one(const Key& key, const Found& found);

    BoxCounts counts_;
    std::map<Key, Found> gone_;
    std::map<std::pair<Class, keys::Period>, Place> expired_;
    std::map<std::pair<Class, KeyIndex>, Told> erasures_;
    std::set<Class> erased_classes_;  // of erasures whose subject is not known
};

}  // namespace chopmark::verify
