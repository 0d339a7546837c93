// Those rows of a partition's state that no sum covers (state_sums.h), made anew: for rows that
// another node has written. The attention rows follow from documents and slots, which are summed;
// the card index from the personal layers of three kinds of records, as change_card of
// CitizenDomain folds them. Called before the domain is opened for good; blocks, and walks the log
// up to the position of the rows. May be repeated, so a crash on the way does no harm.
#pragma once

#include "aggregates/runtime/citizen_domain.h"

namespace chopmark::runtime {

/// state.differs: what is summed is not what was written with the position; the other tables are
/// empty then. journal.beyond_end: the log ends before the rows do. Where no position is stored, or
/// one of another state_version, everything is to be folded anew.
Result<void> remake_unsummed(PartitionId partition, fold::RowStore& rows,
                             const journal::Journal& log, const keys::EventVault& vault,
                             const CardTokenOf& card_token);

}  // namespace chopmark::runtime
