// The phone that a citizen acts with: a P-256 key bound to the account, one at a time. Registration
// by app or NFC binds the first; an account made at a terminal binds its first by a voucher;
// another phone takes over by password, chip and face, or before a terminal, then signs nothing
// until its cooling-off ends, and the old phone is told. Failed take-overs of a known account are
// records up to a quota; by phone they also block further tries, a terminal stays open. Pure; see
// decision.h.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "aggregates/citizen/authority.h"
#include "aggregates/follow_up.h"

namespace chopmark::citizen {

inline constexpr Reason device_unknown{"device.unknown", Kind::forbidden};
inline constexpr Reason device_revoked{"device.revoked", Kind::forbidden};
inline constexpr Reason device_cooling_off{"device.cooling_off", Kind::refused};
inline constexpr Reason device_not_attested{"device.not_attested", Kind::refused};
inline constexpr Reason device_id_taken{"device.id_taken", Kind::conflict};
inline constexpr Reason device_key_malformed{"device.key_malformed", Kind::invalid};
inline constexpr Reason device_key_reused{"device.key_reused", Kind::refused};
inline constexpr Reason device_already_bound{"device.already_bound", Kind::conflict};
inline constexpr Reason device_voucher_expired{"device.voucher_expired", Kind::expired};
inline constexpr Reason device_voucher_foreign{"device.voucher_foreign", Kind::refused};
inline constexpr Reason device_no_password{"device.no_password", Kind::refused};
inline constexpr Reason device_attempts_exhausted{"device.attempts_exhausted", Kind::refused};
inline constexpr Reason device_notice_settled{"device.notice_settled", Kind::conflict};
/// Recorded as DeviceBindingRefused, as are other_card and the recorded reasons of identity.h.
inline constexpr Reason device_password_wrong{"device.password_wrong", Kind::refused};

struct Device {
    DeviceId id;
    Bytes public_key;  // uncompressed point, 65 bytes
    schema::AttestationLevel attestation = schema::ATTESTATION_LEVEL_UNSPECIFIED;
    EventId bound_by;  // AccountRegistered or DeviceBound
    Instant bound_at;
    Instant cooling_off_until;  // bound_at or earlier: none
    bool active = false;
    Instant ended_at;

    static void fields(auto& archive, Device& row) {
        archive(row.id, row.public_key, row.attestation, row.bound_by, row.bound_at,
                row.cooling_off_until, row.active, row.ended_at);
    }
    friend bool operator==(const Device&, const Device&) = default;
};

/// Failed bindings count for as long as this.
inline constexpr Duration binding_refusals_window = std::chrono::hours(24);

/// The notice that an old device is owed.
struct DeviceNotice {
    EventId cause;  // DeviceBound
    DeviceId to;
    Instant since;

    static void fields(auto& archive, DeviceNotice& row) { archive(row.cause, row.to, row.since); }
    friend bool operator==(const DeviceNotice&, const DeviceNotice&) = default;
};

struct DeviceState {
    std::map<DeviceId, Device> devices;  // at most one is active
    std::vector<DeviceNotice> notices;   // owed, oldest first; limits::devices_per_account
    std::vector<Instant> refusals;       // of bindings, oldest first; those of the last day count

    static void fields(auto& archive, DeviceState& row) {
        archive(row.devices, row.notices, row.refusals);
    }
    friend bool operator==(const DeviceState&, const DeviceState&) = default;
};

// ---- commands
// ------------------------------------------------------------------------------------

/// A phone that has proved possession of its key over this command; the pool verified that and the
/// platform's attestation.
struct NewDevice {
    DeviceId id;
    Bytes public_key;
    schema::AttestationLevel attestation = schema::ATTESTATION_LEVEL_NONE;
    schema::KeyedToken app;
    schema::KeyedToken hardware;
    Sensitive<schema::DeviceFacts> facts;
    Bytes signature;
    Instant made_at;
};

/// Handed out at the terminal with the registration; the pool verified its MAC.
struct DeviceVoucher {
    EventId registered_by;
    TerminalId terminal;
    Instant issued_at;
};

struct PasswordCheck {
    bool good = false;
    CommandId verifier;  // the one in force, by the state that the pool saw
    Instant checked_at;
};

/// First device of an account that was registered at a terminal.
struct BindDevice {
    DeviceVoucher voucher;
    NewDevice device;
    schema::Endpoint network;
};

struct ByPassword {
    PasswordCheck password;
    ChipIdentity identity;
};

struct RebindDevice {
    std::variant<ByPassword, KioskIdentity, StaffedIdentity> by;
    PresentedCard card;
    NewDevice device;
    schema::Endpoint network;
};

struct RevokeDevice {
    DeviceId device;
    std::variant<DeviceProof, StaffOrder, AlertOrder, AtTerminal> by;
};

/// Follow-up "device_notice": the old device was told, or the platform gave up.
struct SettleDeviceNotice {
    EventId cause;
    bool delivered = false;
    std::uint32_t attempts = 0;
};

using DeviceCommand = std::variant<BindDevice, RebindDevice, RevokeDevice, SettleDeviceNotice>;

// ---- deciding
// ------------------------------------------------------------------------------------

Decision decide(const State& state, const DeviceCommand& command, const Context& context);
std::vector<EventId> sources(const State& state, const DeviceCommand& command);
/// The card that the command shows: its holder is wanted in the context.
std::optional<CardToken> card_of(const DeviceCommand& command);

void evolve(DeviceState& state, const schema::AccountRegistered& event, const record::Stamp& stamp);
void evolve(DeviceState& state, const schema::AccountClosed& event, const record::Stamp& stamp);
void evolve(DeviceState& state, const schema::SubjectErased& event, const record::Stamp& stamp);
void evolve(DeviceState& state, const schema::DeviceBound& event, const record::Stamp& stamp);
void evolve(DeviceState& state, const schema::DeviceRevoked& event, const record::Stamp& stamp);
void evolve(DeviceState& state, const schema::DeviceBindingRefused& event,
            const record::Stamp& stamp);
void evolve(DeviceState& state, const schema::DeviceNoticeSettled& event,
            const record::Stamp& stamp);

inline constexpr std::string_view device_notice = "device_notice";
std::vector<FollowUp> outstanding(const DeviceState& state);

// ---- for other nouns
// -----------------------------------------------------------------------------

/// Null unless bound to this account and neither revoked nor replaced.
const Device* active_device(const State& state, const DeviceId& device);
/// The one that is active, or null.
const Device* current_device(const State& state);

/// device.unknown, device.revoked; evidence.stale when the device was bound anew since, or when the
/// challenge is older than limits::challenge_life. Whether the account is active is check_active.
Result<void> check_proof(const State& state, const DeviceProof& proof, Instant now);

/// True while a rebound device may not sign or reach sensitive scopes; false for an unknown one.
bool cooling_off(const State& state, const DeviceId& device, Instant now);

/// device.cooling_off, or device.not_attested where the policy asks for an attested key.
Result<void> check_may_sign(const State& state, const DeviceId& device, const Context& context);

/// device.key_malformed, device.id_taken, device.key_reused, evidence.stale.
Result<void> check_new_device(const DeviceState& state, const NewDevice& device, Instant now);

}  // namespace chopmark::citizen
