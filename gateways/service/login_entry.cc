#include "gateways/service/login_entry.h"

#include <algorithm>

#include "events/core/limits.h"
#include "events/crypto/digest.h"

namespace chopmark::service {
namespace {

/// How long the page of a claimed login waits for what the citizen's executor makes of its end.
constexpr Duration overdue_grace = std::chrono::seconds(30);

}  // namespace

Instant page_end(const Entry& entry) {
    return entry.claimer ? entry.until + overdue_grace : entry.until;
}

Instant next_of(const Entry& entry) {
    Instant next = page_end(entry);
    if (entry.settled) {
        next =
            entry.is_over() ? entry.told_until : std::max(entry.told_until, entry.forgotten_at());
    }
    return entry.claimer && entry.claimer->ending == Ending::owed
               ? std::min(next, entry.claimer->try_at)
               : next;
}

LoginDesk::Overdue overdue_of(const Entry& entry, citizen::LoginOffer offer, Instant now) {
    LoginDesk::Overdue late;
    late.account = entry.claimer->phone.account;
    late.command.offer = std::move(offer);
    late.command.ends.browser = entry.draw.browser.endpoint;
    late.command.ends.browser_address = entry.draw.browser.address;
    late.command.ends.browser_agent = entry.draw.browser.agent;
    late.command.ends.qr_age = entry.claimer->scanned_at - entry.drawn_at;
    late.command.ends.scan_delay = now - entry.claimer->scanned_at;
    late.command.ends.picture = entry.claimer->picture;
    return late;
}

citizen::LoginOffer offer_of(const Entry& entry) {
    citizen::LoginOffer offer;
    offer.login = entry.login;
    offer.client = entry.draw.client;
    offer.flow = entry.draw.flow;
    offer.scopes = entry.draw.scopes;
    offer.drawn_at = entry.drawn_at;
    if (entry.claimer) {
        offer.claimed_by = entry.claimer->phone.device;
    }
    offer.state_digest = crypto::sha256(entry.draw.state);
    offer.redirect_uri_digest = crypto::sha256(entry.draw.redirect_uri);
    return offer;
}

ClaimRow claim_of(const Entry& entry) {
    ClaimRow row;
    row.offer = offer_of(entry);
    row.account = entry.claimer->phone.account;
    row.scanned_at = entry.claimer->scanned_at;
    row.browser = entry.draw.browser.endpoint.SerializeAsString();
    row.browser_address = entry.draw.browser.address.reveal();
    row.browser_agent = entry.draw.browser.agent.reveal();
    row.number = entry.number;
    row.picture = entry.claimer->picture;
    if (entry.draw.to_app) {
        row.back = AppReturn{entry.draw.redirect_uri, entry.draw.state, entry.draw.corp_code};
    }
    return row;
}

}  // namespace chopmark::service
