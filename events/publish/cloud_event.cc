#include "events/publish/cloud_event.h"

#include <charconv>

#include "events/journal/accept.h"
#include "events/schema/catalog.h"

namespace chopmark::publish {
namespace {

constexpr std::size_t sequence_digits = 20;
constexpr const char* protobuf = "application/protobuf";
constexpr const char* plain_bytes = "application/octet-stream";

const char* fixed_name(record::TypeNumber type) {
    if (type == journal::partition_opened) {
        return "PartitionOpened";
    }
    return type == journal::term_opened ? "TermOpened" : "NodesWithdrawn";
}

}  // namespace

journal::kafka::Outgoing in_binary_mode(CloudEvent event, Bytes key) {
    journal::kafka::Outgoing out{std::move(key), std::move(event.data), {}};
    const auto set = [&out](std::string name, std::string value) {
        if (!value.empty()) {
            out.headers.emplace_back(std::move(name), std::move(value));
        }
    };
    set("ce_specversion", "1.0");
    set(id_header, std::move(event.id));
    set(source_header, std::move(event.source));
    set("ce_type", std::move(event.type));
    set("ce_time", std::move(event.time));
    set("ce_subject", std::move(event.subject));
    for (auto& [name, value] : event.extensions) {
        set("ce_" + name, std::move(value));
    }
    set("content-type", std::move(event.content_type));
    return out;
}

std::string sequence_text(Sequence at) {
    const std::string digits = std::to_string(at.value());
    return std::string(sequence_digits - digits.size(), '0') + digits;
}

std::optional<Sequence> parse_sequence(ByteView text) {
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.size() != sequence_digits || parsed.ec != std::errc() ||
        parsed.ptr != text.data() + text.size()) {
        return std::nullopt;
    }
    return Sequence(value);
}

std::string source_of(const std::string& origin, const Digest& genesis, PartitionId partition) {
    const std::string log =
        partition == control_partition ? origin : origin + "/" + std::to_string(partition.value());
    return log + "#" + genesis.hex();
}

Result<std::string> type_name(record::TypeNumber type) {
    if (journal::has_fixed_tail(type)) {
        return std::string("chopmark.") + fixed_name(type);
    }
    const schema::EventInfo* info = schema::find_event(type);
    if (info == nullptr) {
        return Error(unknown_type, std::to_string(type.value()));
    }
    return "chopmark." + std::string(info->name);
}

Result<journal::kafka::Outgoing> public_leaf(const journal::Entry& entry, const std::string& source,
                                             const std::string& traceparent) {
    const ByteView leaf = entry.record.leaf;
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(leaf));
    CloudEvent event;
    CHOPMARK_ASSIGN(event.type, type_name(prelude.type));
    event.id = prelude.event_id.hex();
    event.source = source;
    event.time = to_string(prelude.recorded_at);
    event.content_type = journal::has_fixed_tail(prelude.type) ? plain_bytes : protobuf;
    // A TermOpened does not know its own place: the prelude's sequence is zero there.
    event.extensions = {{"sequence", sequence_text(entry.sequence)},
                        {"prelude", to_base64(leaf.substr(0, record::prelude_bytes))}};
    event.data = Bytes(leaf.substr(record::prelude_bytes));
    auto out = in_binary_mode(std::move(event), prelude.event_id.hex());
    if (!traceparent.empty()) {
        out.headers.emplace_back("traceparent", traceparent);
    }
    return out;
}

}  // namespace chopmark::publish
