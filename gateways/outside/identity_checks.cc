#include "gateways/outside/identity_checks.h"

#include "events/crypto/digest.h"

namespace chopmark::outside {
namespace {

using service::Json;

keys::Card key_card(std::string type, std::string issuer, std::string number) {
    return {std::move(type), std::move(issuer), std::move(number)};
}

Sensitive<keys::Card> key_card(const citizen::CardFace& card) {
    return Sensitive(key_card(std::string(citizen::document_type),
                              std::string(citizen::document_issuer), card.number.text()));
}

RequestId request_of(const CommandId& command, std::string_view party) {
    const Digest digest = crypto::sha256({"chopmark/outside/1", party, command.bytes()});
    return RequestId(to_array<RequestId::size>(digest.bytes().substr(0, RequestId::size)));
}

citizen::RegisterCheck::Verdict verdict_of(ports::RegisterAnswer::Verdict verdict) {
    using Said = ports::RegisterAnswer::Verdict;
    using Verdict = citizen::RegisterCheck::Verdict;
    switch (verdict) {
        case Said::matched:
            return Verdict::matched;
        case Said::card_invalid:
            return Verdict::card_invalid;
        case Said::not_matched:
            break;
    }
    return Verdict::not_matched;
}

}  // namespace

Result<citizen::CardFace> card_of(const Json& body) {
    CHOPMARK_ASSIGN(const Json card, service::object_of(body, "card"));
    ports::CardQuery text;
    text.document_type = citizen::document_type;
    text.issuer = citizen::document_issuer;
    CHOPMARK_ASSIGN(text.number, service::text_of(card, "number"));
    CHOPMARK_ASSIGN(text.english_name, service::text_of(card, "english_name"));
    CHOPMARK_ASSIGN(text.chinese_name, service::text_or_empty(card, "chinese_name"));
    CHOPMARK_ASSIGN(text.sex, service::text_of(card, "sex"));
    CHOPMARK_ASSIGN(text.birth_date, service::text_of(card, "birth_date"));
    CHOPMARK_ASSIGN(text.issue_date, service::text_of(card, "issue_date"));
    return citizen::parse_card(text);
}

Result<ChipReading> chip_of(const Json& body) {
    CHOPMARK_ASSIGN(const Json chip, service::object_of(body, "chip"));
    ChipReading out;
    CHOPMARK_ASSIGN(out.issuer_signature, service::bytes_of(chip, "issuer_signature"));
    CHOPMARK_ASSIGN(out.chip_key, service::bytes_of(chip, "chip_key"));
    CHOPMARK_ASSIGN(out.answer, service::bytes_of(chip, "answer"));
    return out;
}

Result<Sensitive<Bytes>> image_of(const Json& body, const char* name, std::size_t limit_bytes) {
    CHOPMARK_ASSIGN(Bytes bytes, service::bytes_of(body, name));
    if (bytes.size() > limit_bytes) {
        return Error(image_malformed, name);
    }
    return Sensitive(std::move(bytes));
}

Result<citizen::PhoneSystem> phone_of(const Json& body) {
    CHOPMARK_ASSIGN(const Json phone, service::object_of(body, "phone"));
    CHOPMARK_ASSIGN(const std::string maker, service::text_of(phone, "maker"));
    CHOPMARK_ASSIGN(const std::int64_t major, service::number_of(phone, "major"));
    if ((maker != "ios" && maker != "android") || major < 0 || major > UINT16_MAX) {
        return Error(service::json_member, "phone");
    }
    using Maker = citizen::PhoneSystem::Maker;
    return citizen::PhoneSystem{maker == "ios" ? Maker::apple : Maker::android,
                                static_cast<std::uint32_t>(major)};
}

Sensitive<Bytes> picture_reference(const citizen::CardFace& card) {
    return Sensitive("chopmark-reference/1 " + std::string(citizen::document_type) + " " +
                     std::string(citizen::document_issuer) + " " + card.number.text());
}

Slot slot_of_card(const keys::KeyMaterial& material, const citizen::CardFace& card) {
    return keys::slot_of_card(material.root(keys::Root::slot), key_card(card));
}

citizen::CardToken card_token(const keys::KeyMaterial& material, const schema::CardFacts& card) {
    const Digest index =
        keys::card_index(material.root(keys::Root::card),
                         Sensitive(key_card(card.document_type(), card.issuer(), card.number())));
    return citizen::CardToken(index.array());
}

schema::KeyedToken to_schema(const keys::TokenPair& tokens) {
    schema::KeyedToken out;
    out.set_current(tokens.current.to_bytes());
    if (tokens.other) {
        out.set_next(tokens.other->to_bytes());
    }
    return out;
}

Result<citizen::PresentedCard> IdentityChecks::present(const citizen::CardFace& card) const {
    const auto material = ports_.ring.material();
    CHOPMARK_ASSIGN(const auto attempt,
                    keys::attempt_tokens(*material, ports_.clock.now(), key_card(card)));
    return citizen::PresentedCard{Sensitive(card), card_token(*material, citizen::facts_of(card)),
                                  to_schema(attempt)};
}

Slot IdentityChecks::slot_of(const citizen::CardFace& card) const {
    return slot_of_card(*ports_.ring.material(), card);
}

citizen::RegisterCheck IdentityChecks::ask_register(const CommandId& command,
                                                    const citizen::CardFace& card) const {
    citizen::RegisterCheck out;
    out.card = citizen::digest_of(card);
    const auto answer = ports_.immigration.match(request_of(command, "register"),
                                                 Sensitive(citizen::query_of(card)));
    out.checked_at = ports_.clock.now();
    if (answer) {
        out.verdict = verdict_of(answer->verdict);
        out.code = answer->code;
        out.reference = answer->reference;
    }
    return out;
}

citizen::FaceCheck IdentityChecks::compare(const CommandId& command, const citizen::CardFace& card,
                                           const Sensitive<Bytes>& selfie,
                                           const Sensitive<Bytes>& picture) const {
    citizen::FaceCheck out;
    out.card = citizen::digest_of(card);
    const auto answer = ports_.matcher.compare(request_of(command, "matcher"), selfie, picture);
    out.checked_at = ports_.clock.now();
    if (answer) {
        out.reached = true;
        out.match_permille = answer->match_permille;
        out.liveness_permille = answer->liveness_permille;
        out.reference = answer->reference;
    }
    return out;
}

citizen::ChipCheck IdentityChecks::check_chip(const service::CheckedChallenge& challenge,
                                              const citizen::CardFace& card,
                                              const ChipReading& reading) const {
    const auto verdict = ports_.chips.check(card, reading, challenge.bytes);
    citizen::ChipCheck out;
    out.issuer_signature_good = verdict.issuer_signature_good;
    out.answered = verdict.answered;
    out.answered_for = challenge.command;
    out.reader_result = verdict.answered ? "reader.read" : "reader.no_answer";
    out.card = citizen::digest_of(card);
    out.checked_at = ports_.clock.now();
    return out;
}

Result<void> check_reached(const citizen::RegisterCheck& check) {
    return check.verdict == citizen::RegisterCheck::Verdict::unreachable
               ? Result<void>(citizen::register_unreachable)
               : Result<void>();
}

Result<void> check_reached(const citizen::FaceCheck& check) {
    return check.reached ? Result<void>() : Result<void>(citizen::matcher_unreachable);
}

}  // namespace chopmark::outside
