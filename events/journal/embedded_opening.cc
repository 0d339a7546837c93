#include "events/journal/embedded_opening.h"

#include <rocksdb/file_system.h>

#include <algorithm>

#include "events/core/limits.h"
#include "events/journal/store_walk.h"
#include "events/journal/wal_survey.h"

namespace chopmark::journal {
namespace {

std::string place(PartitionId partition, Sequence at) {
    return "partition " + std::to_string(partition.value()) + ", sequence " +
           std::to_string(at.value());
}

class Opening {
  public:
    explicit Opening(const OpeningRequest& request)
        : request_(request),
          files_(request.store.files ? request.store.files : rocksdb::FileSystem::Default()) {}

    Result<OpenedStore> run();

  private:
    Result<bool> is_new() const;
    /// Whether a batch lies behind damage in the files from `oldest` on; `surveys` by rising
    /// number.
    static bool hides_batches(const std::vector<WalSurvey>& surveys, std::uint64_t oldest);
    Result<void> try_in_memory();
    Error missing_behind_damage(const std::vector<AcceptRule>& trial_rules,
                                std::uint64_t oldest) const;

    Result<std::unique_ptr<EmbeddedStore>> open(EmbeddedStore::Mode mode, bool create) const;
    Result<OpenedStore> finish(std::unique_ptr<EmbeddedStore> store);
    Result<bool> found(EmbeddedStore& store) const;
    Result<std::vector<AcceptRule>> walk(const EmbeddedStore& store);
    Result<void> check_known(const std::vector<AcceptRule>& rules) const;

