// Logins of one citizen: approved, refused or expired, redeemed once, ended, disputed. Before the
// approval nothing is recorded: the QR or ticket lives in the memory of the node that drew it, and
// its claim comes in with the command, its MAC already verified (design-notes A4). A good login is
// two records, LoginApproved and LoginRedeemed; the code is the bearer value of the first, the
// token of the second. The slot remembers login ids until nobody can bring them again.
//
// An approval that meets a login past its life becomes LoginExpired: who decides the approval
// decides the time-out (A17). A code that comes twice is graded: the same client within the code's
// life is a retry and harms nothing, anything else ends the token (E8).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "aggregates/citizen/authority.h"
#include "aggregates/citizen/quota.h"
#include "aggregates/citizen/scope.h"
#include "aggregates/citizen/step_up_checks.h"
#include "aggregates/decision.h"
#include "aggregates/follow_up.h"
#include "events/core/sensitive.h"
#include "events/schema/account.pb.h"
#include "events/schema/consent.pb.h"
#include "events/schema/device_profile.pb.h"
#include "events/schema/login.pb.h"
#include "events/schema/privacy.pb.h"

namespace chopmark::citizen {

struct State;

// ---- state
// ---------------------------------------------------------------------------------------

/// An approved login, from its code to the end of its token.
struct Login {
    EventId approved;  // the code's event; zero for the login that an anonymous request led to
    Instant approved_at;
    ClientId client;
    schema::Flow flow = schema::FLOW_UNSPECIFIED;
    std::vector<std::string> scopes;
    DeviceId device;
    std::uint32_t step_up_level = 0;
    EventId redeemed;  // the token's event; zero while the code is unused
    Instant redeemed_at;
    Instant token_until;
    bool ended = false;  // neither code nor token is good any more

    static void fields(auto& archive, Login& row) {
        archive(row.approved, row.approved_at, row.client, row.flow, row.scopes, row.device,
                row.step_up_level, row.redeemed, row.redeemed_at, row.token_until, row.ended);
    }
    friend bool operator==(const Login&, const Login&) = default;
};

struct Dispute {
    EventId event;  // LoginDisputed
    Instant at;

    static void fields(auto& archive, Dispute& row) { archive(row.event, row.at); }
    friend bool operator==(const Dispute&, const Dispute&) = default;
};

struct LoginState {
    std::map<RequestId, Login> logins;      // limits::live_logins; go when their memory ends
    std::map<RequestId, Instant> declined;  // refused or expired ids; limits::declined_logins
    HourlyQuota replays;                    // CodeReplayed recorded, by client
    std::map<EventId, Dispute> disputes;    // of the last day, by disputed event; limits::disputes

