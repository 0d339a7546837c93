#include "aggregates/citizen/account_register.h"

#include <algorithm>

#include "aggregates/citizen/draft.h"
#include "aggregates/citizen/state.h"
#include "aggregates/citizen/testimony.h"
#include "aggregates/control/policy.h"
#include "events/core/ensure.h"
#include "events/schema/event.h"

namespace chopmark::citizen {
namespace {

/// Who tries to register or upgrade, as far as quotas and records of failures are concerned.
struct Applicant {
    const PresentedCard& card;
    const schema::Endpoint& network;
    IdentityEvidence evidence;
    schema::KeyedToken app;       // of a phone; else empty
    schema::KeyedToken hardware;  // of a phone; else empty
    bool authenticated = false;   // may cause a record (design 12)
};

bool spent(const SlotState& slot, AttemptParty party, const schema::KeyedToken& token,
           std::uint32_t quota, Instant now) {
    return attempts_of(slot, party, token.current(), now) >= quota ||
           attempts_of(slot, party, token.next(), now) >= quota;
}

bool phone_exhausted(const Applicant& applicant, const Context& context) {
    return spent(*context.slot, AttemptParty::hardware, applicant.hardware,
                 control::policy(context.control).attempts_per_card_and_day,
                 context.stamp.recorded_at);
}

/// Whether the quotas of card, phone and terminal, and the slot's memory, allow one more record.
bool may_record(const Applicant& applicant, const Context& context) {
    const control::Policy& policy = control::policy(context.control);
    const SlotState& slot = *context.slot;
    const Instant now = context.stamp.recorded_at;
    if (phone_exhausted(applicant, context) ||
        spent(slot, AttemptParty::card, applicant.card.attempt, policy.attempts_per_card_and_day,
              now) ||
        !can_count(slot, AttemptParty::card, applicant.card.attempt.current(), now)) {
        return false;
    }
    if (!applicant.hardware.current().empty() &&
        !can_count(slot, AttemptParty::hardware, applicant.hardware.current(), now)) {
        return false;
    }
    const TerminalProof* terminal = terminal_of(applicant.evidence);
    return terminal == nullptr ||
           (attempts_of(slot, AttemptParty::terminal, terminal->terminal.bytes(), now) <
                policy.attempts_per_terminal_and_hour &&
            can_count(slot, AttemptParty::terminal, terminal->terminal.bytes(), now));
}

/// A record of the failure if it matters to fraud, its party is known and the quota not spent; else
/// a plain refusal.
Decision refuse(const Applicant& applicant, Error error, const Context& context) {
    const Reason reason = error.reason;
    const auto outcome = recorded_outcome(reason);
    if (!outcome || !applicant.authenticated) {
        return error;
    }
    if (!may_record(applicant, context)) {
        return account_attempts_exhausted;
    }
    auto event = draft<schema::RegistrationRefused>(context, *outcome, &reason);
    event.mutable_leaf()->mutable_head()->set_channel(
        channel_of(applicant.evidence, context.control));
    put_place(event, applicant.evidence, context);
    auto& link = *event.mutable_link();
    *link.mutable_attempt() = applicant.card.attempt;
    *link.mutable_app() = applicant.app;
    *link.mutable_hardware() = applicant.hardware;
    *link.mutable_network() = applicant.network;
    *event.mutable_personal()->mutable_checks() = checks_of(applicant.evidence);
    return event;
}

template <class By>
constexpr bool has_device = requires(const By& by) {
    by.device;
};

Applicant applicant_of(const RegisterAccount& command) {
    return std::visit(
        [&]<class By>(const By& by) {
            Applicant out{command.card, command.network, by.identity, {}, {}, true};
            if constexpr (has_device<By>) {
                out.app = by.device.app;
                out.hardware = by.device.hardware;
                out.authenticated = by.device.attestation > schema::ATTESTATION_LEVEL_NONE;
            }
            return out;
        },
        command.by);
}

Applicant applicant_of(const UpgradeAccount& command) {
    return std::visit(
        [&]<class By>(const By& by) {
            if constexpr (requires { by.proof; }) {
                return Applicant{command.card, command.network, by.identity, {}, by.hardware, true};
            } else {
                return Applicant{command.card, command.network, by, {}, {}, true};
            }
        },
        command.by);
}

/// One @ with something on both sides, nothing that could break a header.
Result<void> check_email(const std::string& email) {
    const std::size_t at = email.find('@');
    const bool printable = std::all_of(email.begin(), email.end(), [](char c) {
        return static_cast<unsigned char>(c) > ' ' && c != '\x7f';
    });
    if (email.size() > limits::email_bytes || !printable || at == std::string::npos || at == 0 ||
        at + 1 == email.size() || email.find('@', at + 1) != std::string::npos) {
        return account_email_malformed;
    }
    return {};
}

Result<void> check_contact(const Sensitive<std::string>& email, bool password_stored) {
    CHOPMARK_TRY(check_email(email.reveal()));
    if (!password_stored) {
        return account_password_missing;
    }
    return {};
}

/// What the applicant brings besides identity.
Result<void> check_form(const RegisterAccount& command, Instant now) {
    return std::visit(
        [&]<class By>(const By& by) -> Result<void> {
            if constexpr (requires { by.email; }) {
                CHOPMARK_TRY(check_contact(by.email, by.password_stored));
            }
            if constexpr (has_device<By>) {
                CHOPMARK_TRY(check_new_device(DeviceState(), by.device, now));
            }
            return {};
        },
        command.by);
}

/// A password lies beside the key port under the person that the command names: the card's holder
/// must still be the one whom the applicant's side saw, or the record would name a verifier that is
/// not there.
Result<void> check_password_place(const RegisterAccount& command, const Context& context) {
    if (!std::holds_alternative<ByNfc>(command.by)) {
        return {};
    }
    const bool saw_holder = command.pairwise_secret.reveal() == earlier_secret;
    const bool same = context.holder == nullptr
                          ? !saw_holder
                          : saw_holder && command.person == context.holder->person;
    return same ? Result<void>() : Result<void>(evidence_stale);
}

/// A person keeps id and pairwise secret through every registration.
Result<void> put_person(schema::AccountRegistered& event, const RegisterAccount& command,
                        const Context& context) {
    auto& link = *event.mutable_link();
    auto& personal = *event.mutable_personal();
    if (context.holder == nullptr) {
        CHOPMARK_TRY(next_key_index(*context.slot, slot_of(command.account)));
        link.set_person_id(command.person.to_bytes());
        personal.set_pairwise_secret(Bytes(view(command.pairwise_secret.reveal())));
        return {};
    }
    const auto* earlier =
        context.opened.find<schema::AccountRegistered>(context.holder->pairwise_source);
    if (earlier == nullptr) {
        return evidence_stale;
    }
    link.set_person_id(context.holder->person.to_bytes());
    personal.set_pairwise_secret(earlier->personal().pairwise_secret());
    return {};
}

void put_device(schema::AccountRegistered& event, const NewDevice& device) {
    auto& link = *event.mutable_link();
    link.set_device_id(device.id.to_bytes());
    link.set_device_public_key(device.public_key);
    link.set_attestation_level(device.attestation);
    *link.mutable_app() = device.app;
    *link.mutable_hardware() = device.hardware;
    *event.mutable_personal()->mutable_device() = device.facts.reveal();
    event.mutable_personal()->set_device_signature(device.signature);
}

/// The card as the register has confirmed it.
schema::CardFacts confirmed_facts(const CardFace& card) {
    schema::CardFacts facts = facts_of(card);
    facts.set_chinese_name_verified(!card.chinese_name.empty());
    return facts;
}

}  // namespace

Decision decide_registration(const State& state, const RegisterAccount& command,
                             const Context& context) {
    ensure(context.slot != nullptr, "a citizen's command has a slot");
    if (state.account.status != AccountStatus::none) {
        return account_id_taken;
    }
    const Applicant applicant = applicant_of(command);
    const CardFace& card = command.card.face.reveal();
    const Instant now = context.stamp.recorded_at;
    if (phone_exhausted(applicant, context)) {
        return account_attempts_exhausted;
    }
    CHOPMARK_TRY(check_dates(card, now));
    if (age_on(card.birth_date, hong_kong_date(now)) < minimum_age_years) {
        return account_too_young;
    }
    CHOPMARK_TRY(check_form(command, now));
    if (auto judged = judge(applicant.evidence, card, context); !judged) {
        return refuse(applicant, std::move(judged).error(), context);
    }
    // Only now: who cannot show to be the card's bearer does not learn whether it has an account.
    if (context.holder != nullptr && context.holder->active) {
        return account_card_registered;
    }

    CHOPMARK_TRY(check_password_place(command, context));
    auto event = draft<schema::AccountRegistered>(context, schema::DONE);
    CHOPMARK_TRY(put_person(event, command, context));
    event.mutable_leaf()->mutable_head()->set_channel(
        channel_of(applicant.evidence, context.control));
    event.mutable_leaf()->set_grade(grade_of(applicant.evidence));
    put_place(event, applicant.evidence, context);
    *event.mutable_link()->mutable_network() = command.network;
    *event.mutable_personal()->mutable_card() = confirmed_facts(card);
    *event.mutable_personal()->mutable_checks() = checks_of(applicant.evidence);
    std::visit(
        [&]<class By>(const By& by) {
            if constexpr (has_device<By>) {
                put_device(event, by.device);
            }
            if constexpr (requires { by.email; }) {
                event.mutable_link()->set_password_set(by.password_stored);
                event.mutable_personal()->set_email(by.email.reveal());
            }
        },
        command.by);
    return event;
}

Decision decide_upgrade(const State& state, const UpgradeAccount& command, const Context& context) {
    ensure(context.slot != nullptr, "a citizen's command has a slot");
    CHOPMARK_TRY(check_active(state));
    if (state.account.grade == schema::SIGN) {
        return account_already_signing;
    }
    const Applicant applicant = applicant_of(command);
    if (phone_exhausted(applicant, context)) {
        return account_attempts_exhausted;
    }
    const auto* phone = std::get_if<UpgradeByNfc>(&command.by);
    if (phone != nullptr) {
        CHOPMARK_TRY(check_contact(phone->email, phone->password_stored));
        CHOPMARK_TRY(check(state, phone->proof, context));
    }
    const CardFace& card = command.card.face.reveal();
    CHOPMARK_TRY(check_dates(card, context.stamp.recorded_at));
    auto judged = judge(applicant.evidence, card, context);
    if (judged) {
        judged = check_card(state, context);
    }
    if (!judged) {
        return refuse(applicant, std::move(judged).error(), context);
    }

    auto event = draft<schema::AccountUpgraded>(context, schema::DONE);
    event.mutable_leaf()->mutable_head()->set_channel(
        channel_of(applicant.evidence, context.control));
    event.mutable_leaf()->set_grade(schema::SIGN);
    event.mutable_link()->set_person_id(state.account.person.to_bytes());
    put_place(event, applicant.evidence, context);
    *event.mutable_link()->mutable_network() = command.network;
    *event.mutable_personal()->mutable_card() = confirmed_facts(card);
    *event.mutable_personal()->mutable_checks() = checks_of(applicant.evidence);
    if (phone != nullptr) {
        testify(event, phone->proof, context);
        event.mutable_link()->set_password_set(phone->password_stored);
        event.mutable_personal()->set_email(phone->email.reveal());
    }
    return event;
}

}  // namespace chopmark::citizen
