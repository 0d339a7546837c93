#include "gateways/rp/callbacks.h"

#include <fmt/format.h>

#include <algorithm>

#include "aggregates/control/relying_party.h"
#include "aggregates/control/snapshot.h"
#include "aggregates/runtime/command_service.h"
#include "aggregates/runtime/event_finder.h"
#include "events/crypto/digest.h"
#include "events/schema/event.h"
#include "gateways/rp/content_keys.h"
#include "gateways/rp/envelope.h"
#include "gateways/rp/request_result.h"
#include "gateways/service/queries.h"

namespace chopmark::rp {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view multipart = "multipart/form-data";

}  // namespace

struct RpCallbacks::Inside {
    Inside(const Ports& with, const Options& how)
        : ports(with), options(how), keys(with.secrets, with.entropy) {}

    const Ports ports;
    const Options options;
    const ContentKeys keys;

    void ask_for_key(const ClientId& client) const;
    Result<Json> envelope(const control::RelyingParty& party, const AccountId& account,
                          const citizen::Request& request, int code, const Json& content) const;
};

void RpCallbacks::Inside::ask_for_key(const ClientId& client) const {
    CommandHead head;
    head.id = ports.entropy.draw<CommandId>();
    head.digest = crypto::sha256({"chopmark/rp/cek/1", client.bytes()});
    head.issued_at = ports.clock.now();
    head.caller = {schema::Party::TIMER, {}};
    head.actor = head.caller;
    head.channel = schema::PLATFORM_TIMER;
    ports.commands.submit(
        control::Command(control::RelyingPartyCommand(control::IssueContentKey{client})), head,
        [](const Result<runtime::Receipt>&) {});
}

Result<Json> RpCallbacks::Inside::envelope(const control::RelyingParty& party,
                                           const AccountId& account,
                                           const citizen::Request& request, int code,
                                           const Json& content) const {
    const Instant now = ports.clock.now();
    const auto key = keys.standing(party, now);
    if (!key) {
        ask_for_key(party.id);
        return content_key_awaited;
    }
    CHOPMARK_ASSIGN(const runtime::FoundEvent asked, ports.events.find(request.asked));
    const ReturnCode told = return_code(code);
    // Some clients find their request by the ticket in it (2.2.7).
    const std::string ticket = ports.secrets.bearer.mint(keys::BearerKind::ticket, slot_of(account),
                                                         asked.id, asked.recorded_at);
    Json body = rp::envelope("<T=" + ticket + ">", family_of(&party), told,
                             keys.seal(*key, content.dump()));
    CHOPMARK_ASSIGN(body["secretKey"], keys.wrap(party, *key));
    return body;
}

/// RFC 7578. The boundary is drawn, so that nothing in the parts can be it.
Callback as_multipart(std::string url, const Json& envelope, Entropy& entropy) {
    const std::string boundary = "chopmark-" + entropy.draw<EventId>().hex();
    std::string body;
    for (const auto& [name, value] : envelope.items()) {
        body += fmt::format(
            "--{}\r\nContent-Disposition: form-data; name=\"{}\"\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n",
            boundary, name, value.get_ref<const std::string&>());
    }
    body += fmt::format("--{}--\r\n", boundary);
    return {std::move(url), "multipart/form-data; boundary=" + boundary, std::move(body)};
}

RpCallbacks::RpCallbacks(const Ports& ports, const Options& options)
    : inside_(std::make_unique<Inside>(ports, options)) {}

RpCallbacks::~RpCallbacks() = default;

Result<Callback> RpCallbacks::render(const AccountId& account, const citizen::State& state,
                                     const RequestId& request) const {
    const auto at = state.requests.requests.find(request);
    if (at == state.requests.requests.end()) {
        return citizen::request_unknown;
    }
    if (at->second.open() || at->second.anonymous) {
        return citizen::request_not_answered;
    }
    const control::SnapshotPtr latest = inside_->ports.control.latest();
    const auto* party = control::find_relying_party(*latest->state, at->second.client);
    if (party == nullptr || !control::may_call(*latest->state, *party)) {
        return control::rp_not_active;
    }
    CHOPMARK_ASSIGN(const AskedDelivery asked, read_delivery(inside_->ports.events, at->second));
    const auto& registered = party->callback_uris;
    if (std::find(registered.begin(), registered.end(), asked.redirect_uri) == registered.end()) {
        return url_not_registered;
    }
    CHOPMARK_ASSIGN(const Json content,
                    result_content(inside_->ports, *party, account, state.certificate.source,
                                   at->second, asked));
    CHOPMARK_ASSIGN(const Json envelope,
                    inside_->envelope(*party, account, at->second,
                                      code_of(at->second, asked.first_code), content));
    if (asked.content_type == multipart) {
        return as_multipart(asked.redirect_uri, envelope, inside_->ports.entropy);
    }
    return Callback{asked.redirect_uri, "application/json", envelope.dump()};
}

}  // namespace chopmark::rp
