// Records for tests of the journal: drafts as an executor would hand them in, and placed leaves as
// a committer – honest or not – would write them.
#pragma once

#include "events/journal/opening_records.h"
#include "events/record/record.h"

namespace chopmark::test {

inline constexpr record::TypeNumber some_type{0x0301};

/// A draft without placement; `text` stands for the body and both boxes.
record::Record draft(PartitionId partition, std::string_view text,
                     record::TypeNumber type = some_type);

/// The body that draft() was given.
std::string body_of(const record::Record& record);

/// The draft at a place.
record::Record placed(record::Record record, const record::Placement& placement);

/// The place behind `head`, as its current writer would fill it.
record::Placement behind(const journal::Head& head);

/// The same for the same name, and no other's.
WriterId writer_named(std::string_view name);

/// A founding whose document is `text`.
journal::Founding founding_of(std::string_view text, std::uint16_t partitions = 3);

}  // namespace chopmark::test
