// Writes into an event on whose word it came to be: the device and its signature, the case and the
// note, the alert, or the terminal with the checks made there. Each goes into the fields that the
// event has for it; an authority that an event has no field for does not compile.
#pragma once

#include <concepts>

#include "aggregates/citizen/authority.h"

namespace chopmark::citizen {

template <class E>
void put_place(E& event, const IdentityEvidence& evidence, const Context& context) {
    if (auto place = place_of(evidence, context.control)) {
        *event.mutable_link()->mutable_place() = *std::move(place);
    }
}

template <class E>
void testify(E& event, const DeviceProof& proof, const Context&) {
    event.mutable_link()->set_device_id(proof.device.to_bytes());
    event.mutable_personal()->set_device_signature(proof.signature);
    if constexpr (requires { event.mutable_personal()->set_text_digest(Bytes()); }) {
        event.mutable_personal()->set_text_digest(proof.text_digest.to_bytes());
    }
}

template <class E>
void testify(E& event, const StaffOrder& order, const Context&) {
    event.mutable_link()->set_case_id(order.case_id.to_bytes());
    event.mutable_personal()->set_note(order.note.reveal());
}

template <class E>
void testify(E& event, const AlertOrder& order, const Context&) {
    event.mutable_link()->set_alert_id(order.alert.to_bytes());
}

template <class E>
void testify(E& event, const AtTerminal& visit, const Context& context) {
    const IdentityEvidence evidence = evidence_of(visit);
    put_place(event, evidence, context);
    // The place says where; what was checked there is kept where the event's meaning rests on it.
    if constexpr (requires { event.mutable_personal()->mutable_checks(); }) {
        *event.mutable_personal()->mutable_checks() = checks_of(evidence);
    }
}

template <class E, class... Authorities>
void testify(E& event, const std::variant<Authorities...>& by, const Context& context) {
    std::visit([&](const auto& one) { testify(event, one, context); }, by);
}

/// The card shown, where the authority is a visit.
template <class... Authorities>
std::optional<CardToken> visitor(const std::variant<Authorities...>& by) {
    if constexpr ((std::same_as<Authorities, AtTerminal> || ...)) {
        if (const auto* visit = std::get_if<AtTerminal>(&by)) {
            return visit->card.token;
        }
    }
    return std::nullopt;
}

}  // namespace chopmark::citizen
