// Records that nobody can open, for figures that only write and read: 600 bytes, shaped like an
// event, in boxes of constant bytes. Their event ids begin with the number of the client that sends
// them, by which whoever reads them knows whom to tell.
#pragma once

#include "events/journal/journal.h"

namespace chopmark::figures {

record::Record record_of_600_bytes(PartitionId partition, unsigned client, Instant at);

void name_client(record::Record& draft, unsigned client);
unsigned client_of(const journal::Entry& entry);

}  // namespace chopmark::figures
