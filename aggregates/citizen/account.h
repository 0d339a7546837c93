// A citizen's account: registered through five channels with the evidence that each gives, upgraded
// from `default` to `sign`, suspended, resumed, closed, registered again, erased. One card has at
// most one active account (the slot's card index, in the context); who registers again after
// closing is the same person, with the same keys and open ids. Failed checks that matter to fraud
// are records up to a quota of the card, the phone and the terminal; then plain refusals. A phone
// beyond its quota is refused whatever it brings; cards and terminals are not, for others than the
// offender depend on them. Pure; see decision.h.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "aggregates/citizen/device.h"
#include "aggregates/control/erasure.h"

namespace chopmark::citizen {

inline constexpr Reason account_unknown{"account.unknown", Kind::not_found};
inline constexpr Reason account_suspended{"account.suspended", Kind::refused};
inline constexpr Reason account_closed{"account.closed", Kind::refused};
inline constexpr Reason account_erased{"account.erased", Kind::refused};
inline constexpr Reason account_id_taken{"account.id_taken", Kind::conflict};
inline constexpr Reason account_too_young{"account.too_young", Kind::refused};
inline constexpr Reason account_card_registered{"account.card_registered", Kind::conflict};
inline constexpr Reason account_attempts_exhausted{"account.attempts_exhausted", Kind::refused};
inline constexpr Reason account_email_malformed{"account.email_malformed", Kind::invalid};
inline constexpr Reason account_password_missing{"account.password_missing", Kind::invalid};
inline constexpr Reason account_already_signing{"account.already_of_grade_sign", Kind::conflict};
inline constexpr Reason account_not_suspended{"account.not_suspended", Kind::conflict};
inline constexpr Reason account_already_suspended{"account.already_suspended", Kind::conflict};
/// This authority may not give this reason, or may not lift this suspension.
inline constexpr Reason account_not_permitted{"account.not_permitted", Kind::forbidden};
/// Control has no approved order to erase this person.
inline constexpr Reason account_erasure_not_ordered{"account.erasure_not_ordered", Kind::refused};

enum class AccountStatus : std::uint8_t {
    none = 0,
    active = 1,
    suspended = 2,
    closed = 3,
    erased = 4,
};

/// Reason classes in the leaf of AccountSuspended and AccountClosed.
enum class Suspension : std::uint8_t {
    none = 0,
    citizen_wish = 1,     // account.citizen_wish
    device_lost = 2,      // account.device_lost
    fraud_suspected = 3,  // account.fraud_suspected
    alert_response = 4,   // account.alert_response
};
enum class Closure : std::uint8_t {
    citizen_wish = 1,        // account.citizen_wish
    deceased = 2,            // account.deceased
    fraud_confirmed = 3,     // account.fraud_confirmed
    registered_wrongly = 4,  // account.registered_wrongly
};
std::string_view reason_name(Suspension reason);
std::string_view reason_name(Closure reason);

struct AccountState {
    AccountStatus status = AccountStatus::none;
    AccountId id;
    PersonId person;
    KeyIndex key_index;
    schema::Grade grade = schema::GRADE_UNSPECIFIED;
    schema::Channel channel = schema::CHANNEL_UNSPECIFIED;  // registered through
    EventId registered_by;  // personal: card facts, pairwise secret, e-mail
    EventId card_source;    // newest event whose personal layer holds the card facts
    Instant registered_at;
    Instant changed_at;
    Suspension suspension = Suspension::none;
    std::optional<CommandId> password_verifier;  // the command that stored it beside the key port

    /// Its personal layer holds the pairwise secret.
    [[nodiscard]] const EventId& pairwise_source() const { return registered_by; }

