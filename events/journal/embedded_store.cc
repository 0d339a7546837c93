#include "events/journal/embedded_store.h"

#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/file_system.h>
#include <rocksdb/utilities/checkpoint.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

#include "events/core/ensure.h"
#include "events/journal/embedded_listeners.h"
#include "events/journal/embedded_tuning.h"
#include "events/journal/tails.h"
#include "events/journal/withdrawal_index.h"

namespace chopmark::journal {
namespace {

constexpr std::size_t leaf_length_bytes = 4;

std::string family_name(std::uint16_t partition) {
    return "partition-" + std::to_string(partition);
}

using Key = ByteArray<8>;
Key key_of(Sequence sequence) {
    Key out{};
    put_big_endian(reinterpret_cast<char*>(out.data()), sequence.value());
    return out;
}
rocksdb::Slice slice(const Key& key) { return {view(key).data(), key.size()}; }
rocksdb::Slice slice(ByteView bytes) { return {bytes.data(), bytes.size()}; }
ByteView bytes_of(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

std::optional<Sequence> sequence_of(const rocksdb::Slice& key) {
    if (key.size() != sizeof(std::uint64_t)) {
        return std::nullopt;
    }
    return Sequence(get_big_endian<std::uint64_t>(bytes_of(key)));
}

Error error_of(const rocksdb::Status& status) {
    const std::string text = status.ToString();
    if (status.IsCorruption()) {
        return {damaged, text};
    }
    if (text.find("lock hold by") != std::string::npos ||
        text.find("While lock file") != std::string::npos) {
        return {locked, text};
    }
    return {not_ready, text};
}

}  // namespace

Error damaged_at(PartitionId partition, Sequence at, const std::string& what) {
    return {damaged, "partition " + std::to_string(partition.value()) + ", sequence " +
                         std::to_string(at.value()) + ": " + what};
}

struct EmbeddedStore::Database {
    std::unique_ptr<rocksdb::Env> env;
    std::shared_ptr<Listener> listener;
    OldestWal oldest_wal;
    bool trial = false;
    rocksdb::ColumnFamilyOptions partition_settings;  // one for all: they share a block cache
    std::vector<rocksdb::ColumnFamilyHandle*> all_handles;
    std::vector<rocksdb::ColumnFamilyHandle*> partitions;  // by number
    std::vector<Sequence> settled;
    std::unique_ptr<rocksdb::DB> db;
    rocksdb::WriteBatch batch;

    ~Database() {
        if (db) {
            rocksdb::CancelAllBackgroundWork(db.get(), true);
            for (auto* handle : all_handles) {
                db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
            }
            db->Close().PermitUncheckedError();
        }
    }

