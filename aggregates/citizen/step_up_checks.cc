#include "aggregates/citizen/step_up_checks.h"

#include <algorithm>

#include "aggregates/citizen/state.h"
#include "aggregates/control/policy.h"

namespace chopmark::citizen {
namespace {

Result<void> check(const FaceCheck& face, const Context& context) {
    CHOPMARK_TRY(check_age(face.checked_at, context));
    if (!face.reached) {
        return matcher_unreachable;
    }
    const control::Policy& policy = control::policy(context.control);
    if (face.liveness_permille < policy.liveness_score_permille) {
        return liveness_failed;
    }
    if (face.match_permille < policy.face_score_permille) {
        return face_not_matched;
    }
    return {};
}

Result<void> check(const ChipCheck& chip, const Context& context) {
    CHOPMARK_TRY(check_age(chip.checked_at, context));
    if (chip.answered_for != context.command.id) {
        return evidence_stale;
    }
    if (!chip.issuer_signature_good || !chip.answered) {
        return chip_not_genuine;
    }
    return {};
}

Result<void> check_card_source(const State& state, const StepUpChecks& checks) {
    if ((checks.face || checks.chip) && checks.card_source != state.account.card_source) {
        return evidence_stale;
    }
    return {};
}

}  // namespace

Result<void> check_step_up(const State& state, const std::vector<schema::StepUpMethod>& methods,
                           const StepUpChecks& checks, const Context& context) {
    CHOPMARK_TRY(check_card_source(state, checks));
    for (const schema::StepUpMethod method : methods) {
        if (method == schema::STEP_UP_METHOD_FACE && checks.face) {
            CHOPMARK_TRY(check(*checks.face, context));
        } else if (method == schema::STEP_UP_METHOD_NFC && checks.chip) {
            CHOPMARK_TRY(check(*checks.chip, context));
        } else {
            return step_up_required;
        }
    }
    return {};
}

Result<StepUpLevel> step_up_level(const State& state, bool number_typed, const StepUpChecks& checks,
                                  const Context& context) {
    CHOPMARK_TRY(check_card_source(state, checks));
    if (checks.chip) {
        CHOPMARK_TRY(check(*checks.chip, context));
    }
    if (checks.face) {
        CHOPMARK_TRY(check(*checks.face, context));
        return checks.chip ? StepUpLevel::face_and_chip : StepUpLevel::face;
    }
    return number_typed ? StepUpLevel::number_typed : StepUpLevel::device;
}

schema::IdentityChecks to_schema(const StepUpChecks& checks) {
    schema::IdentityChecks out;
    if (checks.face) {
        out.set_face_check(schema::IdentityChecks::FACE_CHECK_MATCHER);
        out.set_face_score_permille(checks.face->match_permille);
        out.set_liveness_score_permille(checks.face->liveness_permille);
        out.set_matcher_reference(checks.face->reference);
    }
    if (checks.chip) {
        out.set_reader_result(checks.chip->reader_result);
        out.set_issuer_signature_good(checks.chip->issuer_signature_good);
        out.set_chip_answered(checks.chip->answered);
    }
    return out;
}

}  // namespace chopmark::citizen
