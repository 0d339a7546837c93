// On whose word something happens to an account that stands: the citizen's by a device or at a
// terminal, a member of staff's under a case, or an alert's. A command lists the authorities that
// it takes as a variant. Signatures and roles were verified by the pool; decide re-checks them
// against the state. Plain values.
#pragma once

#include <variant>

#include "aggregates/citizen/identity.h"
#include "aggregates/control/alert_case.h"

namespace chopmark::citizen {

struct State;

inline constexpr Reason note_too_long{"authority.note_too_long", Kind::invalid};
inline constexpr Reason staff_not_permitted{"authority.staff_not_permitted", Kind::forbidden};
inline constexpr Reason case_unknown{"authority.case_unknown", Kind::not_found};
inline constexpr Reason alert_unknown{"authority.alert_unknown", Kind::not_found};
/// The card shown is not that of this account.
inline constexpr Reason other_card{"authority.other_card", Kind::refused};

/// A change signed by a bound device over its text and challenge (design-notes E4).
struct DeviceProof {
    DeviceId device;
    EventId bound_by;  // the binding whose key verified the signature
    Bytes signature;
    Digest text_digest;
    Instant made_at;  // of the challenge in it
};

/// By the member of staff who is the command's actor, under a case that is open in control.
struct StaffOrder {
    control::CaseId case_id;
    Sensitive<std::string> note;
};

/// An automatic response, which names its alert (design 10).
struct AlertOrder {
    AlertId alert;
};

/// The citizen in person, at a kiosk or before an operator.
struct AtTerminal {
    PresentedCard card;
    std::variant<KioskIdentity, StaffedIdentity> identity;
};

/// Whether an authority holds for this account now; device proofs are judged by check_proof.
Result<void> check(const State& state, const DeviceProof& proof, const Context& context);
Result<void> check(const State& state, const StaffOrder& order, const Context& context);
Result<void> check(const State& state, const AlertOrder& order, const Context& context);
Result<void> check(const State& state, const AtTerminal& visit, const Context& context);

template <class... Authorities>
Result<void> check(const State& state, const std::variant<Authorities...>& by,
                   const Context& context) {
    return std::visit([&](const auto& one) { return check(state, one, context); }, by);
}

/// authority.other_card unless the holder of the card shown, in the context, has this account.
Result<void> check_card(const State& state, const Context& context);

IdentityEvidence evidence_of(const AtTerminal& visit);

}  // namespace chopmark::citizen
