// The online services: what they are called, what they may ask for, whether they stand, and every
// step of their life with who took it and when; the catalogue that the app and the admin gateway
// show. Beside each service its activity, hour by hour
// and partition by partition, as the hourly counts say – how much a service does, never with whom.
// Small, keyed by client, about nobody: erasure does not touch it, and class platform never
// expires. Contacts are people: their row is a record, sealed, opened by the query.
//
//   service row  = "c" client:16 → ServiceRow
//   step row     = "h" client:16 newest_first:u64 → StepRow
//   contact row  = "k" client:16 newest_first:u64 → record row of an application or set-up change
//   activity row = "n" client:16 partition:u16 → ActivityRow
//
// A row is written from one partition alone, so it does not matter how partitions interleave.
#pragma once

#include <set>
#include <vector>

#include "events/core/sensitive.h"
#include "events/fold/row_codec.h"
#include "events/fold/view.h"
#include "events/keys/event_vault.h"
#include "projections/page.h"

namespace chopmark::relying_party_view {

enum class ServiceStanding : std::uint8_t {
    applied = 1,
    active = 2,
    suspended = 3,
    withdrawn = 4,
    refused = 5,
    trial = 6,
};

/// What has been shown on the way to production.
struct TrialRow {
    bool tested = false;
    std::uint32_t vetting_rounds = 0;
    bool vetted = false;
    bool security_assessed = false;
    bool privacy_assessed = false;

    static void fields(auto& archive, TrialRow& row) {
        archive(row.tested, row.vetting_rounds, row.vetted, row.security_assessed,
                row.privacy_assessed);
    }
    friend bool operator==(const TrialRow&, const TrialRow&) = default;
};

struct ServiceRow {
    ServiceStanding standing = ServiceStanding::applied;
    std::string reason;  // of the last change of standing: stable dotted name, or empty
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
    bool sensitive = false;
    bool strict_timestamps = false;
    std::uint32_t token_life_s = 0;         // 0: the platform's default
    std::uint32_t requests_per_minute = 0;  // 0: the platform's default
    bool corp_id = false;
    bool business_id_per_citizen = false;
    Bytes kek_fingerprint;  // SHA-256 of the SPKI
    std::uint32_t secret_version = 0;
    std::uint64_t content_key_serial = 0;  // the newest issued
    Instant content_key_until;
    std::uint64_t content_key_revoked = 0;  // this serial and all before it
    Instant applied_at;
    Instant changed_at;
    std::set<std::string> scopes_applied_for;
    Instant kek_not_before;  // of its certificate; zero: it has none
    Instant kek_not_after;
    TrialRow trial;
    Instant approved_at;      // for production; zero: not yet
    Instant declaration_due;  // zero: none
    std::string purpose;
    std::string registration_number;
    std::string website;
    std::uint32_t logins_a_day = 0;
    Instant launch_at;  // zero: not said
    schema::QrPicture qr = schema::QR_PICTURE_UNSPECIFIED;

    static void fields(auto& archive, ServiceRow& row) {
        archive(row.standing, row.reason, row.name_english, row.name_traditional,
                row.name_simplified, row.organisation, row.open_id_group, row.scopes,
                row.redirect_uris, row.callback_uris, row.direct_login_uris, row.app_scheme,
                row.sensitive, row.strict_timestamps, row.token_life_s, row.requests_per_minute,
                row.corp_id, row.business_id_per_citizen, row.kek_fingerprint, row.secret_version,
                row.content_key_serial, row.content_key_until, row.content_key_revoked,
                row.applied_at, row.changed_at, row.scopes_applied_for, row.kek_not_before,
                row.kek_not_after, row.trial, row.approved_at, row.declaration_due, row.purpose,
                row.registration_number, row.website, row.logins_a_day, row.launch_at, row.qr);
    }
    friend bool operator==(const ServiceRow&, const ServiceRow&) = default;
};

/// One step in the life of a service. Who took it is an id, and no name.
struct StepRow {
    std::uint32_t type = 0;  // of the event
    schema::Outcome outcome = schema::OUTCOME_UNSPECIFIED;
    std::string reason;
    std::string detail;  // a vetting's round, an assessment's kind, what a reminder is of
    schema::Party::Kind by_kind = schema::Party::KIND_UNSPECIFIED;
    Bytes by;
    EventId event;
    Instant at;

    static void fields(auto& archive, StepRow& row) {
        archive(row.type, row.outcome, row.reason, row.detail, row.by_kind, row.by, row.event,
                row.at);
    }
    friend bool operator==(const StepRow&, const StepRow&) = default;
};

struct ActivityRow {
    std::uint64_t rp_seq = 0;  // highest given in the partition
    Instant until;             // end of the hour that says so

    static void fields(auto& archive, ActivityRow& row) { archive(row.rp_seq, row.until); }
    friend bool operator==(const ActivityRow&, const ActivityRow&) = default;
};

class RelyingPartyView final : public fold::View {
  public:
    static constexpr std::string_view view_name = "relying_party_view";

    [[nodiscard]] std::string_view name() const override { return view_name; }
    [[nodiscard]] std::uint32_t version() const override { return 4; }
    [[nodiscard]] fold::Scope scope() const override { return fold::Scope::partitions; }
    [[nodiscard]] bool wants(record::TypeNumber type) const override;
    Result<void> apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const override;
};

inline constexpr Reason no_such_service{"relying_party_view.no_such_service", Kind::not_found};

struct Service {
    ClientId client;
    ServiceRow row;
};
/// By client id; only those of that standing, if one is named.
Result<projections::Page<Service>> read_services(const fold::Reading& rows,
                                                 std::optional<ServiceStanding> standing,
                                                 const projections::PageRequest& page);
Result<ServiceRow> find_service(const fold::Reading& rows, const ClientId& client);

/// Newest first.
Result<projections::Page<StepRow>> read_steps(const fold::Reading& rows, const ClientId& client,
                                              const projections::PageRequest& page);

struct Contact {
    Sensitive<std::string> name;
    Sensitive<std::string> email;
    Sensitive<std::string> telephone;
};
/// Of the newest application or set-up change that names any.
Result<std::vector<Contact>> read_contacts(const fold::Reading& rows, const keys::EventVault& vault,
                                           const ClientId& client);

struct Activity {
    std::uint64_t records = 0;  // that name this client, in all partitions
    Instant counted_until;      // the partition that lies furthest behind; earlier hours are whole
    std::vector<std::pair<PartitionId, ActivityRow>> partitions;  // where it did anything
};
Result<Activity> read_activity(const fold::Reading& rows, const ClientId& client);

}  // namespace chopmark::relying_party_view
