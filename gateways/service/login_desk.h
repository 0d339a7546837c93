// Logins before anybody has approved them: the QR codes and same-device tickets that this node has
// drawn, in its memory alone (design 6, A4). A QR is not an event: strangers must not be able to
// fill the log, and two scans of one QR must meet in one place. Bounded, 120 s, dies with the
// process.
//
// Three values, none of which gives another away: the handle is in the QR and may be seen by
// anybody; the browser's secret is the page's alone, and only it ever yields the code; the login id
// names the login in the log. The first scan claims the entry for its account and device and gets a
// claim: the offer under this deployment's MAC, which the approval carries, so that any node can
// judge it. Who drew an entry that was claimed and not decided in time has the citizen's executor
// record that (take_overdue), and tries again while the executor cannot.
//
// With several nodes a QR may be scanned on any of them: scan_anywhere goes to the desk that drew
// it, by the node's number in the handle. How a login ended is told to the desk by who decided it
// here, or read from the log (gateways/node); telling it twice is harmless.
//
// A page may also belong to an anonymous request that a relying party has opened in the log. Its QR
// lives no longer than any other until a phone has scanned it, then until the request is due; what
// the phone decides is then no login, and the desk hears of it by settle_request.
//
// Safe from any thread; callbacks run on the thread that causes them and MUST NOT block.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "aggregates/citizen/login.h"
#include "events/core/clock.h"
#include "events/core/entropy.h"
#include "gateways/http/principal.h"
#include "gateways/service/redrawn_code.h"
#include "gateways/service/secrets.h"

namespace chopmark::service {

inline constexpr Reason desk_full{"login.desk_full", Kind::busy};
inline constexpr Reason client_quota{"login.client_quota", Kind::busy};
/// Garbage, too old, of another process, or already decided.
inline constexpr Reason handle_unknown{"login.handle_unknown", Kind::not_found};
inline constexpr Reason handle_claimed{"login.handle_claimed", Kind::conflict};
inline constexpr Reason bad_claim{"login.bad_claim", Kind::invalid};

/// Where a browser or a phone stands; the address is personal data.
struct Seen {
    Sensitive<std::string> address;
    Sensitive<Bytes> agent;
    schema::Endpoint endpoint;
};

/// What a page stands for that is no login.
struct PageRequest {
    RequestId request;
    EventId opened;  // its RequestOpened
    schema::RequestKind kind = schema::REQUEST_KIND_UNSPECIFIED;
    Instant due;
    std::string business_id;  // of the relying party, for the way back
};

/// Another app on the same phone asked (facts/iamsmart-api.md 5.6): no page waits, and the phone
/// itself takes the code there.
struct AppReturn {
    std::string redirect_uri;  // empty: an activity that only the phone can name
    std::string state;
    std::string corp_code;  // as LoginDraw's

    friend bool operator==(const AppReturn&, const AppReturn&) = default;
    static void fields(auto& archive, AppReturn& row) {
        archive(row.redirect_uri, row.state, row.corp_code);
    }
};

struct LoginDraw {
    ClientId client;
    schema::Flow flow = schema::QR;  // or TICKET
    std::vector<std::string> scopes;
    std::string redirect_uri;
    std::string state;   // may be empty
    std::string source;  // facts/iamsmart-api.md 5.4
    std::string language;
    Seen browser;
    Duration life{};                                        // policy qr_life
    schema::QrPicture qr = schema::QR_PICTURE_UNSPECIFIED;  // of the relying party
    std::string corp_code;  // what the callback calls CorpID's second code; empty: there is none
    std::optional<PageRequest> request;  // nothing: the page is a login's
    bool to_app = false;                 // see AppReturn
};

struct DrawnLogin {
    RequestId login;
    std::string handle;          // 26 characters of Base32, for QR or ticket
    std::string browser_secret;  // 64 hex characters, for the page's cookie
    std::string number;          // two digits that page and phone show
    Instant until;
    std::string page_key;  // 64 hex characters, for the page's script; empty: it must not redraw
};

/// What brings a phone to a page.
struct Scan {
    std::string text;      // the handle, and a redrawn code behind it: redrawn_code.h
    bool by_link = false;  // of a page on the same phone, opened there; else its camera read it
};

/// What a phone shows before its citizen decides, and the claim that goes with the decision.
struct ClaimedLogin {
    citizen::LoginOffer offer;
    std::string claim;  // opaque text; the approval carries it
    Sensitive<std::string> browser_address;
    schema::Endpoint browser;
    std::string number;  // to be compared, or typed when the service is sensitive
    Instant until;
    EventId opened;  // of an anonymous request, which has no claim of this kind; zero for a login
};

/// A claim taken back: what ApproveLogin and RefuseLogin need. `ends.phone` is the decision's.
struct TakenClaim {
    citizen::LoginOffer offer;
    citizen::LoginEnds ends;
    AccountId account;
    Instant scanned_at;
    std::string number;
    std::optional<AppReturn> back;  // nothing: a page waits for the code
};

/// What the page is told.
struct LoginScanned {};
struct LoginSettled {
    std::string code;   // empty unless approved
    std::string error;  // "refused", "expired", of a request also "cancelled",
                        // "card_mismatch", "not_permitted", "failed"; or empty
    std::string redirect_uri;
    std::string state;
    ClientId client;
    std::string corp_code;  // of LoginDraw
    std::optional<PageRequest> request{};
};
using LoginNews = std::variant<LoginScanned, LoginSettled>;

/// The desks of the other nodes; an adapter of the traffic between nodes.
class OtherDesks {
  public:
    virtual ~OtherDesks() = default;
    using Scanned = std::function<void(Result<ClaimedLogin>)>;
    /// `node` is the number in the handle. What that desk's scan says, or login.handle_unknown, or
    /// why it cannot be reached. `scanned` is called once, maybe before the return; MUST NOT block.
    virtual void scan(std::uint16_t node, Scan scan, const http::AppCaller& phone,
                      Scanned scanned) = 0;
};

class LoginDesk {
  public:
    struct Options {
        std::uint16_t node = 1;  // below 1024, in every handle
        /// Drawn and not over; beyond it login.desk_full, unless another gives way (DeskShares).
        std::size_t entries = 200'000;
        std::size_t per_client = 100'000;  // of one client; beyond it login.client_quota, likewise
        OtherDesks* others = nullptr;      // outlives the desk; null: this node is alone
    };

