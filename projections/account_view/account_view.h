// What an account is now: grade, standing, devices, certificate, profile version. One row an
// account, changed by reading and writing it through the batch. It is made from events of the
// classes identity and evidence only, which do not expire by themselves, so a rebuild finds them
// all. No personal box is copied: names and card are the e-ME view's and the log's.
//
//   account row = slot:u16 account:16 → AccountRow
//   person row                                                        (citizen_rows.h)
//
// SubjectErased removes the account's row, those of earlier accounts of the person, and the row
// that names them; nothing stays.
#pragma once

#include <map>
#include <vector>

#include "events/fold/live_tables.h"
#include "events/fold/row_codec.h"
#include "events/fold/view.h"
#include "events/schema/account.pb.h"

namespace chopmark::account_view {

enum class Standing : std::uint8_t { active = 1, suspended = 2, closed = 3 };

struct DeviceRow {
    Bytes public_key;  // uncompressed point, 65 bytes
    schema::AttestationLevel attestation = schema::ATTESTATION_LEVEL_UNSPECIFIED;
    EventId bound_by;
    Instant bound_at;
    Instant cooling_off_until;  // bound_at or earlier: none
    bool active = false;        // at most one is
    Instant ended_at;

    static void fields(auto& archive, DeviceRow& row) {
        archive(row.public_key, row.attestation, row.bound_by, row.bound_at, row.cooling_off_until,
                row.active, row.ended_at);
    }
    friend bool operator==(const DeviceRow&, const DeviceRow&) = default;
};

enum class CertificateStatus : std::uint8_t {
    none = 0,
    valid = 1,  // until not_after
    revoked = 2,
    refused = 3,  // by the authority, for good
    ended = 4,    // with the account
};

struct CertificateRow {
    CertificateStatus status = CertificateStatus::none;
    Bytes serial;
    EventId issued_by;  // its personal layer holds the certificate
    Instant issued_at;
    Instant not_after;
    Instant ended_at;
    std::string reason;  // of a revocation: stable dotted name

    static void fields(auto& archive, CertificateRow& row) {
        archive(row.status, row.serial, row.issued_by, row.issued_at, row.not_after, row.ended_at,
                row.reason);
    }
    friend bool operator==(const CertificateRow&, const CertificateRow&) = default;
};

struct AccountRow {
    PersonId person;
    KeyIndex key_index;
    schema::Grade grade = schema::GRADE_UNSPECIFIED;
    Standing standing = Standing::active;
    std::string reason;  // why suspended or closed: stable dotted name
    schema::Channel channel = schema::CHANNEL_UNSPECIFIED;  // registered through
    EventId registered_by;
    Instant registered_at;
    Instant changed_at;  // standing or grade
    bool password_set = false;
    std::map<DeviceId, DeviceRow> devices;
    CertificateRow certificate;
    bool profile_enabled = false;
    std::uint64_t profile_version = 0;  // changes so far; consents name it

    static void fields(auto& archive, AccountRow& row) {
        archive(row.person, row.key_index, row.grade, row.standing, row.reason, row.channel,
                row.registered_by, row.registered_at, row.changed_at, row.password_set, row.devices,
                row.certificate, row.profile_enabled, row.profile_version);
    }
    friend bool operator==(const AccountRow&, const AccountRow&) = default;
};

class AccountView final : public fold::View {
  public:
    static constexpr std::string_view view_name = "account_view";

    [[nodiscard]] std::string_view name() const override { return view_name; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] fold::Scope scope() const override { return fold::Scope::slots; }
    [[nodiscard]] bool wants(record::TypeNumber type) const override;
    Result<void> apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const override;
};

inline constexpr Reason no_such_account{"account_view.no_such_account", Kind::not_found};

/// account_view.no_such_account for one that was never made, and for one that was erased.
Result<AccountRow> find_account(const fold::Reading& rows, const AccountId& account);
/// All accounts that a person had, the first one first; empty for nobody.
Result<std::vector<AccountId>> accounts_of(const fold::Reading& rows, KeyIndex person);

}  // namespace chopmark::account_view
