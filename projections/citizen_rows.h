// What the citizens' views have in common: their keys, and how all rows of a person are found when
// she is erased. Every key begins with the two bytes of the slot (design 7), so a rebuild folds
// slot by slot. A person may have had several accounts, one after another, all in one slot; each
// table keeps for her one row that names those it has rows of.
//
//   account prefix = slot:u16 account:16                     ; of every row about an account
//                                     ; then mostly newest_first:u64, newest_first.h
//   person row     = slot:u16 key_index:u64 → count:u32 account:16*
#pragma once

#include <optional>
#include <vector>

#include "events/fold/live_tables.h"
#include "events/fold/opened_event.h"
#include "events/fold/row_batch.h"
#include "events/fold/row_codec.h"
#include "projections/newest_first.h"

namespace chopmark::projections {

Bytes account_prefix(const AccountId& account);
Bytes newest_first_key(const AccountId& account, Sequence sequence);

/// Nothing for an event about no citizen.
std::optional<AccountId> account_of(const fold::OpenedEvent& event);

/// Names the event's account in the row of its person, where it is not named yet.
Result<void> note_account(const fold::OpenedEvent& event, fold::RowBatch& rows);
/// For SubjectErased: every row of the person's accounts and the row that names them.
Result<void> erase_person(const fold::OpenedEvent& event, fold::RowBatch& rows);

/// The accounts that a table has rows of, in the order in which they came.
Result<std::vector<AccountId>> accounts_of(const fold::Reading& rows, KeyIndex person);

/// The first row under `prefix`, in key order, that `matches`; with its key.
template <class Row, class Matches>
Result<std::optional<std::pair<Bytes, Row>>> find_row(const fold::RowBatch& rows, ByteView prefix,
                                                      Matches&& matches) {
    std::optional<std::pair<Bytes, Row>> found;
    Result<void> readable;
    CHOPMARK_TRY(rows.scan(fold::KeyRange::prefix(prefix), [&](ByteView key, ByteView value) {
        auto row = fold::decode_row<Row>(value);
        if (!row) {
            readable = std::move(row).error();
            return false;
        }
        if (matches(*row)) {
            found.emplace(Bytes(key), *std::move(row));
        }
        return !found;
    }));
    CHOPMARK_TRY(readable);
    return found;
}

}  // namespace chopmark::projections
