// What the rows about relying parties share: how a scope list, a KEK and a new secret are read from
// a body, and how an answer shows a secret once. Part of the admin gateway.
#pragma once

#include <functional>
#include <set>

#include "events/schema/event.h"
#include "gateways/admin/admin_routes.h"

namespace chopmark::admin {

inline constexpr auto rp_read_permission = "admin.relying_parties.read";
inline constexpr auto rp_write_permission = "admin.relying_parties.write";

/// Shown as text and used as text: the HMAC key is its UTF-8 bytes (facts/iamsmart-api.md 4).
Sensitive<Bytes> draw_client_secret(Entropy& entropy);
/// The member `scopes`.
Result<std::set<std::string>> scopes_in(const service::Json& body);
/// `certificate` (PEM), or `kek` (SubjectPublicKeyInfo DER of an RSA key), or neither; not both.
Result<CheckedKek> kek_in(const service::Json& body, const Ports& ports);

/// A command about a service that is there: client and note, and what `fill` adds.
template <class Command, class Noun = control::RelyingPartyCommand>
service::StaffCalls::Parse about_service(
    std::function<Result<void>(Command&, const service::Json&)> fill) {
    return [fill = std::move(fill)](const http::Call& call,
                                    const service::Json& body) -> Result<control::Command> {
        Command command;
        CHOPMARK_ASSIGN(command.client, service::path_id<ClientId>(call, "client"));
        if constexpr (requires { command.note; }) {
            CHOPMARK_ASSIGN(command.note, service::note_of(body));
        }
        CHOPMARK_TRY(fill(command, body));
        return control::Command(Noun(std::move(command)));
    };
}

/// The secret is in the event as it was decided; one read back from the log has its box sealed.
template <class Event>
void show_secret(const runtime::Receipt& receipt, service::Json& answer) {
    const auto* event = std::get_if<Event>(receipt.event.get());
    const bool there = event != nullptr && event->has_personal() && !receipt.replayed;
    answer["client_secret"] =
        there ? service::Json(event->personal().client_secret()) : service::Json();
}

}  // namespace chopmark::admin
