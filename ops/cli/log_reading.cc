#include "ops/cli/log_reading.h"

#include <fmt/format.h>

#include <fstream>

#include "events/core/clock.h"
#include "events/keys/key_vault.h"
#include "events/schema/codec.h"
#include "events/schema/event.h"
#include "events/schema/json.h"
#include "events/tlog/merkle.h"
#include "ops/cli/console.h"
#include "ops/cli/offline_log.h"

namespace chopmark::cli {
namespace {

using nlohmann::ordered_json;

inline constexpr Reason no_such_type{"log.no_such_type", Kind::invalid};
inline constexpr Reason no_such_partition{"log.no_such_partition", Kind::invalid};
inline constexpr Reason no_such_record{"log.no_such_record", Kind::not_found};
inline constexpr Reason no_such_event{"log.no_such_event", Kind::not_found};
inline constexpr Reason bad_event_id{"log.bad_event_id", Kind::invalid};
inline constexpr Reason no_such_format{"log.no_such_format", Kind::invalid};
inline constexpr Reason cannot_write{"log.cannot_write", Kind::unavailable};

constexpr std::uint64_t progress_records = 4096;

std::string name_of(record::TypeNumber type) {
    if (type == journal::partition_opened) {
        return "PartitionOpened";
    }
    if (type == journal::term_opened) {
        return "TermOpened";
    }
    if (type == journal::nodes_withdrawn) {
        return "NodesWithdrawn";
    }
    const auto* info = schema::find_event(type);
    return info != nullptr ? std::string(info->name) : fmt::format("0x{:04x}", type.value());
}

std::optional<record::TypeNumber> type_named(std::string_view name) {
    for (const auto type :
         {journal::partition_opened, journal::term_opened, journal::nodes_withdrawn}) {
        if (name == name_of(type)) {
            return type;
        }
    }
    const auto* info = schema::find_event(name);
    return info != nullptr ? std::optional(info->type) : std::nullopt;
}

/// A record as it stands in the log.
struct Seen {
    PartitionId partition;
    Sequence sequence;
    record::Prelude prelude;
    record::Record record;
};

Result<Seen> seen(PartitionId partition, Sequence at, ByteView stored) {
    CHOPMARK_ASSIGN(record::Record record, record::decode_record(stored));
    CHOPMARK_ASSIGN(const record::Prelude prelude, record::decode_prelude(record.leaf));
    return Seen{partition, at, prelude, std::move(record)};
}

Result<schema::Event> leaf_event(const Seen& one) {
    return schema::decode(one.prelude.type, ByteView(one.record.leaf).substr(record::prelude_bytes),
                          std::nullopt, std::nullopt);
}

/// Prelude and leaf body; the body is absent where it is no Protobuf or of a newer version.
ordered_json leaf_json(const Seen& one) {
    const record::Prelude& prelude = one.prelude;
    ordered_json out{{"partition", one.partition.value()},
                     {"sequence", one.sequence.value()},
                     {"type", name_of(prelude.type)},
                     {"event", prelude.event_id.hex()},
                     {"recorded_at", to_string(prelude.recorded_at)},
                     {"term", prelude.term.value()},
                     {"leaf_hash", record::leaf_hash(one.record.leaf).hex()},
                     {"link_digest", prelude.link_digest.hex()},
                     {"personal_digest", prelude.personal_digest.hex()}};
    if (journal::has_fixed_tail(prelude.type)) {
        return out;
    }
    if (const auto event = leaf_event(one)) {
        out["leaf"] = schema::layer_to_json(*event, schema::Layer::leaf);
    }
    return out;
}

std::string outcome_of(const Seen& one) {
    if (journal::has_fixed_tail(one.prelude.type)) {
        return {};
    }
    const auto event = leaf_event(one);
    if (!event) {
        return std::string(event.error().reason.name);
    }
    const auto& head = schema::head(*event);
    return schema::Outcome_Name(head.outcome()) +
           (head.reason().empty() ? "" : " " + head.reason());
}

std::string line_of(const Seen& one) {
    return fmt::format("{:>3}/{:<9} {}  {:<24} {}  {}", one.partition.value(), one.sequence.value(),
                       to_string(one.prelude.recorded_at), name_of(one.prelude.type),
                       one.prelude.event_id.hex(), outcome_of(one));
}

Result<PartitionId> partition_in(const OfflineLog& log, std::uint16_t number) {
    if (number > log.reader->partitions()) {
        return Error(no_such_partition,
                     "the log has 0 to " + std::to_string(log.reader->partitions()));
    }
    return PartitionId(number);
}

Result<void> list(const ListOptions& options, Console& console) {
    CHOPMARK_ASSIGN(const OfflineLog log, open_offline_log(ops::DataFolder(options.data), {}));
    CHOPMARK_ASSIGN(const PartitionId partition, partition_in(log, options.partition));
    const auto wanted = type_named(options.type);
    if (!options.type.empty() && !wanted) {
        return Error(no_such_type, options.type);
    }
    ordered_json all = ordered_json::array();
    const auto rows = log.reader->walk(partition, Sequence(options.from));
    for (std::uint64_t shown = 0; rows->valid() && shown < options.limit; rows->next()) {
        CHOPMARK_ASSIGN(const Seen one, seen(partition, rows->sequence(), rows->stored()));
        if (wanted && one.prelude.type != *wanted) {
            continue;
        }
        ++shown;
        if (console.json()) {
            all.push_back(leaf_json(one));
        } else {
            console.line(line_of(one));
        }
    }
    CHOPMARK_TRY(rows->status());
    if (console.json()) {
        console.print(all);
    }
    return {};
}

Result<Seen> find_event(const OfflineLog& log, const EventId& id, Console& console) {
    const SystemClock clock;
    std::uint64_t looked = 0;
    for (std::uint32_t i = 0; i <= log.reader->partitions(); ++i) {
        const PartitionId partition(static_cast<std::uint16_t>(i));
        const auto rows = log.reader->walk(partition, Sequence(0));
        for (; rows->valid(); rows->next()) {
            const auto record = record::view_record(rows->stored());
            const auto prelude = record ? record::decode_prelude(record->leaf) : record.error();
            if (prelude && prelude->event_id == id) {
                console.clear_progress();
                return seen(partition, rows->sequence(), rows->stored());
            }
            if (++looked % progress_records == 0) {
                console.progress("searching", looked, 0, clock.now());
            }
        }
    }
    console.clear_progress();
    return Error(no_such_event, id.hex());
}

Result<Seen> wanted_record(const OfflineLog& log, const ShowOptions& options, Console& console) {
    if (!options.event.empty()) {
        const auto id = EventId::from_hex(options.event);
        if (!id) {
            return Error(bad_event_id, "32 hex digits");
        }
        return find_event(log, *id, console);
    }
    CHOPMARK_ASSIGN(const PartitionId partition, partition_in(log, options.partition));
    const Sequence at(options.sequence);
    const auto stored = journal::stored_at(*log.reader, partition, at);
    if (!stored) {
        return stored.error() == journal::beyond_end ? Error(no_such_record) : stored.error();
    }
    return seen(partition, at, *stored);
}

Result<void> add_layers(ordered_json& out, const Seen& one, const OfflineLog& log,
                        const ShowOptions& options) {
    if (journal::has_fixed_tail(one.prelude.type) || !(options.link || options.personal)) {
        return {};
    }
    if (options.personal) {
        CHOPMARK_TRY(
            keys::require_sandbox(log.genesis.facts().environment, "a look nobody records"));
    }
    CHOPMARK_ASSIGN(const auto keys, OfflineKeys::open(ops::DataFolder(options.data), log.genesis));
    const keys::KeyVault vault(keys->ring());
    CHOPMARK_ASSIGN(const schema::Event linked, vault.open(one.record));
    out["link"] = schema::layer_to_json(linked, schema::Layer::link);
    if (options.personal) {
        const auto opened = vault.open_personal(one.record);
        out["personal"] = opened ? schema::layer_to_json(*opened, schema::Layer::personal)
                                 : ordered_json(opened.error().reason.name);
    }
    return {};
}

/// "name: value" lines, nested ones moved in.
void print_tree(const ordered_json& value, std::size_t depth, Console& console) {
    for (const auto& [name, inner] : value.items()) {
        const std::string label = std::string(2 * depth, ' ') + name + ":";
        if (inner.is_structured()) {
            console.line(label);
            print_tree(inner, depth + 1, console);
        } else {
            console.line(fmt::format("{:<24} {}", label,
                                     inner.is_string() ? inner.get<std::string>() : inner.dump()));
        }
    }
}

Result<void> show(const ShowOptions& options, Console& console) {
    CHOPMARK_ASSIGN(const OfflineLog log, open_offline_log(ops::DataFolder(options.data), {}));
    CHOPMARK_ASSIGN(const Seen one, wanted_record(log, options, console));
    ordered_json out = leaf_json(one);
    CHOPMARK_TRY(add_layers(out, one, log, options));
    if (console.json()) {
        console.print(out);
    } else {
        print_tree(out, 0, console);
    }
    return {};
}

Result<void> export_partition(const OfflineLog& log, PartitionId partition,
                              const std::function<void(const ordered_json&)>& write) {
    tlog::RightEdge edge;
    const auto rows = log.reader->walk(partition, Sequence(0));
    for (; rows->valid(); rows->next()) {
        CHOPMARK_ASSIGN(const Seen one, seen(partition, rows->sequence(), rows->stored()));
        edge.append(record::leaf_hash(one.record.leaf));
        ordered_json line = leaf_json(one);
        line["leaf_bytes"] = to_base64(one.record.leaf);
        write(line);
    }
    CHOPMARK_TRY(rows->status());
    write({{"partition", partition.value()}, {"size", edge.size()}, {"root", edge.root().hex()}});
    return {};
}

Result<void> export_all(const ExportOptions& options, Console& console) {
    if (options.format != "jsonl") {
        return Error(no_such_format, options.format + "; there is jsonl");
    }
    CHOPMARK_ASSIGN(const OfflineLog log, open_offline_log(ops::DataFolder(options.data), {}));
    std::ofstream file;
    if (!options.out.empty()) {
        file.open(options.out, std::ios::binary | std::ios::trunc);
        if (!file) {
            return Error(cannot_write, options.out);
        }
    }
    const SystemClock clock;
    std::uint64_t written = 0;
    std::uint64_t total = 0;
    for (std::uint32_t i = 0; i <= log.reader->partitions(); ++i) {
        CHOPMARK_ASSIGN(const Sequence end,
                        log.reader->end(PartitionId(static_cast<std::uint16_t>(i))));
        total += end.value();
    }
    const auto write = [&](const ordered_json& line) {
        if (options.out.empty()) {
            console.line(line.dump());
            return;
        }
        file << line.dump() << '\n';
        if (++written % progress_records == 0) {
            console.progress("exporting", written, total, clock.now());
        }
    };
    for (std::uint32_t i = 0; i <= log.reader->partitions(); ++i) {
        CHOPMARK_TRY(export_partition(log, PartitionId(static_cast<std::uint16_t>(i)), write));
    }
    console.clear_progress();
    if (!options.out.empty() && !file.flush()) {
        return Error(cannot_write, options.out);
    }
    return {};
}

}  // namespace

void list_log(const ListOptions& options, Console& console) {
    if (const auto done = list(options, console); !done) {
        console.fail(done.error());
    }
}

void show_record(const ShowOptions& options, Console& console) {
    if (const auto done = show(options, console); !done) {
        console.fail(done.error());
    }
}

void export_log(const ExportOptions& options, Console& console) {
    if (const auto done = export_all(options, console); !done) {
        console.fail(done.error());
    }
}

}  // namespace chopmark::cli
