#include "projections/account_view/account_view.h"

#include "events/core/limits.h"
#include "projections/citizen_rows.h"
#include "projections/event_cases.h"

namespace chopmark::account_view {
namespace {

/// What each event does to the row; SubjectErased is apply()'s.
struct Changes {
    AccountRow& row;
    const record::Prelude& at;

    void operator()(const schema::AccountRegistered& event) {
        const auto& link = event.link();
        row = AccountRow();
        row.person = PersonId::from_bytes(link.person_id()).value_or(PersonId());
        row.key_index = KeyIndex(link.head().key_index());
        row.grade = event.leaf().grade();
        row.channel = event.leaf().head().channel();
        row.registered_by = at.event_id;
        row.registered_at = at.recorded_at;
        row.changed_at = at.recorded_at;
        row.password_set = link.password_set();
        bind(link.device_id(), link.device_public_key(), link.attestation_level(), at.recorded_at);
    }
    void operator()(const schema::AccountUpgraded& event) {
        row.grade = event.leaf().grade();
        row.password_set = row.password_set || event.link().password_set();
        row.changed_at = at.recorded_at;
    }
    void operator()(const schema::AccountSuspended& event) {
        stand(Standing::suspended, event.leaf().head().reason());
    }
    void operator()(const schema::AccountResumed&) { stand(Standing::active, {}); }
    /// Ends all that hangs on the account, without a second event.
    void operator()(const schema::AccountClosed& event) {
        stand(Standing::closed, event.leaf().head().reason());
        row.password_set = false;
        end_devices(at.recorded_at);
        if (row.certificate.status == CertificateStatus::valid) {
            end_certificate(CertificateStatus::ended, {});
        }
        end_profile();
    }
    void operator()(const schema::PasswordSet&) { row.password_set = true; }

    void operator()(const schema::DeviceBound& event) {
        const auto& link = event.link();
        bind(link.device_id(), link.public_key(), link.attestation_level(),
             Instant::from_micros(link.cooling_off_until_us()));
    }
    void operator()(const schema::DeviceRevoked& event) {
        const auto id = DeviceId::from_bytes(event.link().device_id());
        const auto device = id ? row.devices.find(*id) : row.devices.end();
        if (device != row.devices.end()) {
            end(device->second, at.recorded_at);
        }
    }

    void operator()(const schema::CertificateIssued& event) {
        row.certificate = {CertificateStatus::valid,
                           event.link().serial(),
                           at.event_id,
                           at.recorded_at,
                           Instant::from_micros(event.link().not_after_us()),
                           Instant(),
                           {}};
    }
    void operator()(const schema::CertificateRevoked& event) {
        if (event.link().serial() == row.certificate.serial) {
            end_certificate(CertificateStatus::revoked, event.leaf().head().reason());
        }
    }
    void operator()(const schema::CertificateRefused&) {
        if (row.certificate.status == CertificateStatus::none) {
            row.certificate.status = CertificateStatus::refused;
        }
    }

    void operator()(const schema::ProfileEnabled&) {
        row.profile_enabled = true;
        ++row.profile_version;
    }
    void operator()(const schema::ProfileFieldsSet&) { ++row.profile_version; }
    void operator()(const schema::ProfileFieldsCleared&) { ++row.profile_version; }
    void operator()(const schema::ProfileDisabled&) { end_profile(); }

    void stand(Standing standing, const std::string& reason) {
        row.standing = standing;
        row.reason = reason;
        row.changed_at = at.recorded_at;
    }
    void end_profile() {
        row.profile_enabled = false;
        ++row.profile_version;
    }
    void end_certificate(CertificateStatus status, const std::string& reason) {
        row.certificate.status = status;
        row.certificate.ended_at = at.recorded_at;
        row.certificate.reason = reason;
    }
    static void end(DeviceRow& device, Instant when) {
        if (device.active) {
            device.active = false;
            device.ended_at = when;
        }
    }
    void end_devices(Instant when) {
        for (auto& [id, device] : row.devices) {
            end(device, when);
        }
    }
    /// As the only active one. An account made at a terminal has none at first.
    void bind(ByteView id_bytes, const Bytes& public_key, schema::AttestationLevel attestation,
              Instant cooling_off_until) {
        const auto id = DeviceId::from_bytes(id_bytes);
        if (!id) {
            return;
        }
        end_devices(at.recorded_at);
        row.devices[*id] = {public_key,
                            attestation,
                            at.event_id,
                            at.recorded_at,
                            std::max(cooling_off_until, at.recorded_at),
                            true,
                            Instant()};
        if (row.devices.size() > limits::devices_per_account) {
            forget_longest_ended();
        }
    }
    void forget_longest_ended() {
        auto oldest = row.devices.end();
        for (auto device = row.devices.begin(); device != row.devices.end(); ++device) {
            if (!device->second.active && (oldest == row.devices.end() ||
                                           device->second.ended_at < oldest->second.ended_at)) {
                oldest = device;
            }
        }
        if (oldest != row.devices.end()) {
            row.devices.erase(oldest);
        }
    }
};

}  // namespace

bool AccountView::wants(record::TypeNumber type) const {
    return type == schema::info<schema::SubjectErased>().type ||
           projections::handles<Changes>(type);
}

Result<void> AccountView::apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const {
    if (std::holds_alternative<schema::SubjectErased>(event.event())) {
        return projections::erase_person(event, rows);
    }
    const auto account = projections::account_of(event);
    if (!account) {
        return {};
    }
    const Bytes key = projections::account_prefix(*account);
    AccountRow row;
    if (std::holds_alternative<schema::AccountRegistered>(event.event())) {
        CHOPMARK_TRY(projections::note_account(event, rows));
    } else {
        CHOPMARK_ASSIGN(const auto bytes, rows.get(key));
        if (!bytes) {
            return {};  // erased
        }
        CHOPMARK_ASSIGN(row, fold::decode_row<AccountRow>(*bytes));
    }
    Changes changes{row, event.prelude()};
    if (projections::dispatch(changes, event.event())) {
        rows.put(key, fold::encode_row(row));
    }
    return {};
}

Result<AccountRow> find_account(const fold::Reading& rows, const AccountId& account) {
    CHOPMARK_ASSIGN(const auto bytes, rows.get(projections::account_prefix(account)));
    if (!bytes) {
        return no_such_account;
    }
    return fold::decode_row<AccountRow>(*bytes);
}

Result<std::vector<AccountId>> accounts_of(const fold::Reading& rows, KeyIndex person) {
    return projections::accounts_of(rows, person);
}

}  // namespace chopmark::account_view