    rocksdb::Status open(const Options& options, Mode mode, bool create,
                         const std::vector<std::string>& names);
    Result<void> complete(const std::vector<std::string>& names, std::uint16_t citizen_partitions);
    [[nodiscard]] bool empty() const;
    Result<void> settle();
    rocksdb::ColumnFamilyHandle* family(PartitionId partition) const {
        return partitions.at(partition.value());
    }
};

rocksdb::Status EmbeddedStore::Database::open(const Options& options, Mode mode, bool create,
                                              const std::vector<std::string>& names) {
    trial = mode == Mode::trial;
    auto settings = database_options(options, mode, *env);
    settings.listeners = {listener};
    settings.create_if_missing = create;
    if (trial) {
        settings.wal_filter = &oldest_wal;
    }
    partition_settings = partition_options(options);
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    families.reserve(names.size());
    for (const std::string& name : names) {
        families.emplace_back(name, partition_settings);
    }
    rocksdb::DB* opened = nullptr;
    auto status =
        trial
            ? rocksdb::DB::OpenForReadOnly(settings, options.path, families, &all_handles, &opened)
            : rocksdb::DB::Open(settings, options.path, families, &all_handles, &opened);
    db.reset(opened);
    return status;
}

bool EmbeddedStore::Database::empty() const {
    return std::all_of(all_handles.begin(), all_handles.end(), [this](auto* handle) {
        const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator({}, handle));
        at->SeekToFirst();
        return !at->Valid();
    });
}

/// Puts the families in order. Missing ones are made only in a database without any record, whose
/// creation was interrupted; a database with records and fewer families is another log.
Result<void> EmbeddedStore::Database::complete(const std::vector<std::string>& names,
                                               std::uint16_t citizen_partitions) {
    std::map<std::string, rocksdb::ColumnFamilyHandle*> by_name;
    for (std::size_t i = 0; i < names.size(); ++i) {
        by_name[names[i]] = all_handles[i];
    }
    const std::size_t expected = std::size_t{citizen_partitions} + 2;  // control and "default"
    if (names.size() > expected || (names.size() < expected && (trial || !empty()))) {
        return Error(foreign_log, "another number of partitions");
    }
    std::vector<std::string> missing;
    for (std::uint32_t i = 0; i <= citizen_partitions; ++i) {
        const std::string name = family_name(static_cast<std::uint16_t>(i));
        if (!by_name.contains(name)) {
            missing.push_back(name);
        }
    }
    if (!missing.empty()) {
        std::vector<rocksdb::ColumnFamilyHandle*> made;
        const auto status = db->CreateColumnFamilies(partition_settings, missing, &made);
        all_handles.insert(all_handles.end(), made.begin(), made.end());
        if (!status.ok()) {
            return error_of(status);
        }
        for (std::size_t i = 0; i < missing.size(); ++i) {
            by_name[missing[i]] = made[i];
        }
    }
    for (std::uint32_t i = 0; i <= citizen_partitions; ++i) {
        partitions.push_back(by_name.at(family_name(static_cast<std::uint16_t>(i))));
    }
    return {};
}

Result<void> EmbeddedStore::Database::settle() {
    settled.assign(partitions.size(), Sequence(0));
    if (trial) {
        std::vector<rocksdb::LiveFileMetaData> files;
        db->GetLiveFilesMetaData(&files);
        for (std::size_t i = 0; i < partitions.size(); ++i) {
            for (const auto& file : files) {
                const auto last = sequence_of(slice(ByteView(file.largestkey)));
                if (file.column_family_name == partitions[i]->GetName() && last) {
                    settled[i] = std::max(settled[i], Sequence(last->value() + 1));
                }
            }
        }
        return {};
    }
    for (std::size_t i = 0; i < partitions.size(); ++i) {
        const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator({}, partitions[i]));
        at->SeekToLast();
        const auto last = at->Valid() ? sequence_of(at->key()) : std::nullopt;
        const std::uint64_t end = last ? last->value() + 1 : 0;
        settled[i] = Sequence(end - std::min(end, listener->recovered(partitions[i]->GetName())));
    }
    return {};
}

Result<std::unique_ptr<EmbeddedStore>> EmbeddedStore::open(
    const Options& options, std::uint16_t citizen_partitions, Mode mode, bool create,
    std::function<void(const std::string&)> failed) {
    auto database = std::make_unique<Database>();
    database->env =
        rocksdb::NewCompositeEnv(options.files ? options.files : rocksdb::FileSystem::Default());
    database->listener = std::make_shared<Listener>(std::move(failed));
    std::vector<std::string> names{rocksdb::kDefaultColumnFamilyName};
    if (!create) {
        const auto listed = rocksdb::DB::ListColumnFamilies(
            database_options(options, mode, *database->env), options.path, &names);
        if (!listed.ok()) {
            return error_of(listed);
        }
    }
    if (const auto opened = database->open(options, mode, create, names); !opened.ok()) {
        return error_of(opened);
    }
    CHOPMARK_TRY(database->complete(names, citizen_partitions));
    CHOPMARK_TRY(database->settle());
    return std::unique_ptr<EmbeddedStore>(new EmbeddedStore(std::move(database)));
}

EmbeddedStore::EmbeddedStore(std::unique_ptr<Database> database) : database_(std::move(database)) {}

