#include "gateways/app/account_routes.h"

#include <array>

#include "aggregates/citizen/state.h"
#include "gateways/app/simple_row.h"

namespace chopmark::app {
namespace {

Result<citizen::SuspendAccount> read_suspension(const SignedCall& call) {
    CHOPMARK_ASSIGN(const std::string reason, service::text_or_empty(call.body, "reason"));
    if (!reason.empty() && reason != "citizen_wish" && reason != "device_lost") {
        return Error(service::json_member, "reason");
    }
    const auto why = reason == "device_lost" ? citizen::Suspension::device_lost
                                             : citizen::Suspension::citizen_wish;
    return citizen::SuspendAccount{why, call.proof()};
}

Result<citizen::RevokeDevice> read_revocation(const SignedCall& call) {
    CHOPMARK_ASSIGN(const auto device, service::id_of<DeviceId>(call.body, "device"));
    return citizen::RevokeDevice{device, call.proof()};
}

Result<citizen::RevokeCertificate> read_certificate_revocation(const SignedCall& call) {
    constexpr std::array reasons{std::pair("citizen_wish", citizen::Revocation::citizen_wish),
                                 std::pair("key_compromised", citizen::Revocation::key_compromised),
                                 std::pair("superseded", citizen::Revocation::superseded)};
    CHOPMARK_ASSIGN(const std::string reason, service::text_of(call.body, "reason"));
    for (const auto& [name, why] : reasons) {
        if (reason == name) {
            return citizen::RevokeCertificate{why, call.proof(), 0};
        }
    }
    return Error(service::json_member, "reason");
}

}  // namespace

std::vector<http::Route> account_routes(const AppContext& context) {
    using citizen::AccountCommand;
    return {
        simple_row<AccountCommand>(
            context, {"/app/v1/account/suspend", "app.account.suspend", "Suspends the account"},
            read_suspension),
        simple_row<AccountCommand>(
            context, {"/app/v1/account/resume", "app.account.resume", "Lifts a suspension"},
            [](const SignedCall& call) -> Result<citizen::ResumeAccount> {
                return citizen::ResumeAccount{call.proof()};
            }),
        simple_row<AccountCommand>(
            context, {"/app/v1/account/close", "app.account.close", "Closes the account"},
            [](const SignedCall& call) -> Result<citizen::CloseAccount> {
                return citizen::CloseAccount{citizen::Closure::citizen_wish, call.proof()};
            }),
        simple_row<citizen::DeviceCommand>(
            context,
            {"/app/v1/devices/revoke", "app.device.revoke", "Takes a phone off the account"},
            read_revocation),
        simple_row<citizen::CertificateCommand>(
            context,
            {"/app/v1/certificate/revoke", "app.certificate.revoke",
             "Ends the certificate; unless it was the citizen's wish, another one follows"},
            read_certificate_revocation),
    };
}

}  // namespace chopmark::app