    /// All must outlive the desk.
    LoginDesk(const Options& options, const Secrets& secrets, const Clock& clock, Entropy& entropy);
    ~LoginDesk();

    Result<DrawnLogin> draw(LoginDraw draw);

    /// By a phone whose session was checked. The same phone may scan again; any other is told
    /// login.handle_claimed. The first scan's code is judged (redrawn_code.h), and where a service
    /// wants redrawn pictures alone there must be one. A page for the same phone is a QR login once
    /// a camera has read it.
    Result<ClaimedLogin> scan(const Scan& scan, const http::AppCaller& phone);
    /// As scan, of a handle that any node may have drawn; see OtherDesks::scan.
    void scan_anywhere(const Scan& scan, const http::AppCaller& phone,
                       const OtherDesks::Scanned& scanned);
    /// login.bad_claim, or keys.stamp_expired when its time is long over.
    Result<TakenClaim> take_claim(std::string_view claim, const http::AppCaller& phone) const;

    /// The decision about a login of this desk has been recorded, or never will be. `code` for an
    /// approval; else `error` "refused" or "expired". Unknown logins are passed over.
    void settle(const RequestId& login, std::string code, std::string error);

    /// An anonymous request has been answered by that account, or never will be: told to the pages
    /// that its phone has scanned. Others are passed over.
    void settle_request(const RequestId& request, const AccountId& account, const std::string& code,
                        const std::string& error);

    using Told = std::function<void(const LoginNews&)>;
    /// Calls `told` once, as soon as there is something that the page has not seen: at once if it
    /// was settled, or scanned and `seen_scanned` is false. A later wait replaces an earlier one,
    /// which is told nothing more. login.handle_unknown for a wrong handle or secret, compared in
    /// constant time.
    Result<void> wait(std::string_view handle, std::string_view browser_secret, bool seen_scanned,
                      Told told);
    /// Its page has gone.
    void leave(std::string_view handle);

    struct Overdue {
        AccountId account;
        citizen::ExpireLogin command;
    };
    /// Forgets what is over; the claimed ones among them, which have to be recorded. Call it about
    /// once a second. Whoever takes one answers with settle() or try_again().
    std::vector<Overdue> take_overdue(Instant now);
    /// An overdue login could not be recorded for now: it is handed over again after a pause, until
    /// the citizen's slot has forgotten its id.
    void try_again(const RequestId& login);

    struct Probe {
        std::size_t entries = 0;
        std::size_t requests = 0;  // of them, pages of anonymous requests
        std::size_t waiting = 0;
        std::uint64_t drawn = 0;
        std::uint64_t scanned = 0;
        std::uint64_t claimed_twice = 0;
        std::uint64_t codes_old = 0;  // pictures that had been redrawn since
        std::uint64_t codes_wrong = 0;
        std::uint64_t codes_missing = 0;
        std::uint64_t refused_full = 0;
        std::uint64_t made_room = 0;       // pages taken back for another address's (desk_shares.h)
        std::uint64_t never_recorded = 0;  // overdue, and nobody could record it in time
    };
    [[nodiscard]] Probe probe() const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace chopmark::service
