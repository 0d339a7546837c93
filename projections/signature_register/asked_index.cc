#include "projections/signature_register/asked_index.h"

namespace chopmark::signature_register {

bool AskedIndex::wants(record::TypeNumber type) const {
    return type == schema::info<schema::SignatureAsked>().type;
}

Result<void> AskedIndex::apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const {
    const auto* asked = std::get_if<schema::SignatureAsked>(&event.event());
    if (asked == nullptr || asked->link().business_id_token().empty()) {
        return {};
    }
    Bytes key = asked->link().business_id_token();
    append_big_endian(key, event.entry().partition.value());
    rows.put(std::move(key), event.prelude().event_id.to_bytes());
    return {};
}

Result<std::vector<EventId>> find_asked(const fold::Reading& rows, ByteView business_id) {
    std::vector<EventId> found;
    auto row = rows.scan(fold::KeyRange::prefix(business_id));
    for (; row->valid(); row->next()) {
        const auto id = EventId::from_bytes(row->value());
        if (!id) {
            return Error(fold::rows_damaged, std::string(AskedIndex::view_name));
        }
        found.push_back(*id);
    }
    CHOPMARK_TRY(row->status());
    return found;
}

}  // namespace chopmark::signature_register
