#include "ops/erasures.h"

#include <algorithm>

#include "events/crypto/digest.h"
#include "events/schema/codec.h"
#include "events/schema/event.h"
#include "ops/deciding.h"
#include "projections/account_view/account_view.h"
#include "projections/sign_in_log/query.h"
#include "projections/views.h"

namespace chopmark::ops {
namespace {

/// The same order gives the same command in every life of this process.
CommandId command_of(std::string_view step, const control::OrderId& order) {
    return CommandId(crypto::sha256({"chopmark/erasure/1", step, order.bytes()}).array());
}

/// Of the log, in one turn in the pool.
constexpr unsigned pages_at_once = 16;

/// Why a class that an erasure can reach was left out of an order.
constexpr std::string_view not_ordered = "erasure.not_ordered";
/// Records without a person's key: they hold pseudonyms and duties, no personal value.
constexpr std::string_view not_personal = "erasure.kept_for_accountability";

}  // namespace

void Erasures::tick() {
    share_.tick();
    if ((around_.coordinates && !around_.coordinates()) || busy_.exchange(true)) {
        return;
    }
    const control::SnapshotPtr control = around_.control.latest();
    const auto& orders = *control->state->erasures;
    const auto approved = [](const auto& entry) {
        return entry.second.standing == control::ErasureStanding::approved;
    };
    // In turn: one that cannot go on must not hold up those behind it.
    auto next = std::find_if(orders.upper_bound(tried_), orders.end(), approved);
    if (next == orders.end()) {
        next = std::find_if(orders.begin(), orders.end(), approved);
    }
    if (next == orders.end()) {
        busy_.store(false);
        return;
    }
    tried_ = next->first;
    if (progress_.order != next->second.id) {
        progress_ = Progress();
        progress_.order = next->second.id;
    }
    // The state that names the signing keys goes with the subject: they are noted before.
    around_.commands.look(next->second.account, [this, order = next->second](const auto& seen) {
        if (!seen) {
            end(seen.error());
            return;
        }
        post([this, order, state = *seen] { begin(order, state.get()); });
    });
}

void Erasures::begin(const control::Erasure& order, const citizen::State* seen) {
    // The rows go with the subject as well. Erased in an earlier life, they are gone.
    const bool stands = seen != nullptr && seen->account.status != citizen::AccountStatus::erased;
    if (!stands || progress_.erasing) {
        erase_subject(order, order.account);
        return;
    }
    progress_.signing_keys.clear();
    note_keys(*seen);
    const auto standing = find_standing(order);
    if (!standing) {
        end(standing.error());
    } else if (*standing == order.account) {
        erase_subject(order, order.account);
    } else {
        erase_standing(order, *standing);
    }
}

/// A view that is behind names an account that stands no longer: that is refused, and looked for
/// again a second later.
Result<AccountId> Erasures::find_standing(const control::Erasure& order) {
    CHOPMARK_ASSIGN(const auto rows, around_.tables.read(account_view::AccountView::view_name));
    CHOPMARK_ASSIGN(const auto accounts, account_view::accounts_of(rows, order.key_index));
    if (accounts.empty()) {  // the one that stood is erased, or no view has come so far
        return order.account;
    }
    CHOPMARK_TRY(count_rows(order));
    return accounts.back();
}

void Erasures::note_keys(const citizen::State& seen) {
    auto& keys = progress_.signing_keys;
    const auto& retired = seen.certificate.retired_keys;
    keys.insert(keys.end(), retired.begin(), retired.end());
    keys.push_back(seen.certificate.key_handle);
}

void Erasures::erase_standing(const control::Erasure& order, const AccountId& account) {
    around_.commands.look(account, [this, order, account](const auto& seen) {
        if (!seen) {
            end(seen.error());
            return;
        }
        post([this, order, account, state = *seen] {
            if (state) {
                note_keys(*state);
            }
            erase_subject(order, account);
        });
    });
}

Result<void> Erasures::count_rows(const control::Erasure& order) {
    const PartitionId partition =
        partition_of(slot_of(order.key_index), around_.journal.partitions());
    CHOPMARK_ASSIGN(const auto rows, around_.tables.read(sign_in_log::SignInLog::view_name));
    CHOPMARK_ASSIGN(progress_.counts, sign_in_log::count_by_class(rows, order.key_index));
    progress_.next = rows.positions().at(partition);
    return {};
}

void Erasures::erase_subject(const control::Erasure& order, const AccountId& account) {
    citizen::EraseSubject command{order.id, around_.entropy.draw<control::OrderId>().array()};
    const auto answered = [this, order, account](const Result<runtime::Receipt>& receipt) {
        // Erased in an earlier life of this order: go on.
        if (!receipt && !(receipt.error() == citizen::account_erased)) {
            end(receipt.error());
            return;
        }
        post([this, order, account, now = receipt.has_value()] { erased(order, account, now); });
    };
    around_.commands.submit(account, citizen::AccountCommand(command),
                            timer_command(around_.entropy.draw<CommandId>(), around_.clock.now()),
                            answered);
}

/// The account that is ordered comes last: that it is erased says that the person is.
void Erasures::erased(const control::Erasure& order, const AccountId& account, bool now) {
    if (!now && !progress_.erasing) {
        progress_.counts.clear();  // of rows that may have been gone already
        progress_.next = Sequence(0);
    }
    progress_.erasing = true;
    if (account == order.account) {
        go_on(order);
    } else {
        erase_subject(order, order.account);
    }
}

/// The keys first: nobody waits for the receipt.
void Erasures::go_on(const control::Erasure& order) {
    if (!progress_.epoch) {
        const auto epoch = destroy_keys(order);
        if (!epoch || !*epoch) {
            end(epoch ? Result<void>() : Result<void>(epoch.error()));
            return;
        }
        progress_.epoch = *epoch;
    }
    if (const auto counted = count_stretch(order); !counted) {
        end(counted);
    } else if (progress_.counted) {
        complete(order);
    } else {
        post([this, order] { go_on(order); });
    }
}

std::size_t Erasures::member_count() const {
    return erasure_members(*around_.control.latest()->state, around_.node).size();
}

/// Signing keys and passwords are in one place for all nodes; the cover is everybody's own. Whoever
/// is alone has nobody to ask.
Result<std::optional<keys::Epoch>> Erasures::destroy_keys(const control::Erasure& order) {
    CHOPMARK_TRY(around_.passwords.erase(order.person));
    for (const keys::KeyHandle& handle : progress_.signing_keys) {
        if (!handle.is_zero()) {
            CHOPMARK_TRY(around_.signing_keys.destroy(handle));
        }
    }
    if (member_count() > 1) {
        CHOPMARK_ASSIGN(const bool destroyed, share_.all_destroyed(order));
        return destroyed ? std::optional(around_.ring.epoch()) : std::nullopt;
    }
    CHOPMARK_ASSIGN(const keys::Epoch epoch,
                    forget(order, around_.ring, around_.tables, around_.journal, around_.discard));
    CHOPMARK_TRY(around_.ring.destroy_old_epochs());
    return std::optional(epoch);
}

/// The log is the only witness that an erasure leaves. SubjectErased of the account that is ordered
/// is the last record about the person.
Result<void> Erasures::count_stretch(const control::Erasure& order) {
    const PartitionId partition =
        partition_of(slot_of(order.key_index), around_.journal.partitions());
    for (unsigned pages = 0; pages < pages_at_once && !progress_.counted; ++pages) {
        CHOPMARK_ASSIGN(const auto page, around_.journal.read(partition, progress_.next, {}));
        progress_.counted = page.empty();
        for (const auto& entry : page) {
            progress_.next = Sequence(entry->sequence.value() + 1);
            const auto event = around_.vault.open(entry->record);
            if (!event || schema::link_head(*event).key_index() != order.key_index.value()) {
                continue;
            }
            ++progress_.counts[schema::head(*event).retention()];
            if (std::holds_alternative<schema::SubjectErased>(*event) &&
                schema::link_head(*event).account_id() == order.account.bytes()) {
                progress_.counted = true;
                break;
            }
        }
    }
    return {};
}

void Erasures::complete(const control::Erasure& order) {
    control::CompleteErasure command;
    command.order = order.id;
    command.epoch = progress_.epoch->value();
    command.destroyed_epoch = command.epoch - 1;
    command.nodes = static_cast<std::uint32_t>(member_count());
    command.salt = around_.entropy.draw<control::OrderId>().array();
    for (const auto& [retention, records] : progress_.counts) {
        const bool erased =
            std::find(order.classes.begin(), order.classes.end(), retention) != order.classes.end();
        if (erased) {
            auto& row = command.erased.emplace_back();
            row.set_retention(retention);
            row.set_records(records);
            continue;
        }
        auto& row = command.kept.emplace_back();
        row.set_retention(retention);
        row.set_reason(std::string(control::is_erasable(retention) ? not_ordered : not_personal));
        row.set_records(records);
    }
    CommandHead head = timer_command(command_of("complete", order.id), around_.clock.now());
    head.caller = head.actor = {schema::Party::NODE, around_.node.to_bytes()};
    around_.commands.submit(control::Command(control::ErasureCommand(std::move(command))), head,
                            [this](const Result<runtime::Receipt>& done) {
                                completed_.fetch_add(done ? 1 : 0);
                                end(done ? Result<void>() : Result<void>(done.error()));
                            });
}

void Erasures::post(Task task) {
    if (!around_.work.try_post(std::move(task))) {
        end(Error(runtime::executor_busy));
    }
}

void Erasures::end(const Result<void>& step) {
    failed_.fetch_add(step ? 0 : 1);
    busy_.store(false);
}

}  // namespace chopmark::ops
