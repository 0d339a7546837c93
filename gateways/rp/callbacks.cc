#include "gateways/rp/callbacks.h"

#include <fmt/format.h>

#include <algorithm>

#include "aggregates/control/relying_party.h"
#include "aggregates/control/snapshot.h"
#include "aggregates/runtime/command_service.h"
#include "aggregates/runtime/event_finder.h"
#include "events/crypto/digest.h"
#include "events/schema/event.h"
#include "gateways/rp/bulk_result.h"
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
    Result<ContentKey> standing_key(const control::RelyingParty& party) const;
    Result<Json> envelope(const control::RelyingParty& party, const ContentKey& key,
                          const AccountId& account, const citizen::Request& request, int code,
                          const Json& content) const;
    Result<Callback> render_bulk(const control::RelyingParty& party, const AccountId& account,
                                 const citizen::State& state, const citizen::Request& request,
                                 const AskedDelivery& asked, std::uint32_t sequence) const;
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

Result<ContentKey> RpCallbacks::Inside::standing_key(const control::RelyingParty& party) const {
    auto key = keys.standing(party, ports.clock.now());
    if (!key) {
        ask_for_key(party.id);
        return content_key_awaited;
    }
    return *std::move(key);
}

Result<Json> RpCallbacks::Inside::envelope(const control::RelyingParty& party,
                                           const ContentKey& key, const AccountId& account,
                                           const citizen::Request& request, int code,
                                           const Json& content) const {
    CHOPMARK_ASSIGN(const runtime::FoundEvent asked, ports.events.find(request.asked));
    const ReturnCode told = return_code(code);
    // Some clients find their request by the ticket in it (2.2.7).
    const std::string ticket = ports.secrets.bearer.mint(keys::BearerKind::ticket, slot_of(account),
                                                         asked.id, asked.recorded_at);
    Json body =
        rp::envelope("<T=" + ticket + ">", family_of(&party), told, keys.seal(key, content.dump()));
    CHOPMARK_ASSIGN(body["secretKey"], keys.wrap(party, key));
    return body;
}

/// One part of a form (RFC 7578).
struct FormPart {
    std::string name;
    std::string type;
    std::string body;
    std::string file;  // empty: it is none
};

/// The boundary is drawn, so that nothing in the parts can be it.
Callback as_multipart(std::string url, const std::vector<FormPart>& parts, Entropy& entropy) {
    const std::string boundary = "chopmark-" + entropy.draw<EventId>().hex();
    std::string body;
    for (const FormPart& part : parts) {
        const std::string file =
            part.file.empty() ? "" : fmt::format("; filename=\"{}\"", part.file);
        body += fmt::format(
            "--{}\r\nContent-Disposition: form-data; name=\"{}\"{}\r\n"
            "Content-Type: {}\r\n\r\n{}\r\n",
            boundary, part.name, file, part.type, part.body);
    }
    body += fmt::format("--{}--\r\n", boundary);
    return {std::move(url), "multipart/form-data; boundary=" + boundary, std::move(body)};
}

std::vector<FormPart> members_of(const Json& envelope) {
    std::vector<FormPart> parts;
    for (const auto& [name, value] : envelope.items()) {
        parts.push_back(
            {name, "text/plain; charset=utf-8", value.get_ref<const std::string&>(), {}});
    }
    return parts;
}

Result<Callback> RpCallbacks::Inside::render_bulk(
    const control::RelyingParty& party, const AccountId& account, const citizen::State& state,
    const citizen::Request& request, const AskedDelivery& asked, std::uint32_t sequence) const {
    CHOPMARK_ASSIGN(const BulkResult result,
                    bulk_result(ports, state.certificate.source, request, asked, sequence));
    CHOPMARK_ASSIGN(const ContentKey key, standing_key(party));
    CHOPMARK_ASSIGN(const Json metadata,
                    envelope(party, key, account, request, 0, result.metadata));
    Callback callback = as_multipart(
        asked.redirect_uri,
        {{"metadata", "application/json", metadata.dump(), {}},
         {"signatureFile", "text/plain; charset=utf-8", keys.seal(key, result.signatures.dump()),
          fmt::format("signatures-{}.json", sequence)}},
        ports.entropy);
    callback.total = result.callbacks;
    return callback;
}

RpCallbacks::RpCallbacks(const Ports& ports, const Options& options)
    : inside_(std::make_unique<Inside>(ports, options)) {}

RpCallbacks::~RpCallbacks() = default;

Result<Callback> RpCallbacks::render(const AccountId& account, const citizen::State& state,
                                     const RequestId& request, std::uint32_t sequence) const {
    const auto at = state.requests.requests.find(request);
    if (at == state.requests.requests.end()) {
        return citizen::request_unknown;
    }
    if (at->second.open() || at->second.being_signed() || !at->second.called_back()) {
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
    if (at->second.subject == citizen::RequestSubject::bulk &&
        at->second.answer == citizen::Answer::granted) {
        return inside_->render_bulk(*party, account, state, at->second, asked, sequence);
    }
    if (sequence != 1) {
        return no_such_callback;
    }
    CHOPMARK_ASSIGN(const Json content,
                    result_content(inside_->ports, *party, account, state.certificate.source,
                                   at->second, asked));
    CHOPMARK_ASSIGN(const ContentKey key, inside_->standing_key(*party));
    CHOPMARK_ASSIGN(const Json envelope,
                    inside_->envelope(*party, key, account, at->second,
                                      code_of(at->second, asked.first_code), content));
    if (asked.content_type == multipart) {
        return as_multipart(asked.redirect_uri, members_of(envelope), inside_->ports.entropy);
    }
    return Callback{asked.redirect_uri, "application/json", envelope.dump(), 1};
}

}  // namespace chopmark::rp
