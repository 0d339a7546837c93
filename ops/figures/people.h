// Who acts in a figure: a relying party with its keys, and citizens with their phones, brought in
// by real commands – staff enrol, apply and approve; citizens register by app with evidence that
// passes. And the commands of their logins. Nothing here is decided but by the executors.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "aggregates/citizen/citizen.h"
#include "events/crypto/p256.h"
#include "ops/figures/node_home.h"

namespace chopmark::figures {

inline constexpr Reason command_failed{"figures.command_failed", Kind::internal};

struct Service {
    ClientId client;
    Bytes secret;
    std::string redirect_uri;
};

struct ServiceWants {
    std::vector<std::string> scopes{"eidapi_auth"};
    std::vector<std::string> callback_uris{};
};

struct Person {
    AccountId account;
    DeviceId device;
    EventId bound_by;
};

class People {
  public:
    /// The node must outlive it.
    explicit People(NodeHome& node);

    /// Applied for by one member of staff, approved by another. `kek` is an SPKI.
    Result<Service> open_service(const Bytes& kek, const ServiceWants& wants = {});
    /// By the first operator: a node that has joined may act for others.
    Result<void> admit(NodeHome& other, unsigned peer_port);
    /// Pipelined; `number` citizens more, each phone with the key of its index. `told` now and
    /// then. Those of grade `sign` came by the chips of their cards.
    Result<std::vector<Person>> register_citizens(
        std::uint64_t number, const std::function<Bytes(std::uint64_t)>& public_key,
        const std::function<void(std::uint64_t)>& told, schema::Grade grade = schema::DEFAULT);

    [[nodiscard]] citizen::Command approval(const Person& person, const Service& service);
    [[nodiscard]] citizen::Command redemption(const EventId& approved, const Service& service);
    [[nodiscard]] CommandHead head_of(const Person& person);
    [[nodiscard]] CommandHead head_of(const Service& service);

  private:
    Result<void> order(control::Command command, const StaffId& by);
    Result<citizen::RegisterAccount> registration(std::uint64_t number, const Bytes& public_key,
                                                  schema::Grade grade, const CommandId& id);
    [[nodiscard]] CommandHead head(const Party& by, schema::Channel channel);
    template <class Id>
    Id draw() {
        return node_.entropy().draw<Id>();
    }

    NodeHome& node_;
    runtime::CommandService& commands_;
    std::shared_ptr<const keys::KeyMaterial> keys_;
    std::uint64_t registered_ = 0;
};

}  // namespace chopmark::figures
