// What a detector has found: whom it is about, how sure it is, the numbers beside what is usual and
// the records that show it. Plain values, made from leaves and link boxes only; the explanation
// names nobody. ops turns each into control::RaiseAlert, which is unique by (alert, revision), so a
// finding may be handed on twice.
//
//   alert id = SHA-256("chopmark/alert/1" ‖ length:u32 rule ‖ version:u32 ‖ length:u32 key ‖
//                      window start:i64 µs)
#pragma once

#include <string>
#include <vector>

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/result.h"
#include "events/schema/alert.pb.h"

namespace chopmark::anomaly {

/// What one occurrence is worth.
enum class Grade : std::uint8_t {
    invariant = 1,    // proof of a fault or of fraud
    statistical = 2,  // unlikely to be ordinary
};

struct Entity {
    schema::Entity::Kind kind = schema::Entity::KIND_UNSPECIFIED;
    Bytes id;

    static void fields(auto& archive, Entity& row) { archive(row.kind, row.id); }
    friend bool operator==(const Entity&, const Entity&) = default;
};

/// A record of the journal.
struct Evidence {
    PartitionId partition;
    Sequence sequence;
    EventId event;

    static void fields(auto& archive, Evidence& row) {
        archive(row.partition, row.sequence, row.event);
    }
    friend bool operator==(const Evidence&, const Evidence&) = default;
};

struct Measure {
    std::string name;
    std::int64_t observed = 0;
    std::int64_t usual = 0;  // zero: should not be at all, or nothing is known
    std::string unit;

    static void fields(auto& archive, Measure& row) {
        archive(row.name, row.observed, row.usual, row.unit);
    }
    friend bool operator==(const Measure&, const Measure&) = default;
};

/// What a rule says; the fold adds who said it and where.
struct Draft {
    Grade grade = Grade::statistical;
    schema::Severity severity = schema::SEVERITY_LOW;
    Bytes key;  // of the rule's matter: what window and revision belong to
    Entity entity;
    std::vector<Entity> others;
    Instant window_start;
    std::uint32_t revision = 1;  // of this alert; rises by one
    std::uint32_t score_permille = 0;
    std::vector<Evidence> evidence;  // at most limits::alert_evidence
    std::vector<Measure> measures;
    std::string explanation;  // names nobody

    static void fields(auto& archive, Draft& row) {
        archive(row.grade, row.severity, row.key, row.entity, row.others, row.window_start,
                row.revision, row.score_permille, row.evidence, row.measures, row.explanation);
    }
    friend bool operator==(const Draft&, const Draft&) = default;
};

struct Finding {
    std::uint64_t number = 0;  // of this fold, from 1, without gaps
    AlertId alert;
    std::string rule;
    std::uint32_t rule_version = 0;
    std::uint64_t cut = 0;  // the last one folded before the record that completed the evidence
    Instant found_at;       // recorded_at of that record
    Draft what;

    static void fields(auto& archive, Finding& row) {
        archive(row.number, row.alert, row.rule, row.rule_version, row.cut, row.found_at, row.what);
    }
    friend bool operator==(const Finding&, const Finding&) = default;
};

AlertId alert_id(std::string_view rule, std::uint32_t version, ByteView key, Instant window_start);

/// For the command that raises it.
schema::Entity to_message(const Entity& entity);
schema::RecordRef to_message(const Evidence& evidence);
schema::Measure to_message(const Measure& measure);

}  // namespace chopmark::anomaly
