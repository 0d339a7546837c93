#include "gateways/app/phone_evidence.h"

#include "aggregates/citizen/state.h"
#include "events/schema/event.h"

namespace chopmark::app {
namespace {

/// The card as the account's last registration or upgrade recorded it.
Result<citizen::CardFace> card_in(const schema::Event& event) {
    const schema::CardFacts* card = nullptr;
    if (const auto* made = std::get_if<schema::AccountRegistered>(&event)) {
        card = &made->personal().card();
    } else if (const auto* raised = std::get_if<schema::AccountUpgraded>(&event)) {
        card = &raised->personal().card();
    }
    if (card == nullptr) {
        return evidence_stale;
    }
    return citizen::parse_card({card->document_type(), card->issuer(), card->number(),
                                card->english_name(), card->chinese_name(), card->sex(),
                                card->birth_date(), card->issue_date()});
}

Result<citizen::FaceCheck> compare(const AppContext& context, const SignedCall& call,
                                   const citizen::CardFace& card, const Sensitive<Bytes>& picture) {
    CHOPMARK_ASSIGN(const auto selfie,
                    outside::image_of(call.body, "selfie", limits::selfie_bytes));
    auto check = context.ports.identity.compare(call.head.id, card, selfie, picture);
    CHOPMARK_TRY(outside::check_reached(check));
    return check;
}

Result<citizen::RegisterCheck> ask_register(const AppContext& context, const SignedCall& call,
                                            const citizen::CardFace& card) {
    auto check = context.ports.identity.ask_register(call.head.id, card);
    CHOPMARK_TRY(outside::check_reached(check));
    return check;
}

}  // namespace

Result<citizen::PhotoIdentity> photo_identity(const AppContext& context, const SignedCall& call,
                                              const citizen::CardFace& card) {
    CHOPMARK_ASSIGN(const auto picture,
                    outside::image_of(call.body, "picture", limits::picture_bytes));
    citizen::PhotoIdentity out;
    CHOPMARK_ASSIGN(out.registered, ask_register(context, call, card));
    CHOPMARK_ASSIGN(out.face, compare(context, call, card, picture));
    return out;
}

Result<citizen::ChipIdentity> chip_identity(const AppContext& context, const SignedCall& call,
                                            const citizen::CardFace& card) {
    citizen::ChipIdentity out;
    CHOPMARK_ASSIGN(out.phone, outside::phone_of(call.body));
    CHOPMARK_ASSIGN(const auto reading, outside::chip_of(call.body));
    out.chip = context.ports.identity.check_chip(call.signed_by.challenge, card, reading);
    CHOPMARK_ASSIGN(out.registered, ask_register(context, call, card));
    CHOPMARK_ASSIGN(out.face, compare(context, call, card, outside::picture_reference(card)));
    return out;
}

Result<citizen::StepUpChecks> step_up_checks(const AppContext& context, const SignedCall& call) {
    citizen::StepUpChecks out;
    const bool face = service::has(call.body, "selfie");
    const bool chip = service::has(call.body, "chip");
    if (!face && !chip) {
        return out;
    }
    out.card_source = call.state->account.card_source;
    CHOPMARK_ASSIGN(const auto source, context.ports.finder.open_recorded(out.card_source));
    CHOPMARK_ASSIGN(const auto card, card_in(*source));
    if (chip) {
        CHOPMARK_ASSIGN(const auto reading, outside::chip_of(call.body));
        out.chip = context.ports.identity.check_chip(call.signed_by.challenge, card, reading);
    }
    if (face) {
        CHOPMARK_ASSIGN(out.face, compare(context, call, card, outside::picture_reference(card)));
    }
    return out;
}

}  // namespace chopmark::app
