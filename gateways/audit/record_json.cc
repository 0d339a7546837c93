#include "gateways/audit/record_json.h"

#include "events/schema/json.h"

namespace chopmark::audit {
namespace {

using projections::PersonalLayer;
using service::Json;

std::string_view name_of(PersonalLayer layer) {
    switch (layer) {
        case PersonalLayer::absent:
            return "absent";
        case PersonalLayer::sealed:
            return "sealed";
        case PersonalLayer::opened:
            return "opened";
        case PersonalLayer::gone:
            return "gone";
        case PersonalLayer::damaged:
            return "damaged";
    }
    return {};
}

}  // namespace

std::string type_name(record::TypeNumber type) {
    if (const schema::EventInfo* info = schema::find_event(type)) {
        return std::string(info->name);
    }
    Bytes number;
    append_big_endian(number, type.value());
    return to_hex(number);
}

Result<Json> leaf_to_json(const journal::Entry& entry, const keys::EventVault& vault) {
    CHOPMARK_ASSIGN(const record::Prelude prelude, record::decode_prelude(entry.record.leaf));
    Json out{{"sequence", entry.sequence.value()},
             {"type", type_name(prelude.type)},
             {"event", prelude.event_id.hex()},
             {"recorded_at", prelude.recorded_at.millis()},
             {"leaf_hash", entry.leaf_hash.hex()},
             {"leaf", to_base64(entry.record.leaf)},
             {"fields", Json()}};
    if (schema::find_event(prelude.type) != nullptr) {
        CHOPMARK_ASSIGN(const schema::Event event, vault.open_leaf(entry.record));
        out["fields"] = Json(schema::layer_to_json(event, schema::Layer::leaf));
    }
    return out;
}

Json record_to_json(const projections::OpenedRecord& record) {
    Json out{{"event", record.prelude.event_id.hex()},
             {"type", type_name(record.prelude.type)},
             {"recorded_at", record.prelude.recorded_at.millis()},
             {"partition", record.prelude.partition.value()},
             {"sequence", record.prelude.sequence.value()},
             {"leaf", Json(schema::layer_to_json(record.event, schema::Layer::leaf))},
             {"link", Json(schema::layer_to_json(record.event, schema::Layer::link))},
             {"personal_layer", name_of(record.personal)}};
    out["personal"] = record.personal == PersonalLayer::opened
                          ? Json(schema::layer_to_json(record.event, schema::Layer::personal))
                          : Json();
    return out;
}

}  // namespace chopmark::audit
