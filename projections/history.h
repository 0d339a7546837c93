// All records about one thing – an alert, a case, an operator – under one prefix, oldest first, so
// that how it stands is told by a fold at query time. Views of class staff keep people and alerts
// this way: when a period is over its rows go, and what is left is what a rebuild would make, which
// a row that sums up several periods could not promise.
//
//   history row = tag:1 id sequence:u64 → record row                       (record_row.h)
#pragma once

#include <functional>

#include "projections/page.h"
#include "projections/record_row.h"

namespace chopmark::projections {

Bytes history_prefix(char tag, ByteView id);
/// Adds the event to the history of `id`.
void put_history(char tag, ByteView id, const fold::OpenedEvent& event, fold::RowBatch& rows);

/// Oldest first; those whose period is over are not there.
Result<void> read_history(const fold::Reading& rows, const keys::EventVault& vault, char tag,
                          ByteView id, Personal personal,
                          const std::function<void(OpenedRecord&&)>& visit);

/// A page of histories by id. `look(id, items)` adds what one gives.
template <class Item, class Look>
Result<Page<Item>> read_histories(const fold::Reading& rows, std::string_view query, char tag,
                                  std::size_t id_bytes, const PageRequest& request, Look&& look) {
    CHOPMARK_ASSIGN(const Bytes last, read_cursor(query, request.cursor));
    fold::KeyRange range = fold::KeyRange::prefix(ByteView(&tag, 1));
    if (!last.empty()) {
        range.begin = fold::KeyRange::prefix(history_prefix(tag, last)).end;
    }
    const std::size_t limit = page_limit(request);
    Page<Item> page;
    for (std::size_t looked = 0;;) {
        const auto row = rows.scan(range);
        if (!row->valid()) {
            CHOPMARK_TRY(row->status());
            return page;
        }
        const Bytes id(row->key().substr(1, id_bytes));
        CHOPMARK_TRY(look(id, page.items));
        if (++looked >= limits::query_scan_rows || page.items.size() >= limit) {
            page.next = make_cursor(query, id);
            return page;
        }
        range.begin = fold::KeyRange::prefix(history_prefix(tag, id)).end;
    }
}

}  // namespace chopmark::projections
