// Which sequences of a sorted file hold NodesWithdrawn. A head needs every withdrawal since the
// beginning, and a journal of years cannot be walked at each start; so whoever writes a sorted file
// notes them in the file's own properties, where they are derived from its records and stand or
// fall with them. The database still holds records only.
//
//   property "chopmark.withdrawals" = sequence:u64*
#pragma once

#include <rocksdb/table_properties.h>

#include <memory>
#include <optional>
#include <vector>

#include "events/core/ids.h"

namespace chopmark::journal {

std::shared_ptr<rocksdb::TablePropertiesCollectorFactory> withdrawal_collectors();

/// Nothing when the file was written without a collector, or the property is not sound.
std::optional<std::vector<Sequence>> withdrawals_in(const rocksdb::TableProperties& properties);

/// Whether a stored record is a NodesWithdrawn; false for bytes that are no record.
bool holds_withdrawal(ByteView stored);

}  // namespace chopmark::journal
