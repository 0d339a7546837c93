#include <array>

#include "gateways/admin/admin_routes.h"

namespace chopmark::admin {
namespace {

using service::Json;

constexpr auto permission = "admin.accounts.write";

/// What staff do to an account they do under a case that is open.
Result<citizen::StaffOrder> order_of(const Json& body) {
    citizen::StaffOrder order;
    CHOPMARK_ASSIGN(order.case_id, service::id_of<control::CaseId>(body, "case"));
    CHOPMARK_ASSIGN(order.note, service::note_of(body));
    return order;
}

/// The member `reason` as the event's reason class will have it, less the noun before it.
template <class ReasonClass, std::size_t N>
Result<ReasonClass> reason_of(const Json& body, const std::array<ReasonClass, N>& known) {
    CHOPMARK_ASSIGN(const std::string name, service::text_of(body, "reason"));
    for (const ReasonClass reason : known) {
        const std::string_view full = citizen::reason_name(reason);
        if (full.substr(full.find('.') + 1) == name) {
            return reason;
        }
    }
    return Error(service::json_member, "reason");
}

Result<citizen::Command> suspend(const http::Call&, const Json& body) {
    using citizen::Suspension;
    constexpr std::array reasons{Suspension::citizen_wish, Suspension::device_lost,
                                 Suspension::fraud_suspected};
    CHOPMARK_ASSIGN(const Suspension reason, reason_of(body, reasons));
    CHOPMARK_ASSIGN(auto order, order_of(body));
    return citizen::Command(
        citizen::AccountCommand(citizen::SuspendAccount{reason, std::move(order)}));
}

Result<citizen::Command> resume(const http::Call&, const Json& body) {
    CHOPMARK_ASSIGN(auto order, order_of(body));
    return citizen::Command(citizen::AccountCommand(citizen::ResumeAccount{std::move(order)}));
}

Result<citizen::Command> close(const http::Call&, const Json& body) {
    using citizen::Closure;
    constexpr std::array reasons{Closure::citizen_wish, Closure::deceased, Closure::fraud_confirmed,
                                 Closure::registered_wrongly};
    CHOPMARK_ASSIGN(const Closure reason, reason_of(body, reasons));
    CHOPMARK_ASSIGN(auto order, order_of(body));
    return citizen::Command(
        citizen::AccountCommand(citizen::CloseAccount{reason, std::move(order)}));
}

Result<citizen::Command> revoke_device(const http::Call& call, const Json& body) {
    CHOPMARK_ASSIGN(const DeviceId device, service::path_id<DeviceId>(call, "device"));
    CHOPMARK_ASSIGN(auto order, order_of(body));
    return citizen::Command(
        citizen::DeviceCommand(citizen::RevokeDevice{device, std::move(order)}));
}

Result<citizen::Command> revoke_certificate(const http::Call&, const Json& body) {
    using citizen::Revocation;
    constexpr std::array reasons{Revocation::superseded, Revocation::key_compromised,
                                 Revocation::citizen_wish, Revocation::fraud_confirmed};
    CHOPMARK_ASSIGN(const Revocation reason, reason_of(body, reasons));
    CHOPMARK_ASSIGN(auto order, order_of(body));
    return citizen::Command(
        citizen::CertificateCommand(citizen::RevokeCertificate{reason, std::move(order), 0}));
}

using Parse = Result<citizen::Command> (*)(const http::Call&, const Json&);

http::Route account_row(const service::StaffCalls& calls, const std::string& tail, std::string name,
                        std::string summary, Parse parse) {
    return service::staff_route(
        "POST", "/admin/v1/accounts/{account}/" + tail, std::move(name), permission,
        std::move(summary), [&calls, parse](const http::CallPtr& call, http::Reply reply) {
            const auto account = service::path_id<AccountId>(*call, "account");
            const auto body = service::parse_object(call->request.body);
            if (!account || !body) {
                reply.fail(account ? body.error() : account.error());
                return;
            }
            auto command = parse(*call, *body);
            if (!command) {
                reply.fail(command.error());
                return;
            }
            calls.submit(*call, *account, *std::move(command), std::move(reply));
        });
}

}  // namespace

Routes account_routes(const Ports&, const service::StaffCalls& calls) {
    Routes rows;
    rows.push_back(account_row(calls, "suspend", "admin.account.suspend",
                               "Suspends an account under an open case.", suspend));
    rows.push_back(account_row(calls, "resume", "admin.account.resume",
                               "Lifts a suspension under an open case.", resume));
    rows.push_back(account_row(calls, "close", "admin.account.close",
                               "Closes an account under an open case.", close));
    rows.push_back(account_row(calls, "devices/{device}/revoke", "admin.account.revoke_device",
                               "Revokes a phone under an open case.", revoke_device));
    rows.push_back(account_row(calls, "certificate/revoke", "admin.account.revoke_certificate",
                               "Revokes the certificate under an open case.", revoke_certificate));
    return rows;
}

}  // namespace chopmark::admin
