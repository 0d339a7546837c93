// What a partition records about itself: the sum of its state, what relying parties used, what does
// not count in its store; and the deadlines of requests that nobody has claimed.
#include <gtest/gtest.h>

#include "events/fold/row_batch.h"
#include "tests/support/citizen_bench.h"
#include "tests/support/service_story.h"

namespace chopmark::runtime {
namespace {

using test::CitizenBench;

class CitizenDomainBooks : public ::testing::Test {
  protected:
    void SetUp() override { ASSERT_TRUE(bench_.serve()); }

    schema::Event recorded(const std::shared_ptr<CitizenBench::Outcome>& outcome) {
        bench_.run();
        EXPECT_TRUE(outcome->has_value() && outcome->value());
        return outcome->value() ? *outcome->value()->event : schema::Event();
    }
    Error refused(PartitionCommand command) {
        const auto outcome = bench_.send(std::move(command));
        bench_.run();
        return outcome->value() ? Error({"test.recorded", Kind::internal})
                                : outcome->value().error();
    }
    std::shared_ptr<CitizenBench::Outcome> send(const AccountId& to, citizen::Command command) {
        CommandHead head;
        head.id = bench_.entropy.draw<CommandId>();
        head.digest = Digest(head.id.array());
        head.issued_at = bench_.clock.now();
        head.caller = head.actor = {schema::Party::CLIENT, test::service.to_bytes()};
        head.channel = schema::RELYING_PARTY;
        bench_.snapshots.confirm(bench_.clock.now());
        return bench_.send(citizen::AddressedCommand{to, std::nullopt, std::move(command)}, head);
    }
    /// An anonymous request in slot 5.
    RequestId open_request(std::uint8_t number) {
        citizen::FormFillingContent content;
        content.field_names = {"enName"};
        const RequestId request(test::account_id(number).array());
        citizen::OpenRequest open{request, test::service, test::business_id(number), {}};
        open.content =
            Sensitive<std::variant<citizen::FormFillingContent, citizen::SigningContent>>(content);
        last_ = send(AccountId(request.array()), citizen::AnonymousCommand(std::move(open)));
        return request;
    }
    void given_request(std::uint8_t number) {
        open_request(number);
        recorded(last_);
    }

