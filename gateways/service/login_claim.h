// The claim that a phone gets for a scanned QR and hands in again with its approval: everything
// that the approval needs to know of the page, so that any node may decide it. Sealed and stamped
// by the node that drew the QR, opened by every node of the deployment.
#pragma once

#include "aggregates/citizen/citizen.h"
#include "gateways/service/login_desk.h"
#include "gateways/service/secrets.h"

namespace chopmark::service {

/// What a claim says: row codec (events/fold/row_codec.h), sealed – it holds where the browser
/// stands and the number that a sensitive service wants typed – then Base64 of the stamp.
//
// claim = Base64(stamp(nonce:12 AES-256-GCM(claim key, nonce, row)))
struct ClaimRow {
    citizen::LoginOffer offer;
    AccountId account;
    Instant scanned_at;
    Bytes browser;  // schema::Endpoint
    Bytes browser_address;
    Bytes browser_agent;
    std::string number;
    std::optional<AppReturn> back;
    schema::QrPicture picture = schema::QR_PICTURE_UNSPECIFIED;

    static void fields(auto& archive, ClaimRow& row) {
        auto& offer = row.offer;
        archive(offer.login, offer.client, offer.flow, offer.scopes, offer.drawn_at,
                offer.claimed_by, offer.state_digest, offer.redirect_uri_digest, row.account,
                row.scanned_at, row.browser, row.browser_address, row.browser_agent, row.number,
                row.back, row.picture);
    }
};

/// Nonce and ciphertext.
Bytes seal_claim(const Secrets& secrets, Entropy& entropy, const ClaimRow& row);
/// login.bad_claim for anything that seal_claim() did not make.
Result<ClaimRow> open_claim(const Secrets& secrets, ByteView sealed);

}  // namespace chopmark::service
