#include "projections/citizen_rows.h"

#include <algorithm>

#include "events/schema/codec.h"

namespace chopmark::projections {
namespace {

struct PersonRow {
    std::vector<AccountId> accounts;

    static void fields(auto& archive, PersonRow& row) { archive(row.accounts); }
};

Bytes person_key(KeyIndex person) {
    Bytes key;
    append_big_endian(key, slot_of(person).value());
    append_big_endian(key, person.value());
    return key;
}

KeyIndex person_of(const fold::OpenedEvent& event) {
    return KeyIndex(schema::link_head(event.event()).key_index());
}

Result<PersonRow> decode_person(const std::optional<Bytes>& bytes) {
    if (!bytes) {
        return PersonRow();
    }
    return fold::decode_row<PersonRow>(*bytes);
}

bool names(const PersonRow& row, const AccountId& account) {
    return std::find(row.accounts.begin(), row.accounts.end(), account) != row.accounts.end();
}

}  // namespace

Bytes account_prefix(const AccountId& account) {
    Bytes key;
    append_big_endian(key, slot_of(account).value());
    key.append(account.bytes());
    return key;
}

Bytes newest_first_key(const AccountId& account, Sequence sequence) {
    Bytes key = account_prefix(account);
    append_newest_first(key, sequence);
    return key;
}

std::optional<AccountId> account_of(const fold::OpenedEvent& event) {
    return AccountId::from_bytes(schema::link_head(event.event()).account_id());
}

Result<void> note_account(const fold::OpenedEvent& event, fold::RowBatch& rows) {
    const auto account = account_of(event);
    const KeyIndex person = person_of(event);
    if (!account || person == KeyIndex()) {
        return {};
    }
    CHOPMARK_ASSIGN(const auto bytes, rows.get(person_key(person)));
    CHOPMARK_ASSIGN(PersonRow row, decode_person(bytes));
    if (!names(row, *account)) {
        row.accounts.push_back(*account);
        rows.put(person_key(person), fold::encode_row(row));
    }
    return {};
}

Result<void> erase_person(const fold::OpenedEvent& event, fold::RowBatch& rows) {
    PersonRow row;
    if (const KeyIndex person = person_of(event); person != KeyIndex()) {
        CHOPMARK_ASSIGN(const auto bytes, rows.get(person_key(person)));
        CHOPMARK_ASSIGN(row, decode_person(bytes));
        rows.erase(person_key(person));
    }
    if (const auto account = account_of(event); account && !names(row, *account)) {
        row.accounts.push_back(*account);
    }
    for (const AccountId& account : row.accounts) {
        rows.erase_range(fold::KeyRange::prefix(account_prefix(account)));
    }
    return {};
}

Result<std::vector<AccountId>> accounts_of(const fold::Reading& rows, KeyIndex person) {
    CHOPMARK_ASSIGN(const auto bytes, rows.get(person_key(person)));
    CHOPMARK_ASSIGN(PersonRow row, decode_person(bytes));
    return std::move(row.accounts);
}

}  // namespace chopmark::projections
