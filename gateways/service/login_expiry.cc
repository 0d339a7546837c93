#include "gateways/service/login_expiry.h"

namespace chopmark::service {
namespace {

bool may_go_away(const Error& error) {
    return error.kind() == Kind::busy || error.kind() == Kind::unavailable ||
           error.kind() == Kind::unknown || error == citizen::login_not_due;
}

}  // namespace

void LoginExpiry::tick() {
    const Instant now = clock_.now();
    for (auto& overdue : desk_.take_overdue(now)) {
        const RequestId login = overdue.command.offer.login;
        commands_.submit(overdue.account, citizen::LoginCommand(std::move(overdue.command)),
                         head_(now), [&desk = desk_, login](const Result<runtime::Receipt>& ended) {
                             if (!ended && may_go_away(ended.error())) {
                                 desk.try_again(login);
                             } else {
                                 desk.settle(login, "", "expired");
                             }
                         });
    }
}

}  // namespace chopmark::service
