// What the last steps do with the tool `chopmark log …`, run as a program of its own on a stopped
// node's folder or on a copy.
#pragma once

#include "ops/sandbox/journey_world.h"

namespace chopmark::sandbox {

/// `chopmark log verify --readable --json`: its report, good or not; an error if there is none.
Result<Json> verify_log(World& world, const std::filesystem::path& data);

/// Every partition of `heads` has in the report the same root, if it has the same size; a stopped
/// node has written nothing since.
Result<void> expect_same_roots(const Heads& heads, const Json& report);

/// Copies a data folder; the old copy goes.
Result<void> copy_folder(const std::filesystem::path& from, const std::filesystem::path& to);

/// Flips one bit of the first place where `needle` stands in a table file of the journal; the file
/// and offset, for people.
Result<std::string> flip_in_journal(const std::filesystem::path& data, ByteView needle);

}  // namespace chopmark::sandbox
