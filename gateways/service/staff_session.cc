#include "gateways/service/staff_session.h"

#include <algorithm>
#include <array>

#include "aggregates/control/state.h"
#include "events/core/limits.h"
#include "events/crypto/digest.h"
#include "gateways/http/schema_words.h"
#include "gateways/service/json_body.h"
#include "gateways/service/signed_message.h"

namespace chopmark::service {
namespace {

constexpr std::string_view session_command = "session.open";
constexpr std::string_view bearer_scheme = "Bearer ";
constexpr std::size_t key_mark_bytes = 8;
constexpr std::size_t challenge_bytes = 64;

namespace words = http::words;

constexpr schema::StaffRole administrator = schema::STAFF_ROLE_ADMINISTRATOR;
constexpr schema::StaffRole auditor = schema::STAFF_ROLE_AUDITOR;
constexpr schema::StaffRole security = schema::STAFF_ROLE_SECURITY;
constexpr schema::StaffRole privacy = schema::STAFF_ROLE_PRIVACY_OFFICER;
constexpr schema::StaffRole support = schema::STAFF_ROLE_SUPPORT;

constexpr std::array all_roles{administrator, auditor, security, privacy, support};

constexpr unsigned bit(schema::StaffRole role) { return 1U << static_cast<unsigned>(role); }
template <class... Roles>
constexpr unsigned any_of(Roles... roles) {
    return (bit(roles) | ...);
}

struct Permission {
    std::string_view name;
    unsigned roles;
};

// Whoever decides judges the role once more: this table opens doors, the nouns of control decide.
constexpr std::array permissions{
    Permission{"admin.accounts.write", any_of(support, security)},
    Permission{"admin.erasures.approve", any_of(privacy)},
    Permission{"admin.erasures.order", any_of(privacy)},
    Permission{"admin.erasures.read", any_of(administrator, auditor, privacy)},
    Permission{"admin.nodes.read", any_of(administrator)},
    Permission{"admin.nodes.write", any_of(administrator)},
    Permission{"admin.operators.read", any_of(administrator, security)},
    Permission{"admin.operators.write", any_of(administrator)},
    Permission{"admin.policy.read", any_of(administrator, auditor, security, privacy)},
    Permission{"admin.policy.write", any_of(administrator)},
    Permission{"admin.relying_parties.read", any_of(administrator, security, support)},
    Permission{"admin.relying_parties.write", any_of(administrator)},
    Permission{"admin.staff.read", any_of(administrator)},
    Permission{"admin.staff.write", any_of(administrator)},
    Permission{"admin.status.read", any_of(administrator, security, support)},
    Permission{"admin.terminals.read", any_of(administrator, security, support)},
    Permission{"admin.terminals.write", any_of(administrator)},
    Permission{"admin.views.read", any_of(administrator)},
    Permission{"admin.views.write", any_of(administrator)},
    Permission{"audit.heads.read", any_of(auditor, privacy)},
    Permission{"audit.queries.ask", any_of(auditor)},
    Permission{"audit.queries.judge", any_of(privacy)},
    Permission{"audit.queries.read", any_of(auditor, privacy)},
    Permission{"security.alerts.read", any_of(security)},
    Permission{"security.alerts.write", any_of(security)},
    Permission{"security.cases.read", any_of(security)},
    Permission{"security.cases.write", any_of(security)},
};

/// Ties a token to the key that opened the session: it ends when the key is changed.
Bytes key_mark(ByteView public_key) {
    return Bytes(crypto::sha256(public_key).bytes().substr(0, key_mark_bytes));
}

Bytes session_payload(const control::StaffMember& member) {
    return member.id.to_bytes() + key_mark(member.public_key);
}

std::vector<std::string> role_names(const control::Roles& roles) {
    std::vector<std::string> names;
    for (const schema::StaffRole role : all_roles) {
        if (roles.contains(role)) {
            names.emplace_back(role_name(role));
        }
    }
    return names;
}

/// Null for whoever may not act now.
const control::StaffMember* active_member(const control::State& state, ByteView id) {
    const auto staff = StaffId::from_bytes(id);
    if (!staff) {
        return nullptr;
    }
    const auto at = state.staff->find(*staff);
    return at != state.staff->end() && at->second.standing == control::Enrolment::active
               ? &at->second
               : nullptr;
}

httplib::Response json_answer(const Json& body) {
    httplib::Response response;
    response.set_header("Cache-Control", "no-store");
    response.set_content(body.dump(), "application/json");
    return response;
}

}  // namespace

std::string_view role_name(schema::StaffRole role) {
    switch (role) {
        case administrator:
            return "administrator";
        case auditor:
            return "auditor";
        case security:
            return "security";
        case privacy:
            return "privacy_officer";
        case support:
            return "support";
        default:
            return {};
    }
}

std::optional<schema::StaffRole> role_named(std::string_view name) {
    for (const schema::StaffRole role : all_roles) {
        if (role_name(role) == name) {
            return role;
        }
    }
    return std::nullopt;
}

std::vector<std::string_view> staff_permissions() {
    std::vector<std::string_view> names;
    for (const Permission& permission : permissions) {
        names.push_back(permission.name);
    }
    return names;
}

bool has_permission(schema::StaffRole role, std::string_view permission) {
    const auto at = std::find_if(permissions.begin(), permissions.end(),
                                 [&](const Permission& row) { return row.name == permission; });
    return at != permissions.end() && role != schema::STAFF_ROLE_UNSPECIFIED &&
           schema::StaffRole_IsValid(role) && (at->roles & bit(role)) != 0;
}

StaffSessions::StaffSessions(const Secrets& secrets, const control::Snapshots& control,
                             const crypto::P256Verifier& verifier, const Clock& clock,
                             Entropy& entropy)
    : secrets_(secrets), control_(control), verifier_(verifier), clock_(clock), entropy_(entropy) {}

/// Whoever is unknown, not active or has another key learns the same: staff.unauthenticated.
Result<httplib::Response> StaffSessions::open(const http::Call& call) const {
    CHOPMARK_ASSIGN(const Json body, parse_object(call.request.body));
    CHOPMARK_ASSIGN(const StaffId staff, id_of<StaffId>(body, "staff"));
    CHOPMARK_ASSIGN(const std::string challenge, text_of(body, "challenge"));
    CHOPMARK_ASSIGN(const Bytes signature, bytes_of(body, "signature"));
    const Instant now = clock_.now();
    CHOPMARK_ASSIGN(const CheckedChallenge checked,
                    check_challenge(secrets_.stamps, ChallengePurpose::staff, challenge, now));
    const control::SnapshotPtr control = control_.latest();
    const control::StaffMember* member = active_member(*control->state, staff.bytes());
    if (member == nullptr) {
        return staff_unauthenticated;
    }
    const auto point = crypto::P256Point::from_bytes(member->public_key);
    SignedMessage message;
    message.signer = Signer::staff;
    message.environment = secrets_.environment;
    message.command = session_command;
    message.challenge = challenge;
    if (!point || !verifier_.verify_der(*point, signed_message(message), signature)) {
        return staff_unauthenticated;
    }
    // From the challenge on: whoever sends a seen request again gains no time by it.
    const Instant until = checked.issued_at + limits::staff_session_life;
    Json answer;
    answer["token"] = to_hex(
        secrets_.stamps.stamp(keys::StampKind::staff_session, session_payload(*member), until));
    answer["expires_at"] = until.millis();
    answer["roles"] = role_names(member->roles);
    return json_answer(answer);
}

std::vector<http::Route> StaffSessions::routes() {
    http::Route challenge;
    challenge.method = "POST";
    challenge.path = "/staff/v1/challenge";
    challenge.name = "staff.challenge";
    challenge.permission = http::public_access;
    challenge.body_limit_bytes = 1024;
    challenge.summary = "A challenge for the signature that opens a session of staff.";
    challenge.handler = http::Handler([this](const http::Call&) -> Result<httplib::Response> {
        const IssuedChallenge issued =
            issue_challenge(secrets_.stamps, ChallengePurpose::staff, clock_.now(), entropy_);
        return json_answer({{"challenge", issued.text},
                            {"expires_at", issued.until.millis()},
                            {"environment", secrets_.environment}});
    });
    challenge.answers = {{200, "challenge", "application/json",
                          words::closed({{"challenge", words::base64()},
                                         {"expires_at", words::millis()},
                                         {"environment", words::text()}})
                              .dump()}};

    http::Route session = challenge;
    session.path = "/staff/v1/session";
    session.name = "staff.session";
    session.body_limit_bytes = 4096;
    session.summary = "Opens a session of ten minutes by an enrolled key.";
    session.handler = http::Handler([this](const http::Call& call) { return open(call); });
    session.request_schema = words::open({{"staff", words::id()},
                                          {"challenge", words::base64(challenge_bytes)},
                                          {"signature", words::base64(limits::signature_bytes)}})
                                 .dump();
    session.answers = {{200, "token", "application/json",
                        words::closed({{"token", words::hex_text()},
                                       {"expires_at", words::millis()},
                                       {"roles", words::list(words::text())}})
                            .dump()}};
    return {std::move(challenge), std::move(session)};
}

Result<http::Principal> StaffSessions::authorize(const http::Call& call,
                                                 std::string_view permission) {
    const std::string header = call.request.get_header_value("Authorization");
    if (!header.starts_with(bearer_scheme)) {
        return staff_unauthenticated;
    }
    const auto token = from_hex(std::string_view(header).substr(bearer_scheme.size()));
    if (!token) {
        return staff_unauthenticated;
    }
    const auto payload =
        secrets_.stamps.check(keys::StampKind::staff_session, *token, clock_.now());
    if (!payload || payload->size() != StaffId::size + key_mark_bytes) {
        return staff_unauthenticated;
    }
    const control::SnapshotPtr control = control_.latest();
    const auto* member =
        active_member(*control->state, ByteView(*payload).substr(0, StaffId::size));
    if (member == nullptr || session_payload(*member) != *payload) {
        return staff_unauthenticated;
    }
    const bool permitted =
        std::any_of(member->roles.begin(), member->roles.end(),
                    [&](schema::StaffRole role) { return has_permission(role, permission); });
    if (!permitted) {
        return staff_forbidden;
    }
    return http::Principal{member->id, role_names(member->roles)};
}

}  // namespace chopmark::service
