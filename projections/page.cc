#include "projections/page.h"

#include <algorithm>

namespace chopmark::projections {

std::size_t page_limit(const PageRequest& request) {
    return std::clamp(request.limit, std::size_t{1}, limits::query_page_rows);
}

std::string make_cursor(std::string_view query, ByteView tail) {
    Bytes plain(query);
    plain.push_back('\0');
    plain.append(tail);
    return to_hex(plain);
}

Result<Bytes> read_cursor(std::string_view query, std::string_view cursor) {
    if (cursor.empty()) {
        return Bytes();
    }
    if (cursor.size() > 2 * limits::query_cursor_bytes) {
        return bad_cursor;
    }
    const auto plain = from_hex(cursor);
    if (!plain || plain->size() <= query.size() + 1 || plain->substr(0, query.size()) != query ||
        (*plain)[query.size()] != '\0') {
        return bad_cursor;
    }
    return plain->substr(query.size() + 1);
}

}  // namespace chopmark::projections
