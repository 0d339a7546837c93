#include "projections/history.h"

namespace chopmark::projections {

Bytes history_prefix(char tag, ByteView id) { return tag + Bytes(id); }

void put_history(char tag, ByteView id, const fold::OpenedEvent& event, fold::RowBatch& rows) {
    Bytes key = history_prefix(tag, id);
    append_big_endian(key, event.prelude().sequence.value());
    rows.put(std::move(key), fold::encode_row(record_row(event)));
}

Result<void> read_history(const fold::Reading& rows, const keys::EventVault& vault, char tag,
                          ByteView id, Personal personal,
                          const std::function<void(OpenedRecord&&)>& visit) {
    const auto row = rows.scan(fold::KeyRange::prefix(history_prefix(tag, id)));
    for (; row->valid(); row->next()) {
        CHOPMARK_ASSIGN(auto opened, open_row(row->value(), vault, personal));
        if (opened) {
            visit(*std::move(opened));
        }
    }
    return row->status();
}

}  // namespace chopmark::projections
