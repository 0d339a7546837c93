// Opening an embedded journal's store so that nothing acknowledged is ever dropped in silence
// (design 3, design-notes A10). The usual case costs a look at the log files, RocksDB's recovery
// and a walk over what recovery brought back. Where RocksDB refuses, or batches lie behind damage,
// a trial in memory shows what could be had, and the store stays down unless that is everything.
// Not safe from several threads; the caller holds the journal's lock.
#pragma once

#include "events/journal/embedded_store.h"
#include "events/journal/opening_records.h"
#include "events/journal/surroundings.h"

namespace chopmark::journal {

/// A partition had at least `next` records when `who` – state store, tiles, signer – last looked.
struct KnownHead {
    PartitionId partition;
    Sequence next;
    std::string who;
};

/// How an opening went, for the operator's log.
struct OpeningReport {
    bool founded = false;        // a new log was begun
    bool trial = false;          // damage or refusal made a trial necessary
    bool point_in_time = false;  // a torn, unacknowledged end was cut off
    std::uint64_t walked = 0;    // records taken through the accept rule again
};

struct OpenedStore {
    std::unique_ptr<EmbeddedStore> store;
    std::vector<AcceptRule> rules;  // by partition, standing at the heads
    OpeningReport report;
};

struct OpeningRequest {
    EmbeddedStore::Options store;
    Founding founding;
    Surroundings surroundings;
    std::vector<KnownHead> known_heads;
    std::function<void(const std::string&)> failed;  // see EmbeddedStore::open
};

/// journal.damaged names partition and sequence of what is missing, journal.foreign_log another
/// genesis, journal.not_ready an I/O error.
Result<OpenedStore> open_guarded(const OpeningRequest& request);

}  // namespace chopmark::journal
