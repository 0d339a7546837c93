#include "gateways/rp/key_routes.h"

#include <algorithm>

#include "aggregates/runtime/command_service.h"
#include "events/crypto/digest.h"
#include "events/schema/event.h"

namespace chopmark::rp {
namespace {

void describe(Parts& parts, http::Reply& reply, const control::RelyingParty& party,
              const ContentKey& key) {
    const auto content = parts.keys.describe(party, key);
    reply.finish(content ? Result<httplib::Response>(
                               success(parts.ports.entropy, family_of(&party), *content))
                         : content.error());
}

/// The key of the serial that control has just issued, though its snapshot may not say so yet.
ContentKey issued(Parts& parts, const control::RelyingParty& party,
                  const runtime::Receipt& receipt) {
    const auto& leaf = std::get<schema::CekIssued>(*receipt.event).leaf();
    control::ContentKeySerial serial;
    serial.serial = leaf.serial();
    serial.kek_fingerprint = Digest::from_bytes(leaf.kek_fingerprint()).value_or(Digest());
    serial.issued_at = receipt.recorded_at;
    serial.until = Instant::from_micros(leaf.until_us());
    serial.kek = party.kek;
    return parts.keys.derive(party.id, serial);
}

void answer_issued(Parts& parts, http::Reply& reply, const CheckedCall& checked,
                   const Result<runtime::Receipt>& receipt) {
    // Somebody else's getKey may have been first, and the KEK may have changed meanwhile.
    const control::SnapshotPtr latest = parts.ports.control.latest();
    const auto* now_party = control::find_relying_party(*latest->state, checked.party->id);
    const auto standing = now_party != nullptr
                              ? parts.keys.standing(*now_party, parts.ports.clock.now())
                              : std::nullopt;
    if (standing) {
        describe(parts, reply, *now_party, *standing);
    } else if (receipt) {
        describe(parts, reply, *checked.party, issued(parts, *checked.party, *receipt));
    } else {
        reply.fail(receipt.error() == control::rp_key_not_due ? Error(runtime::executor_busy)
                                                              : receipt.error());
    }
}

/// So that no later call has to wait: the older key stays good meanwhile.
void issue_ahead(Parts& parts, const CheckedCall& checked) {
    CommandHead head = checked.head;
    head.id = CommandId(crypto::sha256({head.id.bytes(), "/next"}).array());
    parts.ports.commands.submit(
        control::Command(control::RelyingPartyCommand(control::IssueContentKey{checked.party->id})),
        head, [](const Result<runtime::Receipt>&) {});
}

void get_key(Parts& parts, const http::CallPtr& call, http::Reply reply) {
    auto checked = parts.checks.check(*call);
    if (!checked) {
        reply.fail(checked.error());
        return;
    }
    const control::RelyingParty& party = *checked->party;
    if (party.kek.empty()) {
        reply.fail(control::rp_no_key);
        return;
    }
    if (const auto key = parts.keys.standing(party, checked->now)) {
        if (control::content_key_due(party, checked->now)) {
            issue_ahead(parts, *checked);
        }
        describe(parts, reply, party, *key);
        return;
    }
    auto shared = std::make_shared<http::Reply>(std::move(reply));
    parts.ports.commands.submit(
        control::Command(control::RelyingPartyCommand(control::IssueContentKey{party.id})),
        checked->head, [&parts, shared, checked = *checked](Result<runtime::Receipt> receipt) {
            answer_issued(parts, *shared, checked, first_time(std::move(receipt)));
        });
}

void revoke_key(Parts& parts, const http::CallPtr& call, http::Reply reply) {
    auto checked = parts.checks.check(*call);
    if (!checked) {
        reply.fail(checked.error());
        return;
    }
    auto shared = std::make_shared<http::Reply>(std::move(reply));
    parts.ports.commands.submit(
        control::Command(
            control::RelyingPartyCommand(control::RevokeContentKey{checked->party->id})),
        checked->head,
        [&parts, shared, family = family_of(checked->party)](Result<runtime::Receipt> receipt) {
            const auto done = first_time(std::move(receipt));
            shared->finish(
                done ? Result<httplib::Response>(success(parts.ports.entropy, family, nullptr))
                     : done.error());
        });
}

}  // namespace

std::vector<http::Route> key_routes(Parts& parts) {
    return {signed_route(parts, Operation::keys, "/api/v1/security/getKey", "rp.get_key",
                         "The content encryption key, wrapped for the relying party's KEK.",
                         [&parts](const http::CallPtr& call, http::Reply reply) {
                             get_key(parts, call, std::move(reply));
                         }),
            signed_route(parts, Operation::keys, "/api/v1/security/revokeKey", "rp.revoke_key",
                         "Ends all content encryption keys that stand.",
                         [&parts](const http::CallPtr& call, http::Reply reply) {
                             revoke_key(parts, call, std::move(reply));
                         })};
}

}  // namespace chopmark::rp