    const OpeningRequest& request_;
    const std::shared_ptr<rocksdb::FileSystem> files_;
    OpeningReport report_;
};

Result<OpenedStore> Opening::run() {
    const auto created = files_->CreateDirIfMissing(request_.store.path, {}, nullptr);
    if (!created.ok()) {
        return Error(not_ready, created.ToString());
    }
    const auto fresh = is_new();
    if (!fresh) {
        return fresh.error();
    }
    const auto surveys = survey_wals(*files_, request_.store.path, false);
    if (!surveys) {
        return surveys.error();
    }
    if (hides_batches(*surveys, 0)) {
        CHOPMARK_TRY(try_in_memory());
    }
    auto store = open(EmbeddedStore::Mode::tolerate_tail, *fresh);
    if (!store && store.error() == damaged) {
        CHOPMARK_TRY(try_in_memory());
        report_.point_in_time = true;
        store = open(EmbeddedStore::Mode::point_in_time, false);
    }
    if (!store) {
        return store.error();
    }
    return finish(std::move(*store));
}

/// True for a folder in which a database is yet to be made. One that lost its CURRENT file but has
/// records is not new: making a database there would delete them.
Result<bool> Opening::is_new() const {
    std::vector<std::string> names;
    const auto listed = files_->GetChildren(request_.store.path, {}, &names, nullptr);
    if (!listed.ok()) {
        return Error(not_ready, listed.ToString());
    }
    bool records = false;
    for (const std::string& name : names) {
        if (name == "CURRENT") {
            return false;
        }
        records = records || name.ends_with(".sst") || name.ends_with(".log");
    }
    if (records) {
        return Error(damaged, "records without a CURRENT file in " + request_.store.path);
    }
    return true;
}

bool Opening::hides_batches(const std::vector<WalSurvey>& surveys, std::uint64_t oldest) {
    bool damage = false;
    for (const WalSurvey& wal : surveys) {
        if (wal.number < oldest) {
            continue;
        }
        if (wal.batch_behind_at || (damage && wal.batches > 0)) {
            return true;
        }
        damage = damage || wal.damaged_at;
    }
    return false;
}

/// Opens into memory what can be had and compares: allowed is only the loss of a torn batch at the
/// very end, which nobody was told of.
Result<void> Opening::try_in_memory() {
    if (report_.trial) {
        return {};
    }
    report_.trial = true;
    const auto trial = open(EmbeddedStore::Mode::trial, false);
    if (!trial) {
        return trial.error();
    }
    const auto rules = walk(**trial);
    if (!rules) {
        return rules.error();
    }
    // Files that recovery does not need may be damaged as they like: their records are sorted.
    const std::uint64_t oldest = (*trial)->oldest_wal();
    const auto surveys = survey_wals(*files_, request_.store.path, true);
    if (!surveys) {
        return surveys.error();
    }
    if (hides_batches(*surveys, oldest)) {
        return missing_behind_damage(*rules, oldest);
    }
    return check_known(*rules);
}

/// The first record that is lost, as far as the batches behind the damage show it.
Error Opening::missing_behind_damage(const std::vector<AcceptRule>& trial_rules,
                                     std::uint64_t oldest) const {
    const auto surveys = survey_wals(*files_, request_.store.path, true);
    if (!surveys) {
        return surveys.error();
    }
    std::string file;
    FirstKeys behind;
    for (const WalSurvey& wal : *surveys) {
        if (wal.number < oldest) {
            continue;
        }
        const auto note = [&behind](const FirstKeys& keys) {
            for (const auto& [family, key] : keys) {
                behind.try_emplace(family, key);
            }
        };
        if (!file.empty()) {
            note(wal.keys);
        } else if (wal.damaged_at) {
            file = "log file " + std::to_string(wal.number) + " is damaged at byte " +
                   std::to_string(*wal.damaged_at);
        }
        note(wal.keys_behind);
    }
    for (std::size_t i = 0; i < trial_rules.size(); ++i) {
        // Families are made in the order of partitions; 0 is "default".
        const auto later = behind.find(static_cast<std::uint32_t>(i + 1));
        const Sequence next = trial_rules[i].head().next;
        if (later != behind.end() && later->second > next.value()) {
            return {damaged, place(trial_rules[i].partition(), next) + " is missing before " +
                                 std::to_string(later->second) + ": " + file};
        }
    }
    return {damaged, "batches lie behind damage: " + file};
}

Result<std::unique_ptr<EmbeddedStore>> Opening::open(EmbeddedStore::Mode mode, bool create) const {
    return EmbeddedStore::open(request_.store, request_.founding.partitions, mode, create,
                               request_.failed);
}

Result<OpenedStore> Opening::finish(std::unique_ptr<EmbeddedStore> store) {
    auto rules = walk(*store);
    if (!rules) {
        return rules.error();
    }
    CHOPMARK_TRY(check_known(*rules));
    const auto founded = found(*store);
    if (!founded) {
        return founded.error();
    }
    if (*founded) {
        report_.founded = true;
        rules = walk(*store);
        if (!rules) {
            return rules.error();
        }
    }
    return OpenedStore{std::move(store), std::move(*rules), report_};
}

/// Writes record 0 of all partitions together, if there is no record at all.
Result<bool> Opening::found(EmbeddedStore& store) const {
    std::vector<EntryPtr> openings;
    for (std::uint32_t i = 0; i <= request_.founding.partitions; ++i) {
        const PartitionId partition(static_cast<std::uint16_t>(i));
        const auto end = store.end(partition);
        if (!end) {
            return end.error();
        }
        if (*end != Sequence(0)) {
            continue;
        }
        auto record =
            partition_opened_record(request_.founding, partition, request_.surroundings.clock.now(),
                                    request_.surroundings.entropy.draw<EventId>());
        if (!record) {
            return record.error();
        }
        const Digest hash = record::leaf_hash(record->leaf);
        openings.push_back(
            std::make_shared<const Entry>(Entry{partition, Sequence(0), hash, std::move(*record)}));
    }
    if (openings.empty()) {
        return false;
    }
    if (openings.size() <= request_.founding.partitions) {
        return Error(damaged, place(openings.front()->partition, Sequence(0)) + " is missing");
    }
    CHOPMARK_TRY(store.write(openings));
    return true;
}

Result<std::vector<AcceptRule>> Opening::walk(const EmbeddedStore& store) {
    std::vector<AcceptRule> rules;
    for (std::uint32_t i = 0; i <= request_.founding.partitions; ++i) {
        auto rule =
            walk_end(store, PartitionId(static_cast<std::uint16_t>(i)), request_.founding.hash,
                     request_.surroundings.authority, report_.walked);
        if (!rule) {
            return rule.error();
        }
        rules.push_back(std::move(*rule));
    }
    return rules;
}

Result<void> Opening::check_known(const std::vector<AcceptRule>& rules) const {
    for (const KnownHead& known : request_.known_heads) {
        const std::size_t partition = known.partition.value();
        const Sequence next = partition < rules.size() ? rules[partition].head().next : Sequence(0);
        if (next < known.next) {
            return Error(damaged, place(known.partition, next) + " is missing: " + known.who +
                                      " knows " + std::to_string(known.next.value()) +
                                      " records of this partition");
        }
    }
    return {};
}

}  // namespace

Result<OpenedStore> open_guarded(const OpeningRequest& request) { return Opening(request).run(); }

}  // namespace chopmark::journal
