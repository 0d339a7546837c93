#include "gateways/app/password_change.h"

#include "events/schema/event.h"

namespace chopmark::app {
namespace {

template <class Link>
bool names(const Link& link, const keys::VerifierName& name) {
    return link.password_set() && link.person_id() == name.person.bytes();
}

/// Whether the record puts this very verifier into force. Two copies of a registration may have
/// drawn a person each.
bool puts_into_force(const schema::Event& event, const keys::VerifierName& name) {
    if (const auto* made = std::get_if<schema::AccountRegistered>(&event)) {
        return names(made->link(), name);
    }
    if (const auto* raised = std::get_if<schema::AccountUpgraded>(&event)) {
        return names(raised->link(), name);
    }
    return std::holds_alternative<schema::PasswordSet>(event);
}

/// Whether the record may still come: then the verifier has to stay.
bool may_come(const Error& error) {
    return error.kind() == Kind::unknown || error.kind() == Kind::damaged ||
           error.kind() == Kind::internal;
}

Result<void> tidy(const PasswordDesk& desk, const keys::VerifierName& name,
                  const Result<runtime::Receipt>& outcome) {
    if (!outcome) {
        return may_come(outcome.error()) ? Result<void>() : desk.passwords.refused(name);
    }
    return puts_into_force(*outcome->event, name)
               ? desk.passwords.accepted(name, outcome->sequence, desk.clock.now())
               : desk.passwords.refused(name);
}

}  // namespace

Result<PasswordChange> PasswordChange::store(const PasswordDesk& desk,
                                             const keys::VerifierName& name,
                                             const Sensitive<std::string>& password) {
    CHOPMARK_ASSIGN(const auto verifier, keys::make_verifier(desk.options, desk.entropy, password));
    CHOPMARK_ASSIGN(const auto stored, desk.passwords.insert(name, verifier, desk.clock.now()));
    if (stored != verifier) {
        // The command was sent before: what is stored is what it would put into force.
        const auto same = keys::check_password(stored, password);
        if (!same || !*same) {
            CHOPMARK_TRY(desk.passwords.refused(name));
            return same ? Error(password_differs) : same.error();
        }
    }
    return PasswordChange(desk, name);
}

runtime::Answer PasswordChange::tidying(runtime::Answer answer) const {
    return [desk = desk_, name = name_,
            answer = std::move(answer)](const Result<runtime::Receipt>& outcome) {
        answer(outcome);
        // The store's own trouble is its probe's: what counts has been decided.
        (void)desk.work.try_post(
            [desk, name, outcome] { (void)tidy(desk, name, outcome).has_value(); });
    };
}

}  // namespace chopmark::app
