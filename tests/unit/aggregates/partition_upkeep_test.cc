#include "aggregates/runtime/partition_upkeep.h"

#include <gtest/gtest.h>

namespace chopmark::runtime {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Instant midnight = Instant::from_seconds(1'767'225'600);  // 2026-01-01T00:00:00Z

ClientId client(std::size_t number) {
    Bytes bytes(16, '\0');
    bytes[0] = static_cast<char>(number >> 8);
    bytes[1] = static_cast<char>(number & 0xff);
    return *ClientId::from_bytes(bytes);
}

std::set<ClientId> clients(std::size_t count) {
    std::set<ClientId> out;
    for (std::size_t number = 0; number < count; ++number) {
        out.insert(client(number));
    }
    return out;
}

TEST(PartitionUpkeep, AttestsAChangedStateOnceAnHour) {
    PartitionUpkeep upkeep{{}};
    PartitionBooks books;
    EXPECT_TRUE(upkeep.due(books, {}, midnight).empty()) << "nothing has changed";
    books.changed = true;
    books.attested_at = midnight;
    EXPECT_TRUE(upkeep.due(books, {}, midnight + minutes(59)).empty());
    const auto due = upkeep.due(books, {}, midnight + minutes(60));
    ASSERT_EQ(due.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<AttestState>(due[0]));
    EXPECT_TRUE(upkeep.due(books, {}, midnight + minutes(61)).empty()) << "it is on its way";
    upkeep.settled(due[0], true);
    EXPECT_EQ(upkeep.due(books, {}, midnight + minutes(61)).size(), 1U) << "it was not recorded";
}

TEST(PartitionUpkeep, ClosesAnHourInWhichSomethingWasUsed) {
    PartitionUpkeep upkeep{{}};
    EXPECT_TRUE(upkeep.due({}, clients(1), midnight + minutes(20)).empty());
    EXPECT_TRUE(upkeep.due({}, clients(2), midnight + minutes(59)).empty());
    const auto due = upkeep.due({}, clients(2), midnight + minutes(60));
    ASSERT_EQ(due.size(), 1U);
    const auto& command = std::get<CountRelyingParties>(due[0]);
    EXPECT_EQ(command.hour, midnight);
    EXPECT_EQ(command.part, 1U);
    EXPECT_EQ(command.parts, 1U);
    EXPECT_EQ(command.clients, (std::vector{client(0), client(1)}));
    EXPECT_TRUE(upkeep.due({}, clients(2), midnight + minutes(61)).empty()) << "it is on its way";
    upkeep.settled(due[0], false);
    EXPECT_TRUE(upkeep.due({}, clients(1), midnight + minutes(119)).empty());
    EXPECT_EQ(upkeep.due({}, clients(1), midnight + minutes(120)).size(), 1U);
}

TEST(PartitionUpkeep, CountsManyClientsInParts) {
    PartitionUpkeep upkeep{{}};
    const auto all = clients(counted_clients_of_a_part * 2 + 1);
    upkeep.due({}, all, midnight);
    const auto due = upkeep.due({}, all, midnight + minutes(60));
    ASSERT_EQ(due.size(), 3U);
    std::set<ClientId> told;
    for (std::size_t part = 0; part < due.size(); ++part) {
        const auto& command = std::get<CountRelyingParties>(due[part]);
        EXPECT_EQ(command.part, part + 1);
        EXPECT_EQ(command.parts, 3U);
        EXPECT_LE(command.clients.size(), counted_clients_of_a_part);
        told.insert(command.clients.begin(), command.clients.end());
        upkeep.settled(due[part], part == 1);
    }
    EXPECT_EQ(told, all);
    EXPECT_EQ(upkeep.due({}, {client(100)}, midnight + minutes(60)).size(), 1U)
        << "a part was not recorded";
}

TEST(PartitionUpkeep, ReportsForeignRecordsOnceAMinute) {
    PartitionUpkeep upkeep{{}};
    journal::SkippedRecords skipped;
    EXPECT_FALSE(upkeep.due(0, skipped, midnight));
    skipped.add({7, Digest(), "wrong_term"});
    const auto first = upkeep.due(0, skipped, midnight);
    ASSERT_TRUE(first);
    EXPECT_EQ(std::get<ReportForeignRecords>(*first).count, 1U);
    EXPECT_EQ(std::get<ReportForeignRecords>(*first).skipped, skipped.newest);
    upkeep.settled(*first, false);
    EXPECT_FALSE(upkeep.due(1, skipped, midnight + seconds(1))) << "told already";
    skipped.add({9, Digest(), "wrong_term"});
    EXPECT_FALSE(upkeep.due(1, skipped, midnight + seconds(59)));
    EXPECT_TRUE(upkeep.due(1, skipped, midnight + seconds(60)));
}

TEST(PartitionUpkeep, RemembersTheNewestForeignRecords) {
    journal::SkippedRecords skipped;
    for (std::uint64_t offset = 0; offset < 40; ++offset) {
        skipped.add({offset, Digest(), "malformed"});
    }
    EXPECT_EQ(skipped.count, 40U);
    ASSERT_EQ(skipped.newest.size(), journal::skipped_records_kept);
    EXPECT_EQ(skipped.newest.front().offset, 8U);
    EXPECT_EQ(skipped.newest.back().offset, 39U);
}

}  // namespace
}  // namespace chopmark::runtime
