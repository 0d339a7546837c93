// One page as the login desk keeps it: what was drawn, who has scanned it, what became of it, and
// when something about it changes by itself. The desk alone holds these and guards them; functions
// here only read. Not thread-safe.
#pragma once

#include "events/core/limits.h"
#include "gateways/service/desk_shares.h"
#include "gateways/service/login_claim.h"
#include "gateways/service/login_desk.h"

namespace chopmark::service {

/// What is known of the record that a claimed login ends with.
enum class Ending : std::uint8_t {
    owed,         // to be handed over at try_at
    handed_over,  // on its way to the citizen's executor
    over,         // recorded, or too late for it
};

struct Claimer {
    http::AppCaller phone;
    Instant scanned_at;
    schema::QrPicture picture = schema::QR_PICTURE_UNSPECIFIED;  // that it read, if it read one
    Ending ending = Ending::owed;
    Instant try_at;
    unsigned tries = 0;
};

struct Entry {
    LoginDraw draw;
    DeskShares::Ticket share = 0;  // until it is claimed
    RequestId login;
    std::string browser_secret;
    std::string number;
    Instant drawn_at;
    Instant until;
    Instant next;  // when take_overdue has to look at it
    std::optional<Claimer> claimer;
    std::optional<LoginSettled> settled;
    Instant told_until;  // once settled
    LoginDesk::Told waiting;

    [[nodiscard]] DeskShares::Holder holder() const {
        return {draw.client, draw.browser.address.reveal()};
    }
    /// The citizen's slot remembers the login's id no longer: nothing can be recorded of it.
    [[nodiscard]] Instant forgotten_at() const { return until + limits::login_id_grace; }
    [[nodiscard]] bool is_over() const { return !claimer || claimer->ending == Ending::over; }
};

/// When the page is told that its time is over.
Instant page_end(const Entry& entry);
/// The next moment at which something about the entry changes by itself.
Instant next_of(const Entry& entry);
citizen::LoginOffer offer_of(const Entry& entry);
/// Of an entry that was claimed.
ClaimRow claim_of(const Entry& entry);
/// What is to be recorded of an entry that was claimed and not decided.
LoginDesk::Overdue overdue_of(const Entry& entry, citizen::LoginOffer offer, Instant now);

}  // namespace chopmark::service
