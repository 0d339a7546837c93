// An online service with a client id: applied, approved with scopes, changed, suspended, withdrawn;
// its KEK, and the serials of the content encryption keys derived for it (design 12: the key is
// never in the log, only its serial). Two-person rules are checked here: an approval needs an
// approver other than the applicant.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "aggregates/decision.h"

namespace chopmark::control {

enum class ServiceStanding : std::uint8_t {
    applied = 1,
    active = 2,
    suspended = 3,
    withdrawn = 4,
    refused = 5,
};

struct ContentKeySerial {
    std::uint64_t serial = 0;
    Digest kek_fingerprint;  // SHA-256 of the SPKI it is wrapped for
    Instant issued_at;
    Instant until;
    bool revoked = false;

    static void fields(auto& archive, ContentKeySerial& row) {
        archive(row.serial, row.kek_fingerprint, row.issued_at, row.until, row.revoked);
    }
    friend bool operator==(const ContentKeySerial&, const ContentKeySerial&) = default;
};

struct RelyingParty {
    ClientId id;
    ServiceStanding standing = ServiceStanding::applied;
    std::string name_english;
    std::string name_traditional;
    std::string name_simplified;
    std::string organisation;
    std::string open_id_group;
    std::set<std::string> scopes;
    std::vector<std::string> redirect_uris;
    std::vector<std::string> callback_uris;
    std::vector<std::string> direct_login_uris;
    std::string app_scheme;
    bool sensitive = false;          // the two-digit number is typed, cooling-off devices refused
    bool strict_timestamps = false;  // timestamps of requests may not go backwards
    std::uint32_t token_life_s = 0;  // 0: the platform's default
    std::uint32_t requests_per_minute = 0;
    Bytes kek;              // SPKI DER
    EventId secret_source;  // its personal layer holds the client secret
    std::uint32_t secret_version = 0;
    EventId old_secret_source;
    Instant old_secret_until;
    std::vector<ContentKeySerial> content_keys;  // the newest few, oldest first
    Instant changed_at;

    static void fields(auto& archive, RelyingParty& row) {
        archive(row.id, row.standing, row.name_english, row.name_traditional, row.name_simplified,
                row.organisation, row.open_id_group, row.scopes, row.redirect_uris,
                row.callback_uris, row.direct_login_uris, row.app_scheme, row.sensitive,
                row.strict_timestamps, row.token_life_s, row.requests_per_minute, row.kek,
                row.secret_source, row.secret_version, row.old_secret_source, row.old_secret_until,
                row.content_keys, row.changed_at);
    }
    friend bool operator==(const RelyingParty&, const RelyingParty&) = default;
};

using RelyingParties = std::map<ClientId, RelyingParty>;

/// Null for an unknown client; standing is for the caller to judge.
const RelyingParty* find_relying_party(const State& state, const ClientId& client);

}  // namespace chopmark::control
