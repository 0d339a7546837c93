#include "anomaly/finding.h"

#include "events/crypto/digest.h"

namespace chopmark::anomaly {

AlertId alert_id(std::string_view rule, std::uint32_t version, ByteView key, Instant window_start) {
    Bytes name;
    append_big_endian(name, static_cast<std::uint32_t>(rule.size()));
    name.append(rule);
    append_big_endian(name, version);
    append_big_endian(name, static_cast<std::uint32_t>(key.size()));
    name.append(key);
    append_big_endian(name, window_start.micros());
    return AlertId(crypto::sha256({"chopmark/alert/1", name}).array());
}

schema::Entity to_message(const Entity& entity) {
    schema::Entity out;
    out.set_kind(entity.kind);
    out.set_id(entity.id);
    return out;
}

schema::RecordRef to_message(const Evidence& evidence) {
    schema::RecordRef out;
    out.set_partition(evidence.partition.value());
    out.set_sequence(evidence.sequence.value());
    out.set_event_id(evidence.event.to_bytes());
    return out;
}

schema::Measure to_message(const Measure& measure) {
    schema::Measure out;
    out.set_name(measure.name);
    out.set_observed(measure.observed);
    out.set_usual(measure.usual);
    out.set_unit(measure.unit);
    return out;
}

}  // namespace chopmark::anomaly
