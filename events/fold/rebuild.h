// Makes a view anew from the journal, beside the live one, which keeps answering: build the rows up
// to a fixed position, follow until close, then let the live runner switch (design 7, A21). And the
// proof that it matters little when: the rows of any view at its position equal a rebuild up to it.
// Called from a thread of their own, for they take as long as they take; a crash or an error at any
// moment leaves the live view as it was, and LiveTables::open drops what was half-built.
#pragma once

#include "events/fold/compare.h"
#include "events/fold/partition_build.h"

namespace chopmark::fold {

/// Fills fresh tables with the rows of all records before `upto`, and their positions; durable when
/// it returns. Views may be of any scopes.
Result<BuildReport> build(const Runner::Surroundings& around,
                          const std::vector<Runner::Assigned>& views, const Positions& upto,
                          const BuildOptions& options);

/// Rebuilds views that `live` folds and lets it switch to the new tables, one after the other.
Result<BuildReport> rebuild(Runner& live, const Runner::Surroundings& around,
                            const std::vector<const View*>& views, const BuildOptions& options);

/// Compares the live rows (left) of a view with a rebuild (right) up to the same position.
Result<Difference> diff_rebuilt(const Runner::Surroundings& around, const View& view,
                                const BuildOptions& options);

}  // namespace chopmark::fold