    static void fields(auto& archive, LoginState& row) {
        archive(row.logins, row.declined, row.replays, row.disputes);
    }
    friend bool operator==(const LoginState&, const LoginState&) = default;
};

// ---- commands
// ------------------------------------------------------------------------------------

/// What the relying party asked for, as the node that drew the QR or ticket keeps it.
struct LoginOffer {
    RequestId login;  // drawn; another value than the QR's handle and the browser's secret
    ClientId client;
    schema::Flow flow = schema::FLOW_UNSPECIFIED;
    std::vector<std::string> scopes;
    Instant drawn_at;
    DeviceId claimed_by;  // the device whose scan came first; one-tap: the one that began
    Digest state_digest;
    Digest redirect_uri_digest;
};

/// Both ends of a login: coarse features for detection, and what they were derived from.
struct LoginEnds {
    schema::Endpoint phone;
    schema::Endpoint browser;
    Duration qr_age{};                 // when it was scanned; zero without QR
    Duration scan_delay{};             // from the scan to the decision
    std::uint32_t distance_class = 0;  // phone to browser: 1 same place … 5 another continent
    schema::QrPicture picture = schema::QR_PICTURE_UNSPECIFIED;  // that was scanned, if one was
    Sensitive<std::string> phone_address;
    Sensitive<std::string> browser_address;
    Sensitive<Bytes> phone_agent;
    Sensitive<Bytes> browser_agent;
};

struct ApproveLogin {
    LoginOffer offer;
    LoginEnds ends;
    DeviceProof proof;
    bool number_typed = false;  // the two digits that the page shows
    StepUpChecks checks;
    Digest claims;  // of what the relying party will be told; zero: none
};

enum class LoginRefusal : std::uint8_t {
    declined = 1,      // by the citizen
    not_mine = 2,      // the citizen says that somebody else began it
    number_wrong = 3,  // the two digits typed were not those on the page
};

struct RefuseLogin {
    LoginOffer offer;
    LoginEnds ends;
    DeviceProof proof;
    LoginRefusal why = LoginRefusal::declined;
};

/// By the node that drew the QR or ticket: claimed, and not decided in time.
struct ExpireLogin {
    LoginOffer offer;
    LoginEnds ends;
};

/// getToken. `approved` is what the code's bearer block decoded to.
struct RedeemCode {
    EventId approved;
    ClientId client;
    schema::Endpoint relying_party;
    Digest claims;
};

/// By the relying party that holds the token.
struct RevokeToken {
    EventId redeemed;
    ClientId client;
    schema::Endpoint relying_party;
};

/// By the citizen, code or token.
struct EndLogin {
    RequestId login;
    DeviceProof proof;
};

/// "This wasn't me", of any record in the citizen's sign-in log; the pool has found it there.
struct DisputeLogin {
    EventId disputed;
    RequestId login;
    ClientId client;
    DeviceProof proof;
    Sensitive<std::string> note;
};

using LoginCommand = std::variant<ApproveLogin, RefuseLogin, ExpireLogin, RedeemCode, RevokeToken,
                                  EndLogin, DisputeLogin>;

// ---- refusals
// ------------------------------------------------------------------------------------

inline constexpr Reason login_already_decided{"login.already_decided", Kind::conflict};
/// So long past its life that nobody waits for it: not even its expiry is recorded any more.
inline constexpr Reason login_request_expired{"login.request_expired", Kind::expired};
inline constexpr Reason login_not_due{"login.not_due", Kind::conflict};
inline constexpr Reason login_claimed_by_other{"login.claimed_by_other", Kind::conflict};
inline constexpr Reason login_scope_missing{"login.scope_missing", Kind::invalid};
inline constexpr Reason login_step_up_required{"login.step_up_required", Kind::refused};
inline constexpr Reason login_too_many{"login.too_many", Kind::busy};
inline constexpr Reason login_unknown{"login.unknown", Kind::not_found};
inline constexpr Reason login_already_disputed{"login.already_disputed", Kind::conflict};
inline constexpr Reason login_too_many_disputes{"login.too_many_disputes", Kind::busy};
inline constexpr Reason code_unknown{"login.code_unknown", Kind::not_found};
inline constexpr Reason code_expired{"login.code_expired", Kind::expired};
/// Used before, and the quota of records about it is spent.
inline constexpr Reason code_spent{"login.code_spent", Kind::conflict};

// Reason classes of LoginRefused; never the reason of an Error.
inline constexpr Reason login_declined{"login.declined", Kind::refused};
inline constexpr Reason login_not_mine{"login.not_mine", Kind::refused};
inline constexpr Reason login_number_wrong{"login.number_wrong", Kind::refused};

// ---- deciding
// ------------------------------------------------------------------------------------

Decision decide(const State& state, const LoginCommand& command, const Context& context);
std::vector<EventId> sources(const State& state, const LoginCommand& command);

void evolve(LoginState& state, const schema::LoginApproved& event, const record::Stamp& stamp);
void evolve(LoginState& state, const schema::LoginRefused& event, const record::Stamp& stamp);
void evolve(LoginState& state, const schema::LoginExpired& event, const record::Stamp& stamp);
void evolve(LoginState& state, const schema::LoginRedeemed& event, const record::Stamp& stamp);
/// A code that a stranger knows ends even before its first use.
void evolve(LoginState& state, const schema::CodeReplayed& event, const record::Stamp& stamp);
void evolve(LoginState& state, const schema::TokenRevoked& event, const record::Stamp& stamp);
void evolve(LoginState& state, const schema::LoginDisputed& event, const record::Stamp& stamp);
/// A consent withdrawn after a login with profile scopes takes them from its token.
void evolve(LoginState& state, const schema::ConsentWithdrawn& event, const record::Stamp& stamp);
/// Ends what that device had approved.
void evolve(LoginState& state, const schema::DeviceRevoked& event, const record::Stamp& stamp);
/// Codes and tokens do not come back with AccountResumed.
void evolve(LoginState& state, const schema::AccountSuspended& event, const record::Stamp& stamp);
void evolve(LoginState& state, const schema::AccountClosed& event, const record::Stamp& stamp);
void evolve(LoginState& state, const schema::SubjectErased& event, const record::Stamp& stamp);

/// Whether one more fits once what is over at `now` is forgotten.
bool has_room_to_log_in(const LoginState& state, Instant now);
bool has_room_to_decline(const LoginState& state, Instant now);
bool has_room_to_dispute(const LoginState& state, Instant now);

inline constexpr std::string_view dispute_case = "case";
/// For every LoginDisputed: control opens a case, and its state tells that it has.
std::vector<FollowUp> outstanding(const LoginState& state);

}  // namespace chopmark::citizen
