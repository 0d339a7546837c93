// Evidence that a citizen brings with the phone: photograph and selfie, the card's chip, and the
// face or chip with which somebody who is known proves to be the same. Blocks on the outside
// parties: only in a work pool. identity.register_unreachable and identity.matcher_unreachable come
// back as errors, before anything is decided, so that the same call may be sent again.
#pragma once

#include "aggregates/citizen/step_up_checks.h"
#include "gateways/app/signed_call.h"

namespace chopmark::app {

/// Members `selfie` and `picture`.
Result<citizen::PhotoIdentity> photo_identity(const AppContext& context, const SignedCall& call,
                                              const citizen::CardFace& card);
/// Members `phone`, `chip` and `selfie`.
Result<citizen::ChipIdentity> chip_identity(const AppContext& context, const SignedCall& call,
                                            const citizen::CardFace& card);

/// Members `selfie` and `chip`, each if it is there, against the card of the account.
Result<citizen::StepUpChecks> step_up_checks(const AppContext& context, const SignedCall& call);

}  // namespace chopmark::app