EmbeddedStore::~EmbeddedStore() = default;

Result<Sequence> EmbeddedStore::end(PartitionId partition) const {
    const std::unique_ptr<rocksdb::Iterator> at(
        database_->db->NewIterator({}, database_->family(partition)));
    at->SeekToLast();
    if (!at->status().ok()) {
        return error_of(at->status());
    }
    if (!at->Valid()) {
        return Sequence(0);
    }
    const auto last = sequence_of(at->key());
    if (!last) {
        return Error(damaged, "a key that is no sequence");
    }
    return Sequence(last->value() + 1);
}

Sequence EmbeddedStore::settled(PartitionId partition) const {
    return database_->settled.at(partition.value());
}

std::uint64_t EmbeddedStore::oldest_wal() const { return database_->oldest_wal.oldest(); }

// ---- reading
// ---------------------------------------------------------------------------------------

Result<std::vector<EntryPtr>> EmbeddedStore::read(PartitionId partition, Sequence from,
                                                  Sequence end, const ReadBudget& budget) const {
    std::vector<EntryPtr> out;
    if (from >= end) {
        return out;
    }
    const Key first = key_of(from);
    const Key bound = key_of(end);
    const rocksdb::Slice upper = slice(bound);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> at(
        database_->db->NewIterator(options, database_->family(partition)));
    std::size_t bytes = 0;
    Sequence expected = from;
    for (at->Seek(slice(first)); at->Valid(); at->Next()) {
        if (!out.empty() && out.size() >= budget.records) {
            return out;
        }
        if (sequence_of(at->key()) != expected) {
            return damaged_at(partition, expected, "missing");
        }
        auto record = record::decode_record(bytes_of(at->value()));
        if (!record) {
            return damaged_at(partition, expected, to_string(record.error()));
        }
        bytes += record->size();
        if (!out.empty() && bytes > budget.bytes) {
            return out;
        }
        const Digest hash = record::leaf_hash(record->leaf);
        out.push_back(
            std::make_shared<const Entry>(Entry{partition, expected, hash, std::move(*record)}));
        expected = Sequence(expected.value() + 1);
    }
    if (!at->status().ok()) {
        return error_of(at->status());
    }
    if (expected != end) {
        return damaged_at(partition, expected, "missing");
    }
    return out;
}

Result<record::Record> EmbeddedStore::record_at(PartitionId partition, Sequence at) const {
    rocksdb::PinnableSlice value;
    const Key key = key_of(at);
    const auto status = database_->db->Get({}, database_->family(partition), slice(key), &value);
    if (status.IsNotFound()) {
        return damaged_at(partition, at, "missing");
    }
    if (!status.ok()) {
        return error_of(status);
    }
    auto record = record::decode_record(bytes_of(value));
    if (!record) {
        return damaged_at(partition, at, to_string(record.error()));
    }
    return record;
}

Result<std::set<NodeId>> EmbeddedStore::withdrawn_before(PartitionId partition, Sequence at) const {
    const auto places = withdrawal_places(partition, at);
    if (!places) {
        return places.error();
    }
    std::set<NodeId> out;
    for (const Sequence place : *places) {
        const auto record = record_at(partition, place);
        if (!record) {
            return record.error();
        }
        const auto nodes =
            decode_nodes_withdrawn(ByteView(record->leaf).substr(record::prelude_bytes));
        if (!nodes) {
            return damaged_at(partition, place, "a broken withdrawal");
        }
        out.insert(nodes->begin(), nodes->end());
    }
    return out;
}

