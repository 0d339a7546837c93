#include "aggregates/citizen/identity.h"

#include <algorithm>
#include <array>

#include "aggregates/citizen/device.h"
#include "aggregates/control/operator.h"
#include "aggregates/control/policy.h"
#include "aggregates/control/terminal.h"

namespace chopmark::citizen {
namespace {

struct RecordedReason {
    Reason reason;
    schema::Outcome outcome;
};

constexpr std::array recorded_reasons{
    RecordedReason{operator_not_permitted, schema::REFUSED},
    RecordedReason{chip_not_genuine, schema::REFUSED},
    RecordedReason{liveness_failed, schema::FAILED},
    RecordedReason{face_not_matched, schema::FAILED},
    RecordedReason{operator_saw_another, schema::REFUSED},
    RecordedReason{register_not_matched, schema::FAILED},
    RecordedReason{card_not_valid, schema::FAILED},
    RecordedReason{other_card, schema::REFUSED},
    RecordedReason{device_password_wrong, schema::REFUSED},
};

bool serves(const control::Operator& op, const control::Terminal& terminal) {
    if (terminal.kind == schema::TERMINAL_KIND_MOBILE_TEAM) {
        return !op.team.empty() && op.team == terminal.team;
    }
    return op.sites.contains(terminal.site);
}

Result<void> check_terminal(const TerminalProof& proof, bool staffed, const Context& context) {
    const control::Terminal* terminal = control::find_terminal(context.control, proof.terminal);
    if (terminal == nullptr) {
        return terminal_unknown;
    }
    if (terminal->standing != control::Enrolment::active) {
        return terminal_not_active;
    }
    if ((terminal->kind == schema::TERMINAL_KIND_KIOSK) == staffed) {
        return terminal_wrong_kind;
    }
    if (terminal->public_key != proof.public_key) {
        return evidence_stale;
    }
    return check_age(proof.made_at, context);
}

/// Who signed for the face: known and with this key. Whether they may do it here is judged later,
/// as a refusal to be recorded.
Result<void> check_operator(const OperatorProof& proof, const Context& context) {
    const control::Operator* op = control::find_operator(context.control, proof.op);
    if (op == nullptr) {
        return operator_unknown;
    }
    if (op->public_key != proof.public_key) {
        return evidence_stale;
    }
    return check_age(proof.made_at, context);
}

Result<void> check_operator_permitted(const StaffedIdentity& identity, const Context& context) {
    const control::Operator* op = control::find_operator(context.control, identity.op.op);
    const control::Terminal* terminal =
        control::find_terminal(context.control, identity.terminal.terminal);
    if (op->standing != control::Enrolment::active || !serves(*op, *terminal)) {
        return operator_not_permitted;
    }
    return {};
}

Result<void> check_phone(const PhoneSystem& phone) {
    const std::uint32_t least =
        phone.maker == PhoneSystem::Maker::apple ? least_ios_major : least_android_major;
    if (phone.major < least) {
        return phone_system_too_old;
    }
    return {};
}

/// Young enough, about this card, and reached at all.
Result<void> check_current(const RegisterCheck& check, const Digest& card, const Context& context) {
    if (check.card != card) {
        return evidence_stale;
    }
    CHOPMARK_TRY(check_age(check.checked_at, context));
    if (check.verdict == RegisterCheck::Verdict::unreachable) {
        return register_unreachable;
    }
    return {};
}

Result<void> check_current(const FaceCheck& check, const Digest& card, const Context& context) {
    if (check.card != card) {
        return evidence_stale;
    }
    CHOPMARK_TRY(check_age(check.checked_at, context));
    if (!check.reached) {
        return matcher_unreachable;
    }
    return {};
}

Result<void> check_current(const ChipCheck& check, const Digest& card, const Context& context) {
    if (check.card != card || check.answered_for != context.command.id) {
        return evidence_stale;
    }
    return check_age(check.checked_at, context);
}

Result<void> check_verdict(const ChipCheck& check, const Context&) {
    if (!check.issuer_signature_good || !check.answered) {
        return chip_not_genuine;
    }
    return {};
}

Result<void> check_verdict(const FaceCheck& check, const Context& context) {
    const control::Policy& policy = control::policy(context.control);
    if (check.liveness_permille < policy.liveness_score_permille) {
        return liveness_failed;
    }
    if (check.match_permille < policy.face_score_permille) {
        return face_not_matched;
    }
    return {};
}

Result<void> check_verdict(const OperatorProof& proof, const Context&) {
    if (!proof.same_face) {
        return operator_saw_another;
    }
    return {};
}

Result<void> check_verdict(const RegisterCheck& check, const Context&) {
    switch (check.verdict) {
        case RegisterCheck::Verdict::matched:
            return {};
        case RegisterCheck::Verdict::card_invalid:
            return card_not_valid;
        case RegisterCheck::Verdict::not_matched:
        case RegisterCheck::Verdict::unreachable:
            break;
    }
    return register_not_matched;
}

/// One order for all kinds of evidence: may they ask here, is it current, then what it says.
template <class Identity>
Result<void> judge_one(const Identity& identity, const Digest& card, const Context& context) {
    constexpr bool at_terminal = requires { identity.terminal; };
    constexpr bool staffed = requires { identity.op; };
    constexpr bool by_phone = requires { identity.phone; };
    constexpr bool has_chip = requires { identity.chip; };
    constexpr bool has_selfie = requires { identity.face; };
    if constexpr (at_terminal) {
        CHOPMARK_TRY(check_terminal(identity.terminal, staffed, context));
    }
    if constexpr (staffed) {
        CHOPMARK_TRY(check_operator(identity.op, context));
    }
    if constexpr (by_phone) {
        CHOPMARK_TRY(check_phone(identity.phone));
    }
    if constexpr (has_chip) {
        CHOPMARK_TRY(check_current(identity.chip, card, context));
    }
    if constexpr (has_selfie) {
        CHOPMARK_TRY(check_current(identity.face, card, context));
    }
    CHOPMARK_TRY(check_current(identity.registered, card, context));

    if constexpr (staffed) {
        CHOPMARK_TRY(check_operator_permitted(identity, context));
    }
    if constexpr (has_chip) {
        CHOPMARK_TRY(check_verdict(identity.chip, context));
    }
    if constexpr (has_selfie) {
        CHOPMARK_TRY(check_verdict(identity.face, context));
    }
    if constexpr (staffed) {
        CHOPMARK_TRY(check_verdict(identity.op, context));
    }
    return check_verdict(identity.registered, context);
}

void put(schema::IdentityChecks& out, const FaceCheck& check) {
    out.set_face_check(schema::IdentityChecks::FACE_CHECK_MATCHER);
    out.set_face_score_permille(check.match_permille);
    out.set_liveness_score_permille(check.liveness_permille);
    out.set_matcher_reference(check.reference);
}

void put(schema::IdentityChecks& out, const ChipCheck& check) {
    out.set_reader_result(check.reader_result);
    out.set_issuer_signature_good(check.issuer_signature_good);
    out.set_chip_answered(check.answered);
}

void put(schema::IdentityChecks& out, const RegisterCheck& check) {
    out.set_register_answer(check.code);
    out.set_register_reference(check.reference);
}

}  // namespace

Result<void> check_age(Instant checked_at, const Context& context) {
    const Instant now = context.stamp.recorded_at;
    const Duration life = control::policy(context.control).evidence_age;
    if (checked_at + life <= now || checked_at > now + limits::clock_difference) {
        return evidence_stale;
    }
    return {};
}

Result<void> judge(const IdentityEvidence& evidence, const CardFace& card, const Context& context) {
    const Digest digest = digest_of(card);
    return std::visit([&](const auto& one) { return judge_one(one, digest, context); }, evidence);
}

std::optional<schema::Outcome> recorded_outcome(const Reason& reason) {
    for (const RecordedReason& row : recorded_reasons) {
        if (row.reason == reason) {
            return row.outcome;
        }
    }
    return std::nullopt;
}

std::optional<Reason> recorded_reason(std::string_view name) {
    for (const RecordedReason& row : recorded_reasons) {
        if (row.reason.name == name) {
            return row.reason;
        }
    }
    return std::nullopt;
}

const TerminalProof* terminal_of(const IdentityEvidence& evidence) {
    if (const auto* kiosk = std::get_if<KioskIdentity>(&evidence)) {
        return &kiosk->terminal;
    }
    const auto* staffed = std::get_if<StaffedIdentity>(&evidence);
    return staffed != nullptr ? &staffed->terminal : nullptr;
}

schema::Channel channel_of(const IdentityEvidence& evidence, const control::State& control) {
    if (std::holds_alternative<PhotoIdentity>(evidence)) {
        return schema::APP;
    }
    if (std::holds_alternative<ChipIdentity>(evidence)) {
        return schema::NFC;
    }
    const control::Terminal* terminal =
        control::find_terminal(control, terminal_of(evidence)->terminal);
    if (terminal == nullptr || terminal->kind == schema::TERMINAL_KIND_KIOSK) {
        return schema::KIOSK;
    }
    return terminal->kind == schema::TERMINAL_KIND_MOBILE_TEAM ? schema::MOBILE_TEAM
                                                               : schema::COUNTER;
}

schema::Grade grade_of(const IdentityEvidence& evidence) {
    return std::holds_alternative<PhotoIdentity>(evidence) ? schema::DEFAULT : schema::SIGN;
}

schema::IdentityChecks checks_of(const IdentityEvidence& evidence) {
    schema::IdentityChecks out;
    std::visit(
        [&](const auto& one) {
            if constexpr (requires { one.face; }) {
                put(out, one.face);
            }
            if constexpr (requires { one.op; }) {
                out.set_face_check(schema::IdentityChecks::FACE_CHECK_OPERATOR);
            }
            if constexpr (requires { one.chip; }) {
                put(out, one.chip);
            }
            put(out, one.registered);
        },
        evidence);
    return out;
}

std::optional<schema::Counter> place_of(const IdentityEvidence& evidence,
                                        const control::State& control) {
    const TerminalProof* proof = terminal_of(evidence);
    if (proof == nullptr) {
        return std::nullopt;
    }
    schema::Counter out;
    out.set_terminal_id(proof->terminal.to_bytes());
    out.set_shift(proof->shift);
    if (const control::Terminal* terminal = control::find_terminal(control, proof->terminal)) {
        out.set_site(terminal->site);
        out.set_team(terminal->team);
    }
    if (const auto* staffed = std::get_if<StaffedIdentity>(&evidence)) {
        out.set_operator_id(staffed->op.op.to_bytes());
    }
    return out;
}

}  // namespace chopmark::citizen
