// Callers that log citizens in, each those of its own: an approval and its redemption in turn, by
// the commands of one node.
#pragma once

#include <atomic>
#include <mutex>

#include "ops/figures/clients.h"
#include "ops/figures/figure.h"
#include "ops/figures/people.h"

namespace chopmark::figures {

class LoginCallers {
  public:
    /// `persons` are these callers' alone. All must outlive it.
    LoginCallers(runtime::CommandService& commands, People& people, const Service& service,
                 std::span<const Person> persons, unsigned clients);

    Clients::Outcome run(const Settings& settings) {
        return clients_.run([this](unsigned client) { return ask(client); }, settings.warm,
                            settings.span);
    }
    /// figures.command_failed when anything was refused.
    [[nodiscard]] Result<void> check() const;
    /// Of the last approval and redemption.
    struct Place {
        fold::Place approved;
        fold::Place redeemed;
    };
    [[nodiscard]] Place last_of(unsigned client) const { return seats_[client].place; }

  private:
    struct Seat {
        std::size_t person = 0;
        EventId approved;  // zero: an approval is next
        Place place;
    };

    bool ask(unsigned client);
    void settle(unsigned client, bool approving, const Result<runtime::Receipt>& receipt);

    runtime::CommandService& commands_;
    People& people_;
    const Service& service_;
    const std::span<const Person> persons_;
    Clients clients_;
    std::vector<Seat> seats_;  // a client's between ask() and answer(), and back
    mutable std::mutex mutex_;
    std::uint64_t refused_ = 0;
    std::string first_refusal_;
};

}  // namespace chopmark::figures
