#include "gateways/node/routed_commands.h"

#include "aggregates/runtime/command_wire.h"
#include "gateways/node/node_routes.h"

namespace chopmark::node {

namespace wire = runtime::wire;

Owner RoutedCommands::owner_of(Slot slot) const {
    return routes_.owner(partition_of(slot, routes_.partitions()));
}

void RoutedCommands::ask(const Owner& owner, const char* path, Bytes question,
                         NodeClient::Answered answered) {
    const Peer* peer = std::get_if<Peer>(&owner);
    if (peer == nullptr) {
        unowned_.fetch_add(1, std::memory_order_relaxed);
        answered(Error(runtime::not_serving, "no node owns the partition at this moment"));
        return;
    }
    forwarded_.fetch_add(1, std::memory_order_relaxed);
    client_.ask_bundled(*peer, path, std::move(question), std::move(answered));
}

void RoutedCommands::forward(const Owner& owner, Bytes order, runtime::Answer answer) {
    ask(owner, command_path, std::move(order),
        [this, answer = std::move(answer)](const Result<Bytes>& bytes) {
            auto outcome =
                bytes ? wire::decode_receipt(*bytes) : Result<runtime::Receipt>(bytes.error());
            if (outcome) {
                finder_.remember(*outcome);
            }
            answer(std::move(outcome));
        });
}

void RoutedCommands::submit(const AccountId& account, citizen::Command command, CommandHead head,
                            runtime::Answer answer) {
    const Owner owner = owner_of(slot_of(account));
    if (std::holds_alternative<ThisNode>(owner)) {
        local_.submit(account, std::move(command), std::move(head), std::move(answer));
        return;
    }
    forward(owner,
            wire::encode_order(wire::CitizenOrder{account, std::move(command), std::move(head)}),
            std::move(answer));
}

void RoutedCommands::submit(control::Command command, CommandHead head, runtime::Answer answer) {
    const Owner owner = routes_.owner(control_partition);
    if (std::holds_alternative<ThisNode>(owner)) {
        local_.submit(std::move(command), std::move(head), std::move(answer));
        return;
    }
    forward(owner, wire::encode_order(wire::ControlOrder{std::move(command), std::move(head)}),
            [this, answer = std::move(answer)](Result<runtime::Receipt> outcome) {
                if (outcome) {
                    orders_.answer_when_seen(*std::move(outcome), answer);
                } else {
                    answer(std::move(outcome));
                }
            });
}

void RoutedCommands::look(const AccountId& account, Seen seen) {
    const Owner owner = owner_of(slot_of(account));
    if (std::holds_alternative<ThisNode>(owner)) {
        local_.look(account, std::move(seen));
        return;
    }
    ask(owner, look_path, wire::encode_account(account),
        [seen = std::move(seen)](const Result<Bytes>& bytes) {
            seen(bytes ? wire::decode_state(*bytes) : Result<wire::StatePtr>(bytes.error()));
        });
}

void RoutedCommands::look_card(Slot slot, const citizen::CardToken& card, HolderSeen seen) {
    const Owner owner = owner_of(slot);
    if (std::holds_alternative<ThisNode>(owner)) {
        local_.look_card(slot, card, std::move(seen));
        return;
    }
    ask(owner, look_card_path, wire::encode_card({slot, card}),
        [seen = std::move(seen)](const Result<Bytes>& bytes) {
            seen(bytes ? wire::decode_holder(*bytes) : Result<wire::HolderPtr>(bytes.error()));
        });
}

}  // namespace chopmark::node
