#include "ops/checkpoint/arrival.h"

#include "aggregates/runtime/citizen_tables.h"
#include "aggregates/runtime/state_sums.h"
#include "events/fold/rocks_rows.h"
#include "events/fold/row_codec.h"
#include "events/journal/topic_copy.h"
#include "events/verify/log_verifier.h"
#include "ops/founding.h"

namespace chopmark::checkpoint {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

Duration since(Steady::time_point begin) {
    return std::chrono::duration_cast<Duration>(Steady::now() - begin);
}

bool has_files(const fs::path& folder) {
    std::error_code failed;
    return fs::exists(folder, failed) && !fs::is_empty(folder, failed);
}

Result<void> place(const fs::path& from, const fs::path& to) {
    std::error_code failed;
    fs::remove(to, failed);  // an empty folder
    fs::rename(from, to, failed);
    return failed ? disk_error(to, failed) : sync_folder(to.parent_path());
}

std::string name_of(PartitionId partition) {
    return "partition " + std::to_string(partition.value());
}

class Arrival {
  public:
    Arrival(const ArrivalPlan& plan, keys::Genesis genesis, keys::NodeCa authority)
        : plan_(plan), genesis_(std::move(genesis)), authority_(std::move(authority)) {}

    Result<Arrived> run() {
        CHOPMARK_TRY(look_at_target());
        CHOPMARK_ASSIGN(out_.from, open_manifest(plan_.checkpoint, authority_));
        CHOPMARK_TRY(look_at_manifest());
        auto begin = Steady::now();
        CHOPMARK_TRY(copy());
        out_.copying = since(begin);
        begin = Steady::now();
        CHOPMARK_TRY(verify_log());
        CHOPMARK_TRY(look_at_rows());
        out_.verifying = since(begin);
        begin = Steady::now();
        CHOPMARK_TRY(compare());
        out_.comparing = since(begin);
        CHOPMARK_TRY(put_in_place());
        return std::move(out_);
    }

  private:
    [[nodiscard]] fs::path journal() const { return arriving_in(plan_.into) / "journal"; }
    [[nodiscard]] fs::path rows() const { return arriving_in(plan_.into) / "rows"; }

    Result<void> look_at_target() const {
        for (const fs::path& folder : {plan_.into.journal(), plan_.into.rows()}) {
            if (has_files(folder)) {
                return Error(not_empty, folder.string() + " has files: this is for a node that " +
                                            "has neither journal nor rows");
            }
        }
        return {};
    }

    Result<void> look_at_manifest() const {
        const CheckpointManifest& from = out_.from;
        if (from.deployment != genesis_.hash()) {
            return Error(other_checkpoint, "it is of genesis " + from.deployment.hex());
        }
        if (from.back_end != "kafka" || from.state_version != runtime::state_version) {
            return Error(other_version, from.back_end + ", state_version " +
                                            std::to_string(from.state_version) + " of software " +
                                            from.software);
        }
        if (from.partitions.size() != std::size_t{genesis_.facts().partitions} + 1) {
            return Error(bad_manifest, "partitions");
        }
        std::error_code failed;
        const auto space = fs::space(plan_.into.root(), failed);
        if (!failed && space.available / 2 < from.bytes() / 2 + from.bytes() / 4) {
            return Error(no_room, std::to_string(from.bytes()) + " bytes, and half of it to work");
        }
        return {};
    }

    Result<void> copy() {
        std::error_code failed;
        fs::remove_all(arriving_in(plan_.into), failed);
        for (const fs::path& folder : {journal(), rows()}) {
            fs::create_directories(folder, failed);
            if (failed) {
                return disk_error(folder, failed);
            }
        }
        std::uint64_t done = 0;
        const std::uint64_t total = out_.from.bytes();
        for (const CheckpointFile& file : out_.from.files) {
            const auto copied =
                copy_file(plan_.checkpoint / file.path, arriving_in(plan_.into) / file.path,
                          [&](std::uint64_t bytes) {
                              done += bytes;
                              tell("copying, bytes", done, total);
                              return true;
                          });
            if (!copied) {
                return Error(checkpoint_differs, file.path + ": " + to_string(copied.error()));
            }
            if (!(*copied == file.sum)) {
                return Error(checkpoint_differs,
                             file.path + " is not the file that the manifest names");
            }
        }
        return {};
    }

    Result<void> verify_log() {
        CHOPMARK_ASSIGN(const auto reader, journal::OfflineReader::open(journal().string()));
        if (reader->partitions() != genesis_.facts().partitions) {
            return Error(checkpoint_bad_log, "another number of partitions");
        }
        verify::LogVerifier::Options options;
        options.progress = [this](const verify::Progress& now) {
            tell("verifying, records", now.done, now.total);
        };
        verify::LogVerifier verifier(*reader, genesis_.hash(), authority_, options);
        const verify::Report report = verifier.run();
        if (!report.faults.empty()) {
            return Error(checkpoint_bad_log, to_string(report.faults.front()));
        }
        for (const verify::PartitionReport& found : report.partitions) {
            const CheckpointPartition& said = out_.from.partitions.at(found.partition.value());
            if (found.head.size != said.records || found.head.root != said.root) {
                return Error(checkpoint_differs, name_of(found.partition) + " has " +
                                                     std::to_string(found.head.size) +
                                                     " records of root " + found.head.root.hex());
            }
            // What a leaf says of a box that is not there only the topic can tell.
            vouched_.push_back(found.counts.absent_boxes > 0 ? 0 : found.vouched);
        }
        return {};
    }

