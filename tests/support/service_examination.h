// What is asked of a service after it was hurt: whether its views are those that its log gives,
// whether its log is good, and what detection finds in that log when nothing interrupts it. Each
// question says in words what is wrong. For one thread.
#pragma once

#include <set>

#include "ops/sandbox/staff.h"
#include "ops/storage.h"

namespace chopmark::test {

/// An alert's revision.
using Raised = std::pair<AlertId, std::uint32_t>;

/// What differs, view by view, from rows folded anew; empty: nothing. The node of `admin` runs.
Result<std::string> differing_views(sandbox::StaffClient& admin);
/// The report of `tool log verify --readable`, as JSON; its "good" says it all. Nobody has the
/// folder open.
Result<sandbox::Json> verified_log(const std::string& tool, const ops::DataFolder& data);
/// What detection finds in the log from its beginning on, in one go.
Result<std::set<Raised>> found_in_one_go(ops::Storage& storage);

}  // namespace chopmark::test