    static void fields(auto& archive, AccountState& row) {
        archive(row.status, row.id, row.person, row.key_index, row.grade, row.channel,
                row.registered_by, row.card_source, row.registered_at, row.changed_at,
                row.suspension, row.password_verifier);
    }
    friend bool operator==(const AccountState&, const AccountState&) = default;
};

// ---- commands
// ------------------------------------------------------------------------------------

struct ByApp {
    PhotoIdentity identity;
    NewDevice device;
};
struct ByNfc {
    ChipIdentity identity;
    NewDevice device;
    Sensitive<std::string> email;
    bool password_stored = false;  // under this command's id
};
struct ByKiosk {
    KioskIdentity identity;
};
struct ByStaff {
    StaffedIdentity identity;
};

struct RegisterAccount {
    AccountId account;                         // slot of the card ‖ 118 random bits
    PersonId person;                           // random; for a card that nobody holds
    Sensitive<ByteArray<32>> pairwise_secret;  // random; for a card that nobody holds
    PresentedCard card;
    std::variant<ByApp, ByNfc, ByKiosk, ByStaff> by;
    schema::Endpoint network;
};

/// NFC by the account's own phone.
struct UpgradeByNfc {
    DeviceProof proof;
    ChipIdentity identity;
    Sensitive<std::string> email;
    bool password_stored = false;
    schema::KeyedToken hardware;
};
struct UpgradeAccount {
    PresentedCard card;
    std::variant<UpgradeByNfc, KioskIdentity, StaffedIdentity> by;
    schema::Endpoint network;
};

struct SuspendAccount {
    Suspension reason = Suspension::citizen_wish;
    std::variant<DeviceProof, StaffOrder, AlertOrder> by;
};

/// A device lifts what a device asked for; a visit also lifts what was for a lost phone; all else
/// is for staff.
struct ResumeAccount {
    std::variant<DeviceProof, StaffOrder, AtTerminal> by;
};

struct CloseAccount {
    Closure reason = Closure::citizen_wish;
    std::variant<DeviceProof, StaffOrder, AtTerminal> by;
};

/// The verifier was stored beside the key port under this command's id.
struct SetPassword {
    std::variant<DeviceProof, AtTerminal> by;
};

/// Step 2 of an erasure (design 5): control has the order with its approval. An account that is
/// closed can be erased as well.
struct EraseSubject {
    control::OrderId order;
    ByteArray<16> salt{};  // random, of this record alone
};

using AccountCommand = std::variant<RegisterAccount, UpgradeAccount, SuspendAccount, ResumeAccount,
                                    CloseAccount, SetPassword, EraseSubject>;

// ---- deciding
// ------------------------------------------------------------------------------------

Decision decide(const State& state, const AccountCommand& command, const Context& context);
/// `holder` is the one that the context will hold: a re-registration carries the pairwise secret
/// on.
std::vector<EventId> sources(const State& state, const AccountCommand& command,
                             const CardHolder* holder = nullptr);
/// The card that the command shows: its holder is wanted in the context.
std::optional<CardToken> card_of(const AccountCommand& command);

/// RegistrationRefused does not touch an account; see slot.h.
void evolve(AccountState& state, const schema::AccountRegistered& event,
            const record::Stamp& stamp);
void evolve(AccountState& state, const schema::AccountUpgraded& event, const record::Stamp& stamp);
void evolve(AccountState& state, const schema::AccountSuspended& event, const record::Stamp& stamp);
void evolve(AccountState& state, const schema::AccountResumed& event, const record::Stamp& stamp);
void evolve(AccountState& state, const schema::AccountClosed& event, const record::Stamp& stamp);
void evolve(AccountState& state, const schema::PasswordSet& event, const record::Stamp& stamp);
void evolve(AccountState& state, const schema::SubjectErased& event, const record::Stamp& stamp);

// ---- for other nouns
// -----------------------------------------------------------------------------

/// account.unknown, account.closed, account.erased; a suspended account stands.
Result<void> check_stands(const State& state);
/// These, and account.suspended.
Result<void> check_active(const State& state);

}  // namespace chopmark::citizen