    Result<void> look_at_rows() const {
        fold::RocksRows::Options options;
        options.directory = rows();
        CHOPMARK_ASSIGN(const auto store, fold::RocksRows::open_store(options));
        for (const CheckpointPartition& partition : out_.from.partitions) {
            CHOPMARK_ASSIGN(const auto meta,
                            runtime::open_table(*store, runtime::meta_table, partition.partition));
            CHOPMARK_ASSIGN(const auto row, store->latest().get(*meta, runtime::position_key));
            if (!row) {
                continue;
            }
            CHOPMARK_ASSIGN(const auto position, fold::decode_row<Sequence>(*row));
            if (position.value() > partition.records) {
                return Error(checkpoint_differs, name_of(partition.partition) + ": rows of " +
                                                     std::to_string(position.value()) +
                                                     " records, and a journal of " +
                                                     std::to_string(partition.records));
            }
        }
        return drop_unchecked(*store);
    }

    /// Cuts vouch for the partitions, and control for the cuts: so that has to be in the topic from
    /// the first record on.
    Result<void> compare() {
        journal::Mirror::Options options;
        options.store.path = journal().string();
        CHOPMARK_ASSIGN(const auto mirror,
                        journal::Mirror::open(options, genesis_.hash(), genesis_.facts().partitions,
                                              authority_));
        const journal::CopyPlace topic{plan_.client, plan_.topic, genesis_.hash(), authority_,
                                       plan_.answer_wait};
        for (std::size_t number = 0; number < vouched_.size(); ++number) {
            const PartitionId partition(static_cast<std::uint16_t>(number));
            if (mirror->heads()[number].next.value() != out_.from.partitions[number].records) {
                return Error(checkpoint_bad_log, name_of(partition) + " opens shorter");
            }
            if (mirror->heads()[number].withdrawn.contains(out_.from.node)) {
                return Error(giver_withdrawn, out_.from.node.hex());
            }
            const Sequence from(partition == control_partition ? 0 : vouched_[number]);
            CHOPMARK_ASSIGN(const std::uint64_t compared,
                            journal::compare_with_topic(topic, *mirror, partition, from));
            out_.compared += compared;
            tell("comparing with the topic, partitions", number + 1, vouched_.size());
        }
        mirror->flush();
        return {};
    }

    /// The note is there before any row is. A journal without rows is a good start, too.
    Result<void> put_in_place() const {
        const ops::DataFolder& into = plan_.into;
        CHOPMARK_TRY(place(journal(), into.journal()));
        CHOPMARK_ASSIGN(keys::DiskFolder root, keys::DiskFolder::open(into.root()));
        CHOPMARK_TRY(
            keys::replace(root, note_in(into).filename().string(),
                          out_.from.node.hex() + " " + to_string(out_.from.made_at) + "\n"));
        CHOPMARK_TRY(place(rows(), into.rows()));
        std::error_code ignored;
        fs::remove_all(arriving_in(into), ignored);
        return {};
    }

    void tell(std::string_view what, std::uint64_t done, std::uint64_t total) const {
        if (plan_.progress) {
            plan_.progress(what, done, total);
        }
    }

    const ArrivalPlan& plan_;
    const keys::Genesis genesis_;
    const keys::NodeCa authority_;
    Arrived out_;
    std::vector<std::uint64_t> vouched_;
};

}  // namespace

Result<Arrived> start_from(const ArrivalPlan& plan) {
    CHOPMARK_ASSIGN(keys::Genesis genesis, ops::read_genesis(plan.into));
    CHOPMARK_ASSIGN(keys::NodeCa authority,
                    keys::NodeCa::from_certificate(genesis.facts().node_ca_certificate));
    Arrival arrival(plan, std::move(genesis), std::move(authority));
    auto arrived = arrival.run();
    if (!arrived) {
        std::error_code ignored;
        fs::remove_all(arriving_in(plan.into), ignored);
    }
    return arrived;
}

fs::path arriving_in(const ops::DataFolder& folder) { return folder.root() / "arriving"; }
fs::path note_in(const ops::DataFolder& folder) { return folder.root() / "arrived-from"; }

bool has_arrived(const ops::DataFolder& folder) {
    std::error_code ignored;
    return fs::exists(note_in(folder), ignored);
}

Result<void> drop_unchecked(fold::RowStore& rows) {
    for (const std::string& name : rows.tables()) {
        if (!runtime::is_summed(name)) {
            CHOPMARK_ASSIGN(const auto table, rows.open(name));
            CHOPMARK_TRY(rows.drop(table));
        }
    }
    return {};
}

Result<void> forget_arrival(const ops::DataFolder& folder) {
    CHOPMARK_ASSIGN(keys::DiskFolder root, keys::DiskFolder::open(folder.root()));
    CHOPMARK_TRY(root.remove(note_in(folder).filename().string()));
    return root.sync();
}

}  // namespace chopmark::checkpoint
