#include "gateways/app/password_change.h"

namespace chopmark::app {

Result<PasswordChange> PasswordChange::store(keys::PasswordPort& passwords,
                                             const keys::PasswordOptions& options, Entropy& entropy,
                                             const PersonId& person,
                                             const Sensitive<std::string>& password) {
    CHOPMARK_ASSIGN(auto verifier, keys::make_verifier(options, entropy, password));
    CHOPMARK_ASSIGN(auto before, passwords.get(person));
    CHOPMARK_TRY(passwords.set(person, verifier));
    return PasswordChange(passwords, person, std::move(verifier), std::move(before));
}

Result<void> PasswordChange::take_back() {
    return before_ ? passwords_->set(person_, *before_) : passwords_->remove(person_);
}

Result<void> PasswordChange::keep_for(const PersonId& person) {
    if (person == person_) {
        return {};
    }
    CHOPMARK_TRY(passwords_->set(person, verifier_));
    return take_back();
}

}  // namespace chopmark::app
