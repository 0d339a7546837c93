#include "gateways/keyport/remote_passwords.h"

namespace chopmark::keyport {

Result<Sensitive<std::string>> RemotePasswords::insert(const keys::VerifierName& name,
                                                       const Sensitive<std::string>& verifier,
                                                       Instant now) {
    CHOPMARK_ASSIGN(Bytes lies, link_.ask(insert_path,
                                          encode(PasswordQuestion{name, Sequence(), now, verifier}),
                                          Repeat::only_if_not_sent));
    return Sensitive<std::string>(std::move(lies));
}

Result<std::optional<Sensitive<std::string>>> RemotePasswords::get(const keys::VerifierName& name) {
    CHOPMARK_ASSIGN(Bytes found,
                    link_.ask(get_path, encode(PasswordQuestion{name, {}, {}, {}}), Repeat::safe));
    if (found.empty()) {
        return std::optional<Sensitive<std::string>>();
    }
    return std::optional(Sensitive<std::string>(found.substr(1)));
}

Result<void> RemotePasswords::refused(const keys::VerifierName& name) {
    CHOPMARK_TRY(link_.ask(refused_path, encode(PasswordQuestion{name, {}, {}, {}}),
                           Repeat::only_if_not_sent));
    return {};
}

Result<void> RemotePasswords::accepted(const keys::VerifierName& name, Sequence sequence,
                                       Instant now) {
    CHOPMARK_TRY(
        link_.ask(accepted_path, encode(PasswordQuestion{name, sequence, now, {}}), Repeat::safe));
    return {};
}

Result<void> RemotePasswords::erase(const PersonId& person) {
    const PasswordQuestion question{{person, CommandId()}, {}, {}, {}};
    CHOPMARK_TRY(link_.ask(erase_path, encode(question), Repeat::safe));
    return {};
}

}  // namespace chopmark::keyport
