// What the partition records about itself: who used how many rp_seq, what its state adds up to,
// what lies in its store and does not count.
#include <algorithm>

#include "aggregates/runtime/citizen_domain.h"
#include "events/schema/event.h"

namespace chopmark::runtime {
namespace {

/// An event whose leaf counts for a relying party, in that partition (design 12, A8).
std::optional<ClientId> client_of(const schema::Event& event) {
    return std::visit(
        []<class E>(const E& one) -> std::optional<ClientId> {
            if constexpr (requires { one.leaf().rp_seq(); }) {
                return ClientId::from_bytes(one.leaf().client_id());
            } else {
                return std::nullopt;
            }
        },
        event);
}

std::uint64_t rp_seq_of(const schema::Event& event) {
    return std::visit(
        []<class E>(const E& one) -> std::uint64_t {
            if constexpr (requires { one.leaf().rp_seq(); }) {
                return one.leaf().rp_seq();
            } else {
                return 0;
            }
        },
        event);
}

void set_rp_seq(schema::Event& event, std::uint64_t value) {
    std::visit(
        [&]<class E>(E& one) {
            if constexpr (requires { one.mutable_leaf()->set_rp_seq(0); }) {
                one.mutable_leaf()->set_rp_seq(value);
            }
        },
        event);
}

}  // namespace

Result<void> CitizenDomain::number_for_client(schema::Event& event) {
    const auto client = client_of(event);
    if (!client) {
        return {};
    }
    CHOPMARK_ASSIGN(const auto used, rp_seq_.current(*client));
    set_rp_seq(event, (used ? used->value : 0) + 1);
    return {};
}

/// A count says what had been used; whoever folds a log whose older periods are over takes it from
/// there.
Result<void> CitizenDomain::change_counters(Change& change, const schema::Event& event) {
    const auto put = [&](const ClientId& client, std::uint64_t value,
                         std::uint64_t counted) -> Result<void> {
        CHOPMARK_ASSIGN(const auto before, rp_seq_.current(client));
        const Counter known = before ? *before : Counter();
        change.rp_seq.emplace_back(
            client, std::make_shared<const Counter>(
                        Counter{std::max(known.value, value), std::max(known.counted, counted)}));
        return {};
    };
    if (const auto* counts = std::get_if<schema::RelyingPartyCounts>(&event)) {
        for (const auto& row : counts->leaf().clients()) {
            if (const auto client = ClientId::from_bytes(row.client_id())) {
                CHOPMARK_TRY(put(*client, row.rp_seq(), row.rp_seq()));
            }
        }
        return {};
    }
    const std::uint64_t used = rp_seq_of(event);
    if (used == 0) {
        return {};
    }
    const auto client = client_of(event);
    return client ? put(*client, used, 0) : Result<void>();
}

StateSums CitizenDomain::sums() { return {citizens_.sum(), slots_.sum(), rp_seq_.sum()}; }

/// On the overlay: everything in flight comes before the record that is decided here.
Decision CitizenDomain::decide_own(const AttestState&) {
    const bool changing = std::any_of(staged_.begin(), staged_.end(),
                                      [](const Change& change) { return change.of_state(); });
    if (!books_.changed && !changing) {
        return attested_already;
    }
    const StateSums newest{citizens_.newest_sum(), slots_.newest_sum(), rp_seq_.newest_sum()};
    return schema::Event(attestation(newest, Sequence(position_.value() + staged_.size())));
}

Decision CitizenDomain::decide_own(const CountRelyingParties& command) {
    schema::RelyingPartyCounts event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_hour_us(command.hour.micros());
    event.mutable_leaf()->set_part(command.part);
    event.mutable_leaf()->set_parts(command.parts);
    const std::size_t count = std::min(command.clients.size(), counted_clients_of_a_part);
    for (std::size_t at = 0; at < count; ++at) {
        CHOPMARK_ASSIGN(const auto used, rp_seq_.current(command.clients[at]));
        if (used && used->value > used->counted) {
            auto& row = *event.mutable_leaf()->add_clients();
            row.set_client_id(command.clients[at].to_bytes());
            row.set_rp_seq(used->value);
        }
    }
    if (event.leaf().clients().empty()) {
        return counted_already;
    }
    return schema::Event(std::move(event));
}

Decision CitizenDomain::decide_own(const ReportForeignRecords& command) {
    return runtime::decide(command, books_.foreign);
}

/// Keeps the books by what was folded.
void CitizenDomain::note(const Change& change, const schema::Event& event,
                         const record::Stamp& stamp) {
    if (change.citizen) {
        watch(change.citizen->first, change.citizen->second.get());
    }
    if (change.slot) {
        watch(change.slot->first, change.slot->second.get());
    }
    for (const auto& [client, counter] : change.rp_seq) {
        if (counter->value > counter->counted) {
            uncounted_.insert(client);
        } else {
            uncounted_.erase(client);
        }
    }
    if (std::holds_alternative<schema::StateAttested>(event)) {
        books_.changed = false;
        books_.attested_at = stamp.recorded_at;
    }
    books_.changed = books_.changed || change.of_state();
    if (const auto* seen = std::get_if<schema::ForeignRecordsSeen>(&event)) {
        books_.foreign = std::max(books_.foreign, seen->leaf().count());
    }
}

}  // namespace chopmark::runtime
