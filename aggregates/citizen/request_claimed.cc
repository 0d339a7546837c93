#include "aggregates/citizen/request_claimed.h"

#include <algorithm>

#include "aggregates/follow_up.h"
#include "events/crypto/digest.h"

namespace chopmark::citizen {
namespace {

template <class Delivery>
RequestHead head_of(const schema::RequestOpened& opened, const Delivery& delivery) {
    const auto& link = opened.link();
    RequestHead head;
    head.request = RequestId::from_bytes(link.request_id()).value_or(RequestId());
    head.client = ClientId::from_bytes(opened.leaf().client_id()).value_or(ClientId());
    head.business_id =
        BusinessIdToken::from_bytes(link.business_id_token()).value_or(BusinessIdToken());
    head.origin = ByClaim{Instant::from_micros(link.due_us())};
    head.state_digest = crypto::sha256(delivery.state());
    head.redirect_uri_digest = crypto::sha256(delivery.redirect_uri());
    return head;
}

Command ask_consent(const schema::RequestOpened& opened) {
    const auto& personal = opened.personal();
    AskConsent command;
    command.head = head_of(opened, personal.consent());
    command.purpose = schema::PURPOSE_FORM_FILLING;
    command.field_names.assign(personal.field_names().begin(), personal.field_names().end());
    command.text_digest = crypto::sha256(personal.consent().text());
    command.delivery = Sensitive(personal.consent());
    return ConsentCommand(std::move(command));
}

/// The card was compared when the request was claimed.
Command ask_signature(const schema::RequestOpened& opened) {
    const auto& personal = opened.personal();
    AskSignature command;
    command.head = head_of(opened, personal.signature());
    command.kind = opened.leaf().kind() == schema::REQUEST_KIND_PDF_SIGNING
                       ? schema::SIGNATURE_KIND_PDF
                       : schema::SIGNATURE_KIND_HASH;
    command.subject = Sensitive(personal.subject());
    command.delivery = Sensitive(personal.signature());
    return SignatureCommand(std::move(command));
}

Command ask_bulk(const schema::RequestOpened& opened) {
    const auto& personal = opened.personal();
    AskBulk command;
    command.head = head_of(opened, personal.signature());
    command.documents = opened.leaf().documents();
    command.parts = opened.leaf().parts();
    command.subject = Sensitive(personal.subject());
    command.delivery = Sensitive(personal.signature());
    return BulkCommand(std::move(command));
}

}  // namespace

std::optional<Command> ask_claimed(const schema::RequestOpened& opened) {
    const auto& personal = opened.personal();
    switch (opened.leaf().kind()) {
        case schema::REQUEST_KIND_FORM_FILLING:
            return personal.has_consent() ? std::optional(ask_consent(opened)) : std::nullopt;
        case schema::REQUEST_KIND_HASH_SIGNING:
        case schema::REQUEST_KIND_PDF_SIGNING:
            return personal.has_subject() ? std::optional(ask_signature(opened)) : std::nullopt;
        case schema::REQUEST_KIND_BULK_SIGNING:
            return personal.has_subject() ? std::optional(ask_bulk(opened)) : std::nullopt;
        default:
            return std::nullopt;
    }
}

std::optional<Command> list_claimed(const schema::RequestListed& listed) {
    const auto& documents = listed.personal().documents();
    if (documents.empty()) {
        return std::nullopt;
    }
    ListBulk command;
    command.request = RequestId::from_bytes(listed.link().request_id()).value_or(RequestId());
    command.client = ClientId::from_bytes(listed.leaf().client_id()).value_or(ClientId());
    command.part = listed.leaf().part();
    command.documents = Sensitive(std::vector(documents.begin(), documents.end()));
    return BulkCommand(std::move(command));
}

bool has_claimed(const SlotRequests& requests) {
    return std::ranges::any_of(
        requests.requests, [](const auto& entry) { return entry.second.claim == Claim::claimed; });
}

CommandHead head_of_claimed(const EventId& claimed, Instant at) {
    CommandHead head;
    head.id = follow_up_id(claimed, open_claimed);
    head.digest = Digest(head.id.array());
    head.issued_at = at;
    head.caller = head.actor = {schema::Party::TIMER, {}};
    head.channel = schema::PLATFORM_TIMER;
    return head;
}

}  // namespace chopmark::citizen
