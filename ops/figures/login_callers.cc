#include "ops/figures/login_callers.h"

#include <fmt/format.h>

namespace chopmark::figures {

LoginCallers::LoginCallers(runtime::CommandService& commands, People& people,
                           const Service& service, std::span<const Person> persons,
                           unsigned clients)
    : commands_(commands),
      people_(people),
      service_(service),
      persons_(persons),
      clients_(clients),
      seats_(clients) {
    for (unsigned i = 0; i < clients; ++i) {
        seats_[i].person = i;
    }
}

Result<void> LoginCallers::check() const {
    const std::lock_guard lock(mutex_);
    return refused_ == 0 ? Result<void>()
                         : Error(command_failed, fmt::format("{} refused, the first: {}", refused_,
                                                             first_refusal_));
}

bool LoginCallers::ask(unsigned client) {
    Seat& seat = seats_[client];
    const Person& person = persons_[seat.person % persons_.size()];
    const bool approving = seat.approved.is_zero();
    citizen::Command command = approving ? people_.approval(person, service_)
                                         : people_.redemption(seat.approved, service_);
    commands_.submit(person.account, std::move(command),
                     approving ? people_.head_of(person) : people_.head_of(service_),
                     [this, client, approving](const Result<runtime::Receipt>& receipt) {
                         settle(client, approving, receipt);
                     });
    return true;
}

void LoginCallers::settle(unsigned client, bool approving,
                          const Result<runtime::Receipt>& receipt) {
    Seat& seat = seats_[client];
    const bool good =
        receipt && (approving ? std::holds_alternative<schema::LoginApproved>(*receipt->event)
                              : std::holds_alternative<schema::LoginRedeemed>(*receipt->event));
    if (good) {
        (approving ? seat.place.approved : seat.place.redeemed) = {receipt->partition,
                                                                   receipt->sequence};
    } else {
        const std::lock_guard lock(mutex_);
        if (refused_++ == 0) {
            first_refusal_ = receipt ? "another event" : to_string(receipt.error());
        }
    }
    seat.approved = good && approving ? receipt->event_id : EventId();
    if (seat.approved.is_zero()) {
        seat.person += clients_.number();
    }
    clients_.answer(client);
}

}  // namespace chopmark::figures
