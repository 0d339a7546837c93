// A CloudEvent 1.0 (cloudevents/spec, v1.0.2) and how it goes onto Kafka in binary mode: attributes
// as headers `ce_…`, the data as the value, its media type as `content-type`. A leaf of the journal
// as such an event, for the public topic: the data is what follows the prelude, and the prelude is
// an attribute, so that a reader who trusts nobody can put the leaf together and prove it against a
// signed checkpoint – SHA-256(0x00 ‖ prelude ‖ data). No box is ever seen here. Pure.
#pragma once

#include "events/journal/journal.h"
#include "events/journal/kafka_client.h"

namespace chopmark::publish {

/// A record's type that this version of the software has no name for.
inline constexpr Reason unknown_type{"publish.unknown_type", Kind::conflict};

inline constexpr const char* id_header = "ce_id";
inline constexpr const char* source_header = "ce_source";
inline constexpr const char* sequence_header = "ce_sequence";

/// Empty attributes are absent. `id` and `source` together name one occurrence for ever.
struct CloudEvent {
    std::string id;
    std::string source;  // a URI reference
    std::string type;
    std::string time;  // RFC 3339
    std::string subject;
    std::string content_type;
    /// Lower-case letters and digits, at most 20 of them.
    std::vector<std::pair<std::string, std::string>> extensions;
    Bytes data;
};

journal::kafka::Outgoing in_binary_mode(CloudEvent event, Bytes key);

/// Digits that sort as text, as the extension `sequence` wants them.
std::string sequence_text(Sequence at);
std::optional<Sequence> parse_sequence(ByteView text);

/// Where a partition's records come from: the origin of its signed checkpoints, which alone may be
/// given twice, and the genesis, which is not.
std::string source_of(const std::string& origin, const Digest& genesis, PartitionId partition);

/// "chopmark.LoginApproved"; publish.unknown_type.
Result<std::string> type_name(record::TypeNumber type);

/// `traceparent` may be empty. publish.unknown_type.
Result<journal::kafka::Outgoing> public_leaf(const journal::Entry& entry, const std::string& source,
                                             const std::string& traceparent);

}  // namespace chopmark::publish
