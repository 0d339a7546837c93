// What the embedded journal keeps of one partition. For embedded*.cc only.
#pragma once

#include "events/journal/embedded.h"
#include "events/journal/recent_entries.h"

namespace chopmark::journal {

/// The rule is the committer's own and runs ahead of `head` while a write is in flight; audience
/// and followers guard themselves; the rest is under the journal's mutex.
struct EmbeddedJournal::Lane {
    explicit Lane(PartitionId id) : partition(id) {}

    const PartitionId partition;
    std::optional<AcceptRule> rule;
    std::vector<EntryPtr> batch;  // of the write in flight

    Audience audience;
    Followers followers;

    Head head;
    TermLifePtr life;
    RecentEntries recent;
};

struct EmbeddedJournal::TermRequest {
    PartitionId partition;
    Observer* observer;
    std::optional<Result<TermLifePtr>> outcome;
};

/// What the committer does next: one of these, or nothing when it is time to stop.
struct EmbeddedJournal::Work {
    std::vector<QueuedDraft> drafts;
    std::shared_ptr<TermRequest> term;
    std::optional<std::string> failure;
    bool stop = false;
};

}  // namespace chopmark::journal
