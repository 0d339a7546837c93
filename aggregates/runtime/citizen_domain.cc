#include "aggregates/runtime/citizen_domain.h"

#include "aggregates/runtime/citizen_tables.h"
#include "aggregates/runtime/heads.h"
#include "events/core/limits.h"
#include "events/schema/codec.h"

namespace chopmark::runtime {
namespace {

const citizen::State nobody;
const citizen::SlotState empty_slot;

/// Reads rows of a table that is opened later.
auto loader(const fold::RowStore& rows, const fold::TablePtr& table) {
    return [&rows, &table](ByteView key) { return rows.latest().get(*table, key); };
}

}  // namespace

CitizenDomain::CitizenDomain(PartitionId partition, fold::RowStore& rows,
                             const control::Snapshots& control, const keys::EventVault& vault,
                             CardTokenOf card_token, CitizenDomainOptions options)
    : partition_(partition),
      rows_(rows),
      control_(control),
      vault_(vault),
      card_token_(std::move(card_token)),
      options_(options),
      citizens_(loader(rows_, citizen_rows_), Summing::on),
      slots_(loader(rows_, slot_rows_), Summing::on),
      cards_(loader(rows_, card_rows_)),
      card_of_(loader(rows_, card_of_rows_)),
      rp_seq_(loader(rows_, rp_seq_rows_), Summing::on) {}

std::vector<EventId> CitizenDomain::sources(const Command& command) {
    const auto* addressed = std::get_if<citizen::AddressedCommand>(&command);
    if (addressed == nullptr) {
        return {};
    }
    const auto state = citizens_.current(addressed->account);
    const auto holder = holder_of(*addressed);
    if (!state || !holder) {
        return {};  // decide meets the same error and names it
    }
    return citizen::sources_of(*state ? **state : nobody, addressed->command, holder->get());
}

/// An erasure shows no card: the holder is the person's own.
Result<CitizenDomain::HolderPtr> CitizenDomain::holder_of(const citizen::AddressedCommand& command,
                                                          const citizen::State& state) {
    const auto* of_account = std::get_if<citizen::AccountCommand>(&command.command);
    if (of_account == nullptr || !std::holds_alternative<citizen::EraseSubject>(*of_account)) {
        return holder_of(command);
    }
    CHOPMARK_ASSIGN(const auto key,
                    card_of_.current({slot_of(command.account), state.account.person}));
    return key ? cards_.current(*key) : HolderPtr();
}

Result<CitizenDomain::HolderPtr> CitizenDomain::holder_of(
    const citizen::AddressedCommand& command) {
    if (!command.card) {
        return HolderPtr();
    }
    return cards_.current({slot_of(command.account), *command.card});
}

Result<Drafted> CitizenDomain::decide(const Command& command, const CommandHead& head,
                                      const record::Stamp& stamp, const Opened& opened) {
    if (!rows_.probe().ready) {
        return Error(fold::rows_unavailable, "what is decided could not be kept");
    }
    const control::SnapshotPtr control = control_.latest();
    if (!control_.is_fresh(stamp.recorded_at)) {
        return basis_stale;
    }
    if (const auto* addressed = std::get_if<citizen::AddressedCommand>(&command)) {
        return decide_addressed(*addressed, head, stamp, opened, *control);
    }
    CHOPMARK_TRY(check_sender(head));
    CHOPMARK_ASSIGN(schema::Event event,
                    std::visit([this](const auto& own) { return decide_own(own); },
                               std::get<PartitionCommand>(command)));
    complete_heads(event, head, control->basis);
    return Drafted{std::move(event), KeyIndex()};
}

Result<Drafted> CitizenDomain::decide_addressed(const citizen::AddressedCommand& command,
                                                const CommandHead& head, const record::Stamp& stamp,
                                                const Opened& opened,
                                                const control::Snapshot& control) {
    CHOPMARK_ASSIGN(const StatePtr found, citizens_.current(command.account));
    CHOPMARK_ASSIGN(const SlotPtr slot, slots_.current(slot_of(command.account)));
    const citizen::State& state = found ? *found : nobody;
    CHOPMARK_ASSIGN(const HolderPtr holder, holder_of(command, state));
    const Context context{
        stamp, *control.state, opened, head, slot ? slot.get() : &empty_slot, holder.get()};
    CHOPMARK_ASSIGN(schema::Event event, citizen::decide_command(state, command.command, context));
    CHOPMARK_ASSIGN(const KeyIndex key_index, key_index_of(event, state, context, command.account));
    complete_heads(event, head, control.basis);
    schema::LinkHead& link = schema::link_head(event);
    link.set_account_id(command.account.to_bytes());
    link.set_key_index(key_index.value());
    link.set_citizen_version(citizen::concerns_citizen(event) ? state.version + 1 : 0);
    CHOPMARK_TRY(number_for_client(event));
    return Drafted{std::move(event), key_index};
}

/// A person keeps the index for life, through every re-registration; a new one gets the next.
Result<KeyIndex> CitizenDomain::key_index_of(const schema::Event& event,
                                             const citizen::State& state, const Context& context,
                                             const AccountId& account) const {
    if (!citizen::concerns_citizen(event)) {
        return state.account.key_index;  // zero where there is no account
    }
    if (!std::holds_alternative<schema::AccountRegistered>(event)) {
        return state.account.key_index;
    }
    if (context.holder != nullptr) {
        return context.holder->key_index;
    }
    return citizen::next_key_index(*context.slot, slot_of(account));
}

/// What the event makes of the newest versions. `record` is given where the event came without its
/// personal layer.
Result<CitizenDomain::Change> CitizenDomain::change_of(const schema::Event& event,
                                                       const record::Stamp& stamp,
                                                       const record::Record* record) {
    Change change;
    CHOPMARK_TRY(change_counters(change, event));
    const auto account = AccountId::from_bytes(schema::link_head(event).account_id());
    if (!account) {
        return change;
    }
    if (citizen::concerns_citizen(event)) {
        CHOPMARK_ASSIGN(const StatePtr before, citizens_.current(*account));
        auto after = std::make_shared<citizen::State>(before ? *before : nobody);
        citizen::fold(*after, event, stamp);
        change.citizen.emplace(*account, std::move(after));
        CHOPMARK_TRY(change_card(change, event, stamp, record));
    }
    if (citizen::concerns_slot(event)) {
        CHOPMARK_ASSIGN(const SlotPtr before, slots_.current(slot_of(*account)));
        auto after = std::make_shared<citizen::SlotState>(before ? *before : empty_slot);
        citizen::fold(*after, event, stamp);
        change.slot.emplace(slot_of(*account), std::move(after));
    }
    return change;
}

/// The card index: the one fold that reads a personal layer. When that is erased there is no row to
/// make, which is what SubjectErased would have left.
Result<void> CitizenDomain::change_card(Change& change, const schema::Event& event,
                                        const record::Stamp& stamp, const record::Record* record) {
    const citizen::State& state = *change.citizen->second;
    PersonKey person{slot_of(change.citizen->first), state.account.person};
    if (const auto* registered = std::get_if<schema::AccountRegistered>(&event)) {
        schema::Event opened;
        if (record != nullptr && !registered->has_personal()) {
            auto personal = vault_.open_personal(*record);
            if (!personal) {
                const bool gone = personal.error().kind() == Kind::expired;
                return gone ? Result<void>() : Result<void>(personal.error());
            }
            opened = *std::move(personal);
            registered = std::get_if<schema::AccountRegistered>(&opened);
        }
        const CardKey key{person.slot, card_token_(registered->personal().card())};
        citizen::CardHolder holder;
        citizen::evolve(holder, *registered, stamp);
        change.card.emplace(key, std::make_shared<const citizen::CardHolder>(holder));
        change.card_of.emplace(person, std::make_shared<const CardKey>(key));
        return {};
    }
    const auto* closed = std::get_if<schema::AccountClosed>(&event);
    const auto* erased = std::get_if<schema::SubjectErased>(&event);
    if (erased != nullptr) {
        // The document names its person no longer; the event does.
        const auto named = PersonId::from_bytes(erased->link().person_id());
        person.person = named.value_or(PersonId());
    } else if (closed == nullptr) {
        return {};
    }
    CHOPMARK_ASSIGN(const auto key, card_of_.current(person));
    if (!key) {
        return {};
    }
    if (erased != nullptr) {
        change.card.emplace(*key, nullptr);
        change.card_of.emplace(person, nullptr);
        return {};
    }
    CHOPMARK_ASSIGN(const HolderPtr before, cards_.current(*key));
    if (before) {
        citizen::CardHolder holder = *before;
        citizen::evolve(holder, *closed, stamp);
        change.card.emplace(*key, std::make_shared<const citizen::CardHolder>(holder));
    }
    return {};
}

Result<void> CitizenDomain::each_part(const Change& change, auto&& act) {
    const auto one = [&](auto& table, const auto& part) -> Result<void> {
        return part ? act(table, part->first, part->second) : Result<void>();
    };
    CHOPMARK_TRY(one(citizens_, change.citizen));
    CHOPMARK_TRY(one(slots_, change.slot));
    CHOPMARK_TRY(one(cards_, change.card));
    CHOPMARK_TRY(one(card_of_, change.card_of));
    for (const auto& [client, counter] : change.rp_seq) {
        CHOPMARK_TRY(act(rp_seq_, client, counter));
    }
    return {};
}

Result<void> CitizenDomain::stage(const Drafted& draft, const record::Stamp& stamp) {
    CHOPMARK_ASSIGN(Change change, change_of(draft.event, stamp, nullptr));
    CHOPMARK_TRY(each_part(change, [](auto& table, const auto& key, const auto& version) {
        return table.stage(key, version);
    }));
    staged_.push_back(std::move(change));
    return {};
}

Result<void> CitizenDomain::fold(const journal::Entry& entry, const record::Stamp& stamp,
                                 const schema::Event& event) {
    if (const auto* attested = std::get_if<schema::StateAttested>(&event)) {
        CHOPMARK_TRY(compare(*attested, sums(), entry.sequence, books_));
    }
    Change change;
    if (!staged_.empty()) {  // the executor lands what was staged in order
        change = std::move(staged_.front());
        staged_.pop_front();
        CHOPMARK_TRY(each_part(change, [](auto& table, const auto& key, const auto&) {
            table.land(key);
            return Result<void>();
        }));
    } else {
        CHOPMARK_ASSIGN(change, change_of(event, stamp, &entry.record));
        CHOPMARK_TRY(each_part(change, [](auto& table, const auto& key, const auto& version) {
            return table.put(key, version);
        }));
    }
    note(change, event, stamp);
    position_ = Sequence(entry.sequence.value() + 1);
    return {};
}

Result<void> CitizenDomain::fold_log_record(const journal::Entry& entry) {
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(entry.record.leaf));
    if (!journal::has_fixed_tail(prelude.type)) {
        ++books_.expired;
    }
    position_ = Sequence(entry.sequence.value() + 1);
    return {};
}

