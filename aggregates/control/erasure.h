// The erasure of a person as control sees it: ordered by one person, approved by another, completed
// when every node has given up the keys (design 5, A5). The steps in between – SubjectErased in the
// citizen's slot, the new cover, the end of the old epoch – are the runtime's, which finds here
// what is open after a crash. Leaves name the person only by a salted hash of the key index,
// another salt in every record.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "aggregates/decision.h"

namespace chopmark::control {

using OrderId = OpaqueId<struct OrderIdTag, 16>;
enum class ErasureStanding : std::uint8_t { ordered = 1, approved = 2, completed = 3 };

struct Erasure {
    OrderId id;
    ErasureStanding standing = ErasureStanding::ordered;
    AccountId account;
    PersonId person;
    KeyIndex key_index;
    std::vector<schema::Retention> classes;
    std::uint64_t epoch = 0;  // that is to end
    std::string basis;
    Bytes ordered_by;
    Bytes approved_by;
    Instant ordered_at;

    static void fields(auto& archive, Erasure& row) {
        archive(row.id, row.standing, row.account, row.person, row.key_index, row.classes,
                row.epoch, row.basis, row.ordered_by, row.approved_by, row.ordered_at);
    }
    friend bool operator==(const Erasure&, const Erasure&) = default;
};
/// Open orders; a completed one stays in the log and in the receipt.
using Erasures = std::map<OrderId, Erasure>;

inline constexpr Reason erasure_known{"erasure.known", Kind::conflict};
inline constexpr Reason erasure_unknown{"erasure.unknown", Kind::not_found};
inline constexpr Reason erasure_not_ordered{"erasure.not_ordered", Kind::refused};
inline constexpr Reason erasure_not_approved{"erasure.not_approved", Kind::refused};
inline constexpr Reason erasure_second_person{"erasure.second_person", Kind::forbidden};
inline constexpr Reason erasure_no_basis{"erasure.no_basis", Kind::invalid};
inline constexpr Reason erasure_bad_classes{"erasure.bad_classes", Kind::invalid};

/// Classes that an erasure may reach: their keys hang in a person's tree, and what they hold is
/// about the person. The platform's and passing values do not.
bool is_erasable(schema::Retention retention);
/// SHA-256(salt ‖ key index), the index as 8 bytes big-endian.
Digest subject_hash(ByteView salt, KeyIndex key_index);

struct OrderErasure {
    OrderId order;
    AccountId account;
    PersonId person;
    KeyIndex key_index;
    std::vector<schema::Retention> classes;  // is_erasable, each
    std::uint64_t epoch = 0;
    std::string basis;  // stable dotted name
    std::string purpose;
    ByteArray<16> salt{};
    Sensitive<std::string> text;
};
struct ApproveErasure {
    OrderId order;
    ByteArray<16> salt{};
    std::string purpose;
};
/// By the platform, after the last key is gone: the receipt.
struct CompleteErasure {
    OrderId order;
    std::uint64_t destroyed_epoch = 0;
    std::uint64_t epoch = 0;
    std::uint32_t nodes = 0;
    std::vector<schema::ClassCount> erased;
    std::vector<schema::KeptClass> kept;
    ByteArray<16> salt{};
};
using ErasureCommand = std::variant<OrderErasure, ApproveErasure, CompleteErasure>;

const Erasure* find_erasure(const State& state, const OrderId& order);

Decision decide(const State& state, const ErasureCommand& command, const Context& context);
void evolve(State& state, const schema::ErasureOrdered& event, const record::Stamp& stamp);
void evolve(State& state, const schema::ErasureApproved& event, const record::Stamp& stamp);
void evolve(State& state, const schema::ErasureCompleted& event, const record::Stamp& stamp);

}  // namespace chopmark::control
