#include "gateways/node/desk_follower.h"

#include "events/schema/event.h"
#include "gateways/service/request_page.h"

namespace chopmark::node {
namespace {

/// Of one partition and one call, so that one busy partition does not hold up the others.
constexpr unsigned pages_at_once = 16;

bool ends_a_login(record::TypeNumber type) {
    return type == schema::info<schema::LoginApproved>().type ||
           type == schema::info<schema::LoginRefused>().type ||
           type == schema::info<schema::LoginExpired>().type;
}

bool ends_a_request(record::TypeNumber type) {
    return type == schema::info<schema::ConsentGranted>().type ||
           type == schema::info<schema::ConsentRefused>().type ||
           type == schema::info<schema::ConsentExpired>().type ||
           type == schema::info<schema::SignatureMade>().type ||
           type == schema::info<schema::SignatureRefused>().type ||
           type == schema::info<schema::SignatureExpired>().type ||
           type == schema::info<schema::BulkApproved>().type ||
           type == schema::info<schema::BulkCancelled>().type ||
           type == schema::info<schema::RequestClaimed>().type;
}

}  // namespace

DeskFollower::DeskFollower(const journal::Journal& journal, const keys::EventVault& vault,
                           const service::Secrets& secrets, service::LoginDesk& desk)
    : journal_(journal),
      vault_(vault),
      secrets_(secrets),
      desk_(desk),
      next_(journal.partitions() + std::size_t{1}) {
    skip_to_end();
}

void DeskFollower::skip_to_end() {
    for (std::uint16_t number = 1; number <= journal_.partitions(); ++number) {
        if (const auto head = journal_.head(PartitionId(number))) {
            next_[number] = head->next;
        }
    }
}

void DeskFollower::read() {
    // Where the log ended first, then whether anybody waits: whose decision lies before that end
    // was drawn before it, and would be seen waiting.
    const std::vector<Sequence> before = next_;
    skip_to_end();
    const auto waiting = desk_.probe();
    if (waiting.entries == 0) {
        return;
    }
    follows_requests_ = waiting.requests != 0;
    next_ = before;
    for (std::uint16_t number = 1; number <= journal_.partitions(); ++number) {
        read_partition(PartitionId(number));
    }
}

void DeskFollower::read_partition(PartitionId partition) {
    Sequence& next = next_[partition.value()];
    for (unsigned page = 0; page < pages_at_once; ++page) {
        const auto entries = journal_.read(partition, next, {});
        if (!entries || entries->empty()) {
            return;  // an error is tried again at the next call
        }
        for (const auto& entry : *entries) {
            settle(*entry);
            next = Sequence(entry->sequence.value() + 1);
        }
    }
}

void DeskFollower::settle(const journal::Entry& entry) {
    const auto prelude = record::decode_prelude(entry.record.leaf);
    if (!prelude ||
        !(ends_a_login(prelude->type) || (follows_requests_ && ends_a_request(prelude->type)))) {
        return;
    }
    const auto event = vault_.open(entry.record);
    if (!event) {
        return;  // damage is reported by who verifies; the page's login expires by itself
    }
    ++settled_;
    if (service::settle_request(desk_, secrets_.bearer, *event, prelude->event_id,
                                prelude->recorded_at)) {
        return;
    }
    if (const auto* approved = std::get_if<schema::LoginApproved>(&*event)) {
        if (const auto account = AccountId::from_bytes(approved->link().head().account_id())) {
            settle(*approved,
                   secrets_.bearer.mint(keys::BearerKind::code, slot_of(*account),
                                        prelude->event_id, prelude->recorded_at),
                   "");
        }
    } else if (const auto* declined = std::get_if<schema::LoginRefused>(&*event)) {
        settle(*declined, "", "refused");
    } else if (const auto* expired = std::get_if<schema::LoginExpired>(&*event)) {
        settle(*expired, "", "expired");
    }
}

template <class Ended>
void DeskFollower::settle(const Ended& event, std::string code, std::string error) {
    if (const auto login = RequestId::from_bytes(event.link().traces().login_id())) {
        desk_.settle(*login, std::move(code), std::move(error));
    }
}

}  // namespace chopmark::node