/// From the properties of sorted files, and by reading what is not in such files – or in files that
/// somebody else wrote.
Result<std::vector<Sequence>> EmbeddedStore::withdrawal_places(PartitionId partition,
                                                               Sequence before) const {
    std::vector<Sequence> out;
    Sequence unknown_from = settled(partition);
    rocksdb::TablePropertiesCollection tables;
    const auto status =
        database_->db->GetPropertiesOfAllTables(database_->family(partition), &tables);
    if (!status.ok()) {
        return error_of(status);
    }
    for (const auto& [file, properties] : tables) {
        const auto noted = withdrawals_in(*properties);
        if (!noted) {
            unknown_from = Sequence(0);
            break;
        }
        out.insert(out.end(), noted->begin(), noted->end());
    }
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> at(
        database_->db->NewIterator(options, database_->family(partition)));
    const Key first = key_of(unknown_from);
    for (at->Seek(slice(first)); at->Valid(); at->Next()) {
        const auto sequence = sequence_of(at->key());
        if (sequence && holds_withdrawal(bytes_of(at->value()))) {
            out.push_back(*sequence);
        }
    }
    if (!at->status().ok()) {
        return error_of(at->status());
    }
    std::erase_if(out, [before](Sequence place) { return place >= before; });
    return out;
}

// ---- writing
// ---------------------------------------------------------------------------------------

Result<void> EmbeddedStore::write(std::span<const EntryPtr> entries, Durability durability) {
    rocksdb::WriteBatch& batch = database_->batch;
    batch.Clear();
    for (const EntryPtr& entry : entries) {
        const Key key = key_of(entry->sequence);
        const record::Record& record = entry->record;
        // The stored record (record::encode) in parts, which spares a copy.
        std::array<char, 3 * leaf_length_bytes> lengths{};
        put_big_endian(lengths.data(), static_cast<std::uint32_t>(record.leaf.size()));
        put_big_endian(lengths.data() + 4, static_cast<std::uint32_t>(record.link_box.size()));
        put_big_endian(lengths.data() + 8, static_cast<std::uint32_t>(record.personal_box.size()));
        const std::array<rocksdb::Slice, 6> value{
            rocksdb::Slice(lengths.data(), 4),     slice(ByteView(record.leaf)),
            rocksdb::Slice(lengths.data() + 4, 4), slice(ByteView(record.link_box)),
            rocksdb::Slice(lengths.data() + 8, 4), slice(ByteView(record.personal_box))};
        const rocksdb::Slice key_slice = slice(key);
        const auto put =
            batch.Put(database_->family(entry->partition), rocksdb::SliceParts(&key_slice, 1),
                      rocksdb::SliceParts(value.data(), static_cast<int>(value.size())));
        ensure(put.ok(), "a batch in memory takes a row");
    }
    rocksdb::WriteOptions options;
    options.sync = durability == Durability::synced;
    const auto written = database_->db->Write(options, &batch);
    if (!written.ok()) {
        return error_of(written);
    }
    return {};
}

Result<void> EmbeddedStore::write_notes(std::span<const Note> notes) {
    rocksdb::WriteBatch batch;
    for (const Note& note : notes) {
        const auto put = note.value ? batch.Put(note.key, *note.value) : batch.Delete(note.key);
        ensure(put.ok(), "a batch in memory takes a row");
    }
    rocksdb::WriteOptions options;
    options.sync = true;  // of the log files, and so of all that was written before
    const auto written = database_->db->Write(options, &batch);
    return written.ok() ? Result<void>() : error_of(written);
}

Result<std::vector<EmbeddedStore::Note>> EmbeddedStore::notes() const {
    std::vector<Note> out;
    const std::unique_ptr<rocksdb::Iterator> at(database_->db->NewIterator({}));
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
        out.push_back({at->key().ToString(), at->value().ToString()});
    }
    if (!at->status().ok()) {
        return error_of(at->status());
    }
    return out;
}

void EmbeddedStore::flush() {
    rocksdb::FlushOptions options;
    options.wait = true;
    database_->db->Flush(options, database_->partitions).PermitUncheckedError();
}

Result<void> EmbeddedStore::checkpoint(const std::string& folder) const {
    rocksdb::Checkpoint* made = nullptr;
    auto status = rocksdb::Checkpoint::Create(database_->db.get(), &made);
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
    status = status.ok() ? checkpoint->CreateCheckpoint(folder) : status;
    return status.ok() ? Result<void>() : error_of(status);
}

}  // namespace chopmark::journal