    test::CitizenStory story_ = test::served_story();
    CitizenBench bench_{story_};
    std::shared_ptr<CitizenBench::Outcome> last_;
};

TEST_F(CitizenDomainBooks, AttestsWhatAWalkOverTheRowsAddsUpTo) {
    given_request(1);
    given_request(2);
    const auto event = std::get<schema::StateAttested>(recorded(bench_.send(AttestState())));
    ASSERT_TRUE(bench_.domain().flush());
    EXPECT_EQ(event.leaf().position() + 1, bench_.domain().position().value());
    for (const auto& [retention, table] : {std::pair(schema::IDENTITY, "citizen.1"),
                                           {schema::ATTEMPT, "slot.1"},
                                           {schema::PLATFORM, "rp_seq.1"}}) {
        fold::RowSum walked;
        const auto rows = bench_.store().open(table).value();
        const auto row = bench_.store().latest().scan(*rows, fold::KeyRange::all());
        for (; row->valid(); row->next()) {
            walked.add(fold::RowSum::term_of(row->key(), row->value()));
        }
        const auto found =
            std::find_if(event.leaf().sums().begin(), event.leaf().sums().end(),
                         [of = retention](const auto& sum) { return sum.retention() == of; });
        ASSERT_NE(found, event.leaf().sums().end());
        EXPECT_EQ(found->rows(), walked.rows()) << table;
        EXPECT_EQ(found->row_sum(), walked.value().bytes()) << table;
    }
}

// Everything in flight comes before it, and is in the sum.
TEST_F(CitizenDomainBooks, AttestsOnTheOverlay) {
    given_request(1);
    open_request(2);
    const auto attested = bench_.send(AttestState());
    open_request(3);
    bench_.run();
    ASSERT_TRUE(attested->value()) << attested->value().error();
    const auto& leaf = std::get<schema::StateAttested>(*attested->value()->event).leaf();
    EXPECT_EQ(leaf.position(), attested->value()->sequence.value());
    ASSERT_TRUE(last_->value()) << "the state folds its own attestation";
}

TEST_F(CitizenDomainBooks, AttestsOnlyWhatHasChanged) {
    EXPECT_EQ(refused(AttestState()), attested_already);
    given_request(1);
    recorded(bench_.send(AttestState()));
    EXPECT_FALSE(bench_.domain().books().changed);
    EXPECT_EQ(refused(AttestState()), attested_already);
}

TEST_F(CitizenDomainBooks, AStateFoldedAnewIsTheOneAttested) {
    given_request(1);
    recorded(bench_.send(AttestState()));
    given_request(2);
    recorded(bench_.send(AttestState()));
    for (const std::string& name : bench_.store().tables()) {
        ASSERT_TRUE(bench_.store().drop(bench_.store().open(name).value()));
    }
    ASSERT_TRUE(bench_.try_restart());
    EXPECT_TRUE(bench_.serve());
}

TEST_F(CitizenDomainBooks, RefusesRowsThatAreNotThoseThatWereWritten) {
    given_request(1);
    ASSERT_TRUE(bench_.domain().flush());
    fold::RowBatch rotten(bench_.store().open("slot.1").value());
    rotten.put("\x01\x02", "rot");
    const fold::RowBatch* const batches[] = {&rotten};
    ASSERT_TRUE(bench_.store().commit(batches, fold::Durability::buffered));
    const auto opened = bench_.try_restart();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error(), state_differs);
}

// A state that went astray, and was written as such, meets what another node attested of the log.
TEST_F(CitizenDomainBooks, AStateThatDiffersDoesNotServe) {
    given_request(1);
    ASSERT_TRUE(bench_.domain().flush());
    const auto astray = bench_.rows();
    recorded(bench_.send(AttestState()));
    fold::RowBatch rows(bench_.store().open("slot.1").value());
    rows.put("\x01\x02", "astray");
    fold::RowBatch meta(bench_.store().open("meta.1").value());
    auto books = fold::decode_row<PartitionBooks>(astray.at("meta.1/" + to_hex("books"))).value();
    books.sums.slots.add(fold::RowSum::term_of("\x01\x02", "astray"));
    meta.put("books", fold::encode_row(books));
    const fold::RowBatch* const batches[] = {&rows, &meta};
    ASSERT_TRUE(bench_.store().commit(batches, fold::Durability::buffered));
    ASSERT_TRUE(bench_.try_restart());
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto served = bench_.serve();
        ASSERT_FALSE(served);
        EXPECT_EQ(served.error(), state_differs) << served.error();
    }
}

TEST_F(CitizenDomainBooks, RowsOfAnotherVersionAreFoldedAnew) {
    given_request(1);
    ASSERT_TRUE(bench_.domain().flush());
    const auto before = bench_.rows();
    fold::RowBatch meta(bench_.store().open("meta.1").value());
    meta.erase("books");
    const fold::RowBatch* const batches[] = {&meta};
    ASSERT_TRUE(bench_.store().commit(batches, fold::Durability::buffered));
    ASSERT_TRUE(bench_.try_restart());
    EXPECT_EQ(bench_.domain().position(), Sequence());
    ASSERT_TRUE(bench_.serve());
    ASSERT_TRUE(bench_.domain().flush());
    EXPECT_EQ(bench_.rows().at("meta.1/" + to_hex("books")),
              before.at("meta.1/" + to_hex("books")));
}

