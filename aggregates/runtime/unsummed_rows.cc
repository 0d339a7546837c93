#include "aggregates/runtime/unsummed_rows.h"

#include "aggregates/citizen/request_claimed.h"
#include "aggregates/runtime/citizen_tables.h"
#include "events/schema/codec.h"
#include "events/schema/event.h"

namespace chopmark::runtime {
namespace {

/// Rows written at once.
constexpr std::size_t rows_at_once = 4096;

bool concerns_cards(record::TypeNumber type) {
    return type == schema::info<schema::AccountRegistered>().type ||
           type == schema::info<schema::AccountClosed>().type ||
           type == schema::info<schema::SubjectErased>().type;
}

bool is_gone(const Error& error) { return error.kind() == Kind::expired; }

class UnsummedRows {
  public:
    UnsummedRows(PartitionId partition, fold::RowStore& rows, const keys::EventVault& vault,
                 const CardTokenOf& card_token)
        : partition_(partition), rows_(rows), vault_(vault), card_token_(card_token) {}

    Result<void> drop() {
        for (const std::string_view name : {card_table, card_of_table, attention_table}) {
            CHOPMARK_ASSIGN(const auto old, table(name));
            CHOPMARK_TRY(rows_.drop(old));
        }
        return {};
    }
    Result<void> remake_attention();
    Result<void> remake_cards(const journal::Journal& log, Sequence end);

  private:
    [[nodiscard]] Result<fold::TablePtr> table(std::string_view name) {
        return open_table(rows_, name, partition_);
    }
    Result<void> take(const journal::Entry& entry, fold::RowBatch& cards,
                      fold::RowBatch& card_of) const;
    Result<void> take_registered(const journal::Entry& entry, Slot slot, const record::Stamp& stamp,
                                 fold::RowBatch& cards, fold::RowBatch& card_of) const;

    const PartitionId partition_;
    fold::RowStore& rows_;
    const keys::EventVault& vault_;
    const CardTokenOf& card_token_;
};

Result<void> UnsummedRows::remake_attention() {
    CHOPMARK_ASSIGN(const auto documents, table(citizen_table));
    CHOPMARK_ASSIGN(const auto slots, table(slot_table));
    CHOPMARK_ASSIGN(const auto attention, table(attention_table));
    fold::RowBatch batch(attention);
    const auto document = rows_.latest().scan(*documents, fold::KeyRange::all());
    for (; document->valid(); document->next()) {
        CHOPMARK_ASSIGN(const auto state, fold::decode_row<citizen::State>(document->value()));
        if (citizen::next_due(state) || !citizen::outstanding(state).empty()) {
            batch.put(document->key(), {});
        }
    }
    CHOPMARK_TRY(document->status());
    const auto slot = rows_.latest().scan(*slots, fold::KeyRange::all());
    for (; slot->valid(); slot->next()) {
        CHOPMARK_ASSIGN(const auto state, fold::decode_row<citizen::SlotState>(slot->value()));
        if (citizen::next_due(state.requests) || citizen::has_claimed(state.requests)) {
            batch.put(slot->key(), {});
        }
    }
    CHOPMARK_TRY(slot->status());
    const fold::RowBatch* const batches[] = {&batch};
    return rows_.commit(batches, fold::Durability::buffered);
}

Result<void> UnsummedRows::remake_cards(const journal::Journal& log, Sequence end) {
    CHOPMARK_ASSIGN(const auto card_rows, table(card_table));
    CHOPMARK_ASSIGN(const auto card_of_rows, table(card_of_table));
    fold::RowBatch cards(card_rows, rows_.latest());
    fold::RowBatch card_of(card_of_rows, rows_.latest());
    const fold::RowBatch* const batches[] = {&cards, &card_of};
    for (Sequence next; next < end;) {
        CHOPMARK_ASSIGN(const auto page, log.read(partition_, next, {}));
        if (page.empty()) {
            return Error(journal::beyond_end, "the log ends before the rows do");
        }
        for (const auto& entry : page) {
            CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(entry->record.leaf));
            if (entry->sequence < end && concerns_cards(prelude.type)) {
                CHOPMARK_TRY(take(*entry, cards, card_of));
            }
        }
        next = Sequence(page.back()->sequence.value() + 1);
        if (cards.rows().size() >= rows_at_once) {
            CHOPMARK_TRY(rows_.commit(batches, fold::Durability::buffered));
            cards.clear();
            card_of.clear();
        }
    }
    return rows_.commit(batches, fold::Durability::synced);
}

Result<void> UnsummedRows::take(const journal::Entry& entry, fold::RowBatch& cards,
                                fold::RowBatch& card_of) const {
    const auto event = vault_.open(entry.record);
    if (!event) {
        return is_gone(event.error()) ? Result<void>() : Result<void>(event.error());
    }
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(entry.record.leaf));
    const record::Stamp stamp{prelude.event_id, prelude.recorded_at};
    const auto account = AccountId::from_bytes(schema::link_head(*event).account_id());
    const Slot slot = slot_of(account.value_or(AccountId()));
    if (std::holds_alternative<schema::AccountRegistered>(*event)) {
        return take_registered(entry, slot, stamp, cards, card_of);
    }
    const auto* closed = std::get_if<schema::AccountClosed>(&*event);
    const auto person = PersonId::from_bytes(
        closed != nullptr ? closed->link().person_id()
                          : std::get<schema::SubjectErased>(*event).link().person_id());
    const Bytes person_key = fold::encode_row(PersonKey{slot, person.value_or(PersonId())});
    CHOPMARK_ASSIGN(const auto key, card_of.get(person_key));
    if (!key) {
        return {};
    }
    if (closed == nullptr) {
        cards.erase(*key);
        card_of.erase(person_key);
        return {};
    }
    CHOPMARK_ASSIGN(const auto row, cards.get(*key));
    if (row) {
        CHOPMARK_ASSIGN(auto holder, fold::decode_row<citizen::CardHolder>(*row));
        citizen::evolve(holder, *closed, stamp);
        cards.put(*key, fold::encode_row(holder));
    }
    return {};
}

/// Whose personal layer is erased leaves no row, which is what SubjectErased would have left.
Result<void> UnsummedRows::take_registered(const journal::Entry& entry, Slot slot,
                                           const record::Stamp& stamp, fold::RowBatch& cards,
                                           fold::RowBatch& card_of) const {
    const auto event = vault_.open_personal(entry.record);
    if (!event) {
        return is_gone(event.error()) ? Result<void>() : Result<void>(event.error());
    }
    const auto& registered = std::get<schema::AccountRegistered>(*event);
    const CardKey key{slot, card_token_(registered.personal().card())};
    citizen::CardHolder holder;
    citizen::evolve(holder, registered, stamp);
    cards.put(fold::encode_row(key), fold::encode_row(holder));
    card_of.put(fold::encode_row(PersonKey{slot, holder.person}), fold::encode_row(key));
    return {};
}

}  // namespace

Result<void> remake_unsummed(PartitionId partition, fold::RowStore& rows,
                             const journal::Journal& log, const keys::EventVault& vault,
                             const CardTokenOf& card_token) {
    UnsummedRows unsummed(partition, rows, vault, card_token);
    Sequence end;
    {
        // Adds the rows up, and says how far they go.
        const control::Snapshots none;
        CitizenDomain domain(partition, rows, none, vault, card_token);
        CHOPMARK_TRY(unsummed.drop());
        CHOPMARK_TRY(domain.open());
        end = domain.position();
    }
    CHOPMARK_TRY(unsummed.remake_attention());
    return unsummed.remake_cards(log, end);
}

}  // namespace chopmark::runtime