void CitizenDomain::drop_overlay() {
    staged_.clear();
    citizens_.drop_staged();
    slots_.drop_staged();
    cards_.drop_staged();
    card_of_.drop_staged();
    rp_seq_.drop_staged();
}

Result<void> CitizenDomain::flush() {
    if (flushed_ == position_) {
        return {};
    }
    std::vector<fold::RowBatch> batches;
    batches.reserve(7);
    const auto write = [&](auto& versions, const fold::TablePtr& table) {
        fold::RowBatch& batch = batches.emplace_back(table);
        versions.flush([&](ByteView key, Bytes row) { batch.put(key, std::move(row)); },
                       [&](ByteView key) { batch.erase(key); });
    };
    write(citizens_, citizen_rows_);
    write(slots_, slot_rows_);
    write(cards_, card_rows_);
    write(card_of_, card_of_rows_);
    write(rp_seq_, rp_seq_rows_);
    fold::RowBatch& attention = batches.emplace_back(attention_rows_);
    for (const AccountId& account : attention_changed_) {
        if (attention_.contains(account)) {
            attention.put(account.bytes(), {});
        } else {
            attention.erase(account.bytes());
        }
    }
    for (const Slot slot : slot_attention_changed_) {
        if (slot_deadline_of_.contains(slot) || slots_claimed_.contains(slot)) {
            attention.put(fold::encode_row(slot), {});
        } else {
            attention.erase(fold::encode_row(slot));
        }
    }
    books_.sums = sums();
    fold::RowBatch& meta = batches.emplace_back(meta_rows_);
    meta.put(position_key, fold::encode_row(position_));
    meta.put(books_key, fold::encode_row(books_));
    std::vector<const fold::RowBatch*> all;
    for (const fold::RowBatch& batch : batches) {
        all.push_back(&batch);
    }
    CHOPMARK_TRY(rows_.commit(all, fold::Durability::buffered));
    citizens_.flushed(options_.hot_documents);
    slots_.flushed(options_.hot_documents);
    cards_.flushed(options_.hot_documents);
    card_of_.flushed(options_.hot_documents);
    rp_seq_.flushed(options_.hot_documents);
    attention_changed_.clear();
    slot_attention_changed_.clear();
    flushed_ = position_;
    return {};
}

Result<std::shared_ptr<const citizen::State>> CitizenDomain::find(const AccountId& account) {
    return citizens_.accepted(account);
}

Result<std::shared_ptr<const citizen::CardHolder>> CitizenDomain::find_holder(
    Slot slot, const citizen::CardToken& card) {
    return cards_.accepted({slot, card});
}

}  // namespace chopmark::runtime