TEST_F(CitizenDomainBooks, CountsWhatRelyingPartiesUsed) {
    given_request(1);
    given_request(2);
    EXPECT_EQ(bench_.domain().uncounted(), std::set{test::service});
    const Instant hour = Instant::from_seconds(3600);
    const CountRelyingParties command{hour, 1, 1, {test::service, test::other_service}};
    const auto event = std::get<schema::RelyingPartyCounts>(recorded(bench_.send(command)));
    EXPECT_EQ(event.leaf().hour_us(), hour.micros());
    ASSERT_EQ(event.leaf().clients_size(), 1) << "the other one has used nothing";
    EXPECT_EQ(event.leaf().clients(0).client_id(), test::service.bytes());
    EXPECT_EQ(event.leaf().clients(0).rp_seq(), 2U);
    EXPECT_TRUE(bench_.domain().uncounted().empty());
    EXPECT_EQ(refused(command), counted_already);
    // The count goes on where it was, also after a restart.
    ASSERT_TRUE(bench_.domain().flush());
    bench_.restart();
    ASSERT_TRUE(bench_.serve());
    EXPECT_TRUE(bench_.domain().uncounted().empty());
    open_request(3);
    const auto third = std::get<schema::RequestOpened>(recorded(last_));
    EXPECT_EQ(third.leaf().rp_seq(), 3U);
    EXPECT_EQ(bench_.domain().uncounted(), std::set{test::service});
}

TEST_F(CitizenDomainBooks, ReportsForeignRecordsOnce) {
    ReportForeignRecords report{3, {{7, Digest(), "wrong_term"}, {9, Digest(), "malformed"}}};
    const auto event = std::get<schema::ForeignRecordsSeen>(recorded(bench_.send(report)));
    EXPECT_EQ(event.leaf().count(), 3U);
    ASSERT_EQ(event.leaf().skipped_size(), 2);
    EXPECT_EQ(event.leaf().skipped(0).offset(), 7U);
    EXPECT_EQ(event.leaf().skipped(0).reason(), "wrong_term");
    EXPECT_EQ(refused(report), foreign_reported_already);
    bench_.restart();
    ASSERT_TRUE(bench_.serve());
    EXPECT_EQ(bench_.domain().books().foreign, 3U) << "the log says so";
}

TEST_F(CitizenDomainBooks, TakesItsOwnCommandsFromTimersAlone) {
    CommandHead head;
    head.id = bench_.entropy.draw<CommandId>();
    head.issued_at = bench_.clock.now();
    head.caller = head.actor = {schema::Party::CITIZEN, test::account_id(1).to_bytes()};
    const auto outcome = bench_.send(CitizenDomain::Command(PartitionCommand(AttestState())), head);
    bench_.run();
    EXPECT_EQ(outcome->value().error(), partition_command_forbidden);
}

TEST_F(CitizenDomainBooks, WatchesRequestsThatNobodyClaims) {
    const RequestId request = open_request(1);
    recorded(last_);
    EXPECT_TRUE(bench_.domain().due(bench_.clock.now()).empty());
    ASSERT_TRUE(bench_.domain().flush());
    bench_.restart();  // what is due is found again from rows
    ASSERT_TRUE(bench_.serve());
    bench_.clock.advance(std::chrono::minutes(13));
    const auto due = bench_.domain().due(bench_.clock.now());
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].account, AccountId(request.array()));
    const auto expired =
        std::get<schema::RequestExpired>(recorded(send(due[0].account, due[0].command)));
    EXPECT_EQ(expired.link().request_id(), request.bytes());
    EXPECT_TRUE(bench_.domain().due(bench_.clock.now()).empty());
    ASSERT_TRUE(bench_.domain().flush());
    for (const auto& [key, row] : bench_.rows()) {
        EXPECT_FALSE(key.starts_with("attention.1/")) << key;
    }
}

// Disk full: what is decided could not be kept, so nothing is.
TEST_F(CitizenDomainBooks, DecidesNothingWhileRowsCannotBeWritten) {
    bench_.store().fail_commits(Error(fold::rows_unavailable, "disk full"));
    open_request(1);
    bench_.run();
    EXPECT_EQ(last_->value().error(), fold::rows_unavailable);
    EXPECT_TRUE(bench_.domain().find(test::account_id(1))) << "and answers queries";
    bench_.store().fail_commits(std::nullopt);
    given_request(1);
}

}  // namespace
}  // namespace chopmark::runtime
