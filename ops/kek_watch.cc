#include "ops/kek_watch.h"

#include "events/schema/event.h"
#include "projections/relying_party_view/relying_party_view.h"

namespace chopmark::ops {
namespace {

/// Of one service; a key that is older is looked for no further.
constexpr std::size_t pages_at_most = 20;

/// The certificate that a step brought, in DER; empty: none.
Bytes certificate_in(const schema::Event& step) {
    return std::visit(
        [](const auto& event) {
            if constexpr (requires { event.link().certificate().der(); }) {
                return Bytes(event.link().certificate().der());
            }
            return Bytes();
        },
        step);
}

template <class... E>
bool is_one_of(std::uint32_t type) {
    return ((schema::info<E>().type.value() == type) || ...);
}

bool may_bring_a_key(std::uint32_t type) {
    return is_one_of<schema::RelyingPartyApplied, schema::RelyingPartyTrialOpened,
                     schema::RelyingPartyApproved, schema::RelyingPartyKeyChanged>(type);
}

/// Applications wait for no key of theirs to be used, and what ended uses none.
bool may_use_its_key(const control::RelyingParty& party) {
    return party.standing == control::ServiceStanding::active ||
           party.standing == control::ServiceStanding::trial ||
           party.standing == control::ServiceStanding::suspended;
}

}  // namespace

void KekWatch::tick() {
    const auto rows = around_.queries.any(relying_party_view::RelyingPartyView::view_name);
    if (!rows) {
        return;
    }
    const std::lock_guard lock(mutex_);
    const control::SnapshotPtr control = around_.control.latest();
    std::uint64_t revoked = 0;
    std::uint64_t unread = 0;
    for (const auto& [client, party] : *control->state->relying_parties) {
        if (!may_use_its_key(party) || party.kek_not_after == Instant()) {
            seen_.erase(client);
            continue;
        }
        revoked += is_revoked(party, *rows) ? 1 : 0;
        unread += seen_.at(client).certificate ? 0 : 1;
    }
    revoked_.store(revoked);
    unread_.store(unread);
}

bool KekWatch::is_revoked(const control::RelyingParty& party, const fold::Reading& rows) {
    Seen& seen = seen_[party.id];
    if (seen.kek != party.kek) {
        seen = {party.kek, std::nullopt, false};
    }
    if (!seen.certificate) {
        seen.certificate = certificate_of(party, rows);
    }
    const bool revoked = seen.certificate && around_.authorities.has_revoked(*seen.certificate);
    if (revoked && !std::exchange(seen.told, true)) {
        around_.log.warn("relying_party.kek_revoked", {{"client", party.id.hex()}});
    }
    return revoked;
}

/// By the newest step that brought this very key; the view may have to catch up.
std::optional<crypto::Certificate> KekWatch::certificate_of(const control::RelyingParty& party,
                                                            const fold::Reading& rows) const {
    projections::PageRequest request;
    for (std::size_t pages = 0; pages < pages_at_most; ++pages) {
        const auto page = relying_party_view::read_steps(rows, party.id, request);
        if (!page) {
            return std::nullopt;
        }
        for (const auto& step : page->items) {
            const auto event = may_bring_a_key(step.type) ? around_.events.open(step.event)
                                                          : Error(runtime::event_unknown);
            if (!event) {
                continue;
            }
            auto certificate = crypto::Certificate::parse(certificate_in(**event));
            if (certificate && certificate->spki() == party.kek) {
                return *std::move(certificate);
            }
        }
        if (page->next.empty()) {
            return std::nullopt;
        }
        request.cursor = page->next;
    }
    return std::nullopt;
}

KekWatch::Probe KekWatch::probe() const {
    return {revoked_.load(), unread_.load(), around_.authorities.lists_end()};
}

}  // namespace chopmark::ops
