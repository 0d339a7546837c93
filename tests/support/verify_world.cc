#include "tests/support/verify_world.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include "events/journal/reader.h"
#include "events/schema/genesis.pb.h"
#include "tests/support/merkle_oracle.h"
#include "tests/support/sample_event.h"

namespace chopmark::test {
namespace {

using Change = std::function<void(rocksdb::DB&, rocksdb::ColumnFamilyHandle*)>;

void with_store(const std::string& path, PartitionId partition, const Change& change) {
    std::vector<std::string> names;
    ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, path, &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& name : names) {
        families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    }
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open({}, path, families, &handles, &opened).ok());
    const std::unique_ptr<rocksdb::DB> db(opened);
    for (auto* handle : handles) {
        if (handle->GetName() == "partition-" + std::to_string(partition.value())) {
            change(*db, handle);
        }
    }
    for (auto* handle : handles) {
        ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
    }
}

Bytes key_of(Sequence at) {
    Bytes out;
    append_big_endian(out, at.value());
    return out;
}

}  // namespace

struct VerifyWorld::Live {
    struct Lane {
        RecordingObserver observer;
        std::unique_ptr<journal::Writer> writer;
    };
    std::unique_ptr<journal::EmbeddedJournal> journal;
    std::vector<std::unique_ptr<Lane>> lanes;

    ~Live() {
        lanes.clear();
        journal.reset();
    }
};

VerifyWorld::VerifyWorld()
    : epochs(keys::FileEpochStore::open(epoch_folder, home.entropy, schema::SANDBOX).value()),
      ring(keys::KeyRing::create({key_folder, epochs, home.entropy}, home.clock.now()).value()) {}

VerifyWorld::~VerifyWorld() = default;

VerifyWorld::Live& VerifyWorld::live() {
    if (!live_) {
        live_ = std::make_unique<Live>();
        live_->journal = home.open().value();
        for (std::uint16_t i = 0; i <= home.founding.partitions; ++i) {
            auto lane = std::make_unique<Live::Lane>();
            home.clock.advance(std::chrono::seconds(1));
            lane->writer = live_->journal->open_term(PartitionId(i), lane->observer).value();
            live_->lanes.push_back(std::move(lane));
        }
    }
    return *live_;
}

void VerifyWorld::append(PartitionId partition, schema::Event event, KeyIndex person) {
    Live::Lane& lane = *live().lanes.at(partition.value());
    home.clock.advance(std::chrono::seconds(1));
    schema::link_head(event).set_key_index(person.value());
    const keys::KeyVault vault(*ring);
    auto record =
        vault.seal(event, {partition, {home.entropy.draw<EventId>(), home.clock.now()}, person});
    ASSERT_TRUE(record) << to_string(record.error());
    const std::size_t before = lane.observer.count();
    ASSERT_TRUE(lane.writer->append(std::move(*record)));
    ASSERT_TRUE(lane.observer.wait_for_entries(before + 1));
}

void VerifyWorld::log_in(std::size_t times, KeyIndex person) {
    for (std::size_t i = 0; i < times; ++i) {
        schema::Event event = sample_event(schema::info<schema::LoginApproved>());
        schema::head(event).set_retention(schema::SIGN_IN);
        append(citizens, std::move(event), person);
    }
}

void VerifyWorld::cut(const std::function<void(schema::CutRecorded&)>& change) {
    schema::CutRecorded event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_number(++cuts_);
    for (std::uint16_t i = 0; i <= home.founding.partitions; ++i) {
        const std::uint64_t now = size(PartitionId(i));
        if (now == std::exchange(counted_[PartitionId(i)], now)) {
            continue;
        }
        auto& each = *event.mutable_leaf()->add_partitions();
        each.set_partition(i);
        each.set_size(now);
        each.set_root(root(PartitionId(i)).to_bytes());
    }
    if (change) {
        change(event);
    }
    append(control_partition, std::move(event));
}

void VerifyWorld::close() { live_.reset(); }

void VerifyWorld::change(PartitionId partition, Sequence at,
                         const std::function<void(record::Record&)>& how) {
    close();
    with_store(path(), partition, [&](rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family) {
        std::string stored;
        ASSERT_TRUE(db.Get({}, family, key_of(at), &stored).ok());
        record::Record record = record::decode_record(stored).value();
        how(record);
        ASSERT_TRUE(db.Put({}, family, key_of(at), record::encode(record)).ok());
    });
}

void VerifyWorld::drop(PartitionId partition, Sequence at) {
    close();
    with_store(path(), partition, [&](rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family) {
        ASSERT_TRUE(db.Delete({}, family, key_of(at)).ok());
    });
}

void VerifyWorld::settle() {
    close();
    with_store(path(), citizens, [&](rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family) {
        ASSERT_TRUE(db.Flush({}, family).ok());
    });
}

verify::Report VerifyWorld::verify(bool readable) {
    close();
    const auto reader = journal::OfflineReader::open(path());
    EXPECT_TRUE(reader) << to_string(reader.error());
    verify::LogVerifier verifier(**reader, home.founding.hash, home.ca,
                                 {{}, readable ? ring.get() : nullptr});
    return verifier.run();
}

std::uint64_t VerifyWorld::size(PartitionId partition) {
    return JournalHome::all_of(*live().journal, partition).size();
}

Digest VerifyWorld::root(PartitionId partition) {
    std::vector<Digest> leaves;
    for (const auto& entry : JournalHome::all_of(*live().journal, partition)) {
        leaves.push_back(oracle_leaf(entry->record.leaf));
    }
    return oracle_root(leaves);
}

}  // namespace chopmark::test
