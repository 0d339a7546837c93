// How a node with an empty disk starts from a checkpoint that another node has made
// (ops/checkpoint/checkpoints.h), believing as little of it as can be
// (ops/decisions/0018-from-a-checkpoint.md). start_from() is for the tool, at a node that is
// enrolled, has its keys, and has neither journal nor rows: nothing is put in place before
//   - the manifest is signed by a node of this deployment, and every file is what it says;
//   - the journal is a whole log by itself: accept rule, boxes, trees against cuts, the roots of
//     the manifest (verify::LogVerifier);
//   - its control partition, and of the others what no cut counts, is in the topic, record for
//     record; and the journal reaches as far as the rows.
// Of the rows, those with sums are taken over. The daemon's next start does the rest before it
// serves: it adds them up, and makes everything else anew from the journal – control, card index,
// attention, trees, views (drop_unchecked, runtime::remake_unsummed, fold::build). Until that
// is done a note in the data folder says so, and a start that was interrupted does it again.
#pragma once

#include "events/fold/row_store.h"
#include "events/journal/kafka_client.h"
#include "ops/checkpoint/manifest.h"
#include "ops/data_folder.h"

namespace chopmark::checkpoint {

inline constexpr Reason other_checkpoint{"checkpoint.other_deployment", Kind::conflict};
/// Of another format, back end or state_version: read everything from the topic instead.
inline constexpr Reason other_version{"checkpoint.other_version", Kind::invalid};
inline constexpr Reason not_empty{"checkpoint.not_empty", Kind::conflict};
inline constexpr Reason no_room{"checkpoint.no_room", Kind::unavailable};
/// A file, a root or a position is not what the manifest says.
inline constexpr Reason checkpoint_differs{"checkpoint.differs", Kind::damaged};
/// The journal in it is no whole log.
inline constexpr Reason checkpoint_bad_log{"checkpoint.bad_log", Kind::damaged};
/// Control has withdrawn the node that made it.
inline constexpr Reason giver_withdrawn{"checkpoint.giver_withdrawn", Kind::refused};

/// Inside a data folder: a checkpoint while it is being taken over, and the note that rows came
/// from one and are not all checked yet.
std::filesystem::path arriving_in(const ops::DataFolder& folder);
std::filesystem::path note_in(const ops::DataFolder& folder);

struct ArrivalPlan {
    std::filesystem::path checkpoint;
    ops::DataFolder into;
    journal::kafka::Settings client;
    std::string topic;
    Duration answer_wait = std::chrono::seconds(20);
    /// What is being done, and how much of how much; units differ by what.
    std::function<void(std::string_view what, std::uint64_t done, std::uint64_t total)> progress{};
};

struct Arrived {
    CheckpointManifest from;
    std::uint64_t compared = 0;  // records, with the topic
    Duration copying{};
    Duration verifying{};  // the log by itself
    Duration comparing{};  // with the topic
};

/// Blocks. On an error nothing is put in place, unless the disk fails in the middle of that: then
/// there may be a journal without rows, which is a good start as well.
Result<Arrived> start_from(const ArrivalPlan& plan);

/// Rows that came from a checkpoint lie in the folder, and the note still says so.
bool has_arrived(const ops::DataFolder& folder);
/// Every table but those whose rows a sum covers goes; may be repeated.
Result<void> drop_unchecked(fold::RowStore& rows);
/// All was checked or made anew, and is durable.
Result<void> forget_arrival(const ops::DataFolder& folder);

}  // namespace chopmark::checkpoint
