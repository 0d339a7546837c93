// A mirror that came from elsewhere, held against the topic: what is compared, and from where.
#include <gtest/gtest.h>

#include <thread>

#include "events/journal/topic_copy.h"
#include "tests/kafka/kafka_node.h"
#include "tests/support/journal_drafts.h"

namespace chopmark::test {
namespace {

constexpr PartitionId partition(1);
constexpr std::size_t numbers = 40;

class MirrorAndTopic : public ::testing::Test {
  protected:
    void SetUp() override {
        log.options.mirror.place_every_records = 8;
        auto journal = log.open(log.first);
        ASSERT_TRUE(journal) << journal.error();
        SteadyOwner owner(**journal, partition, "record");
        for (const std::size_t written : {numbers / 2, numbers}) {  // a place behind either
            ASSERT_TRUE(owner.write(written, std::chrono::seconds(60)));
            ASSERT_TRUE(eventually([&] {
                return (*journal)->synced(partition) == (*journal)->head(partition)->next;
            }));
            std::this_thread::sleep_for(std::chrono::milliseconds(300));  // places follow
        }
    }
    std::unique_ptr<journal::Mirror> open() const {
        return journal::Mirror::open(log.options_of(log.first).mirror, log.founding.hash,
                                     KafkaLog::citizen_partitions, log.ca)
            .value();
    }
    Result<std::uint64_t> compare(const journal::Mirror& mirror, std::uint64_t from) const {
        const journal::CopyPlace place{KafkaBroker::here().client(), log.topic, log.founding.hash,
                                       log.ca};
        return journal::compare_with_topic(place, mirror, partition, Sequence(from));
    }
    static std::uint64_t end_of(const journal::Mirror& mirror) {
        return mirror.heads()[partition.value()].next.value();
    }

    KafkaLog log;
};

TEST_F(MirrorAndTopic, AgreeFromAnyPlaceOn) {
    const auto mirror = open();
    const std::uint64_t end = end_of(*mirror);
    ASSERT_EQ(end, numbers + 2);
    EXPECT_EQ(compare(*mirror, 0).value(), end);
    const auto rest = compare(*mirror, end - 1);
    ASSERT_TRUE(rest) << rest.error();
    EXPECT_GE(*rest, 1U);
    EXPECT_LT(*rest, end) << "a place near the end was known";
}

TEST_F(MirrorAndTopic, DifferWhereARecordNeverWasThere) {
    {
        const auto mirror = open();
        const journal::Head& head = mirror->heads()[partition.value()];
        auto record = placed(draft(partition, "never sent"), behind(head));
        const auto entry = std::make_shared<const journal::Entry>(journal::Entry{
            partition, head.next, record::leaf_hash(record.leaf), std::move(record)});
        ASSERT_TRUE(mirror->write(std::span(&entry, 1)));
        ASSERT_TRUE(mirror->sync({}));
    }
    const auto mirror = open();
    ASSERT_EQ(end_of(*mirror), numbers + 3) << "by itself it is a good log";
    for (const std::uint64_t from : {std::uint64_t{0}, end_of(*mirror) - 1}) {
        EXPECT_EQ(compare(*mirror, from).error(), journal::not_in_topic);
    }
}

TEST_F(MirrorAndTopic, DifferWhereARecordIsAnother) {
    const std::uint64_t at = 10;
    {
        const auto mirror = open();
        auto changed = *mirror->read(partition, Sequence(at), Sequence(at + 1), {}).value().front();
        changed.record.link_box.back() ^= 1;
        const auto entry = std::make_shared<const journal::Entry>(changed);
        ASSERT_TRUE(mirror->write(std::span(&entry, 1)));
        ASSERT_TRUE(mirror->sync({}));
    }
    const auto mirror = open();
    EXPECT_EQ(compare(*mirror, 0).error(), journal::not_in_topic);
    EXPECT_TRUE(compare(*mirror, end_of(*mirror))) << "who asks for the end alone is told of it";
}

}  // namespace
}  // namespace chopmark::test
