// Pages of answers. A query walks rows in key order and gives at most a page of what it looks for,
// having looked at no more than limits::query_scan_rows; the cursor says where it stopped, so that
// a page may be short, or empty, and still not be the last. A cursor names a row, not a count: rows
// that come or go between two pages neither repeat nor hide another. Safe from any thread.
//
//   cursor = hex(query 0x00 tail)      ; tail: what follows the prefix in the key of that row
//
// Cursors are opaque to clients but hold no secret and grant nothing: the prefix – whose rows are
// walked – comes from the caller, never from the cursor.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "events/core/limits.h"
#include "events/fold/live_tables.h"

namespace chopmark::projections {

/// The cursor is none of this query.
inline constexpr Reason bad_cursor{"view.bad_cursor", Kind::invalid};

struct PageRequest {
    std::string cursor;                           // of the page before; empty: the first page
    std::size_t limit = limits::query_page_rows;  // at least one, at most so many
};

template <class Item>
struct Page {
    std::vector<Item> items;
    std::string next;  // empty: this was the last
};

std::size_t page_limit(const PageRequest& request);

std::string make_cursor(std::string_view query, ByteView tail);
/// The tail; empty for an empty cursor.
Result<Bytes> read_cursor(std::string_view query, std::string_view cursor);

enum class Walk : std::uint8_t { on, end };

/// One page of the rows under `prefix`. `look(key, value, items)` adds what a row gives and says
/// whether rows further on may give more.
template <class Item, class Look>
Result<Page<Item>> read_page(const fold::Reading& rows, std::string_view query, ByteView prefix,
                             const PageRequest& request, Look&& look) {
    CHOPMARK_ASSIGN(const Bytes tail, read_cursor(query, request.cursor));
    fold::KeyRange range = fold::KeyRange::prefix(prefix);
    if (!tail.empty()) {
        range.begin = Bytes(prefix) + tail + '\0';
    }
    const std::size_t limit = page_limit(request);
    Page<Item> page;
    const auto row = rows.scan(range);
    for (std::size_t looked = 0; row->valid(); row->next()) {
        CHOPMARK_ASSIGN(const Walk walk, look(row->key(), row->value(), page.items));
        if (walk == Walk::end) {
            return page;
        }
        if (++looked >= limits::query_scan_rows || page.items.size() >= limit) {
            page.next = make_cursor(query, row->key().substr(prefix.size()));
            return page;
        }
    }
    CHOPMARK_TRY(row->status());
    return page;
}

}  // namespace chopmark::projections
