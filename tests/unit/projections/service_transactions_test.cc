#include "projections/service_transactions/service_transactions.h"

#include <gtest/gtest.h>

#include "tests/support/view_rig.h"

namespace chopmark::service_transactions {
namespace {

using namespace std::chrono_literals;
using test::about;
using test::id_of;

const ClientId library = id_of<ClientId>(7);
const ClientId other = id_of<ClientId>(8);

class ServiceTransactionsTest : public ::testing::Test {
  protected:
    template <class Event>
    Event about_request(std::uint8_t request, const test::Citizen& whose,
                        const ClientId& client = library) {
        auto event = about<Event>(whose);
        event.mutable_leaf()->set_client_id(client.to_bytes());
        event.mutable_link()->set_request_id(id_of<RequestId>(request).to_bytes());
        return event;
    }
    template <class Event>
    Event asked(std::uint8_t request, const test::Citizen& whose,
                const ClientId& client = library) {
        auto event = about_request<Event>(request, whose, client);
        event.mutable_link()->set_login_id(id_of<RequestId>(1).to_bytes());
        event.mutable_link()->set_due_us((rig.time() + 10min).micros());
        return event;
    }
    /// Where it stands, and when it was recorded.
    Place append(schema::Event event) {
        const auto entry = rig.append(std::move(event));
        return {record::decode_prelude(entry->record.leaf)->recorded_at, entry->partition,
                entry->sequence};
    }
    std::vector<Transaction> list(Question question = {}, projections::PageRequest page = {}) {
        rig.fold();
        question.client = library;
        question.now = rig.time();
        return read_transactions(rig.read(ServiceTransactions::view_name), question, page)
            .value()
            .items;
    }
    std::vector<RequestId> requests(const Question& question = {}) {
        std::vector<RequestId> out;
        for (const Transaction& one : list(question)) {
            out.push_back(one.asked.request);
        }
        return out;
    }
    static std::vector<RequestId> ids(std::initializer_list<std::uint8_t> fillers) {
        std::vector<RequestId> out;
        for (const std::uint8_t filler : fillers) {
            out.push_back(id_of<RequestId>(filler));
        }
        return out;
    }

    test::ViewRig rig;
    const test::Citizen who = test::citizen(5, 1);
    const test::Citizen elsewhere = test::citizen(900, 2);
};

TEST_F(ServiceTransactionsTest, AreListedNewestFirstOverAllPartitions) {
    append(asked<schema::ConsentAsked>(1, who));
    append(asked<schema::SignatureAsked>(2, elsewhere));
    append(asked<schema::StepUpAsked>(3, who, other));
    append(asked<schema::StepUpAsked>(4, who));
    EXPECT_EQ(requests(), ids({4, 2, 1}));
    const auto all = list();
    EXPECT_EQ(all[0].asked.subject, Subject::step_up);
    EXPECT_EQ(all[1].asked.subject, Subject::signature);
    EXPECT_EQ(all[2].asked.subject, Subject::consent);
    EXPECT_GT(all[0].asked_at, all[1].asked_at);
}

TEST_F(ServiceTransactionsTest, ArePagedAndChosen) {
    std::vector<Instant> at;
    for (std::uint8_t request = 1; request <= 5; ++request) {
        const auto& whose = request % 2 == 0 ? elsewhere : who;
        at.push_back((request < 4 ? append(asked<schema::ConsentAsked>(request, whose))
                                  : append(asked<schema::SignatureAsked>(request, whose)))
                         .recorded_at);
    }
    append(about_request<schema::ConsentRefused>(2, elsewhere));
    rig.fold();
    const auto rows = rig.read(ServiceTransactions::view_name);
    std::vector<RequestId> walked;
    projections::PageRequest page{{}, 2};
    do {
        const auto found =
            read_transactions(rows, {library, rig.time(), {}, {}, {}, {}}, page).value();
        EXPECT_LE(found.items.size(), 2U);
        for (const Transaction& one : found.items) {
            walked.push_back(one.asked.request);
        }
        page.cursor = found.next;
    } while (!page.cursor.empty());
    EXPECT_EQ(walked, ids({5, 4, 3, 2, 1}));
    Question question;
    question.subject = Subject::signature;
    EXPECT_EQ(requests(question), ids({5, 4}));
    question = {};
    question.standing = Standing::refused;
    EXPECT_EQ(requests(question), ids({2}));
    question = {};
    question.from = at[1];
    question.until = at[3];
    EXPECT_EQ(requests(question), ids({3, 2}));
}

TEST_F(ServiceTransactionsTest, TellHowEachWasAnsweredAndSettled) {
    const Place place = append(asked<schema::SignatureAsked>(1, who));
    EXPECT_EQ(list()[0].standing, Standing::open);
    auto refused = about_request<schema::SignatureRefused>(1, who);
    refused.mutable_leaf()->mutable_head()->set_reason("signature.declined");
    const Place answered = append(refused);
    auto settled = about_request<schema::CallbackSettled>(1, who);
    settled.mutable_leaf()->set_delivered(true);
    settled.mutable_link()->set_attempts(3);
    settled.mutable_link()->set_last_status(204);
    append(settled);
    const Place acknowledged = append(about_request<schema::SignatureAcknowledged>(1, who));
    rig.fold();
    const auto one =
        find_transaction(rig.read(ServiceTransactions::view_name), library, place, rig.time())
            .value();
    EXPECT_EQ(one.standing, Standing::refused);
    EXPECT_EQ(one.answered->at, answered.recorded_at);
    EXPECT_EQ(one.answered->reason, "signature.declined");
    ASSERT_TRUE(one.settled);
    EXPECT_TRUE(one.settled->delivered);
    EXPECT_EQ(one.settled->attempts, 3U);
    EXPECT_EQ(one.settled->last_status, 204U);
    EXPECT_EQ(one.acknowledged_at, acknowledged.recorded_at);
    EXPECT_EQ(find_transaction(rig.read(ServiceTransactions::view_name), other, place, rig.time())
                  .error(),
              no_such_transaction);
}

TEST_F(ServiceTransactionsTest, EndWithWhatCameLast) {
    const auto ends = [&](std::uint8_t request) {
        Question question;
        for (const Transaction& one : list(question)) {
            if (one.asked.request == id_of<RequestId>(request)) {
                return one.standing;
            }
        }
        return Standing::open;
    };
    append(asked<schema::ConsentAsked>(1, who));
    append(about_request<schema::ConsentGranted>(1, who));
    EXPECT_EQ(ends(1), Standing::granted);
    append(about_request<schema::ConsentWithdrawn>(1, who));
    EXPECT_EQ(ends(1), Standing::withdrawn);
    auto many = asked<schema::SignatureAsked>(2, who);
    many.mutable_leaf()->set_kind(schema::SIGNATURE_KIND_BULK);
    many.mutable_leaf()->set_documents(40);
    append(many);
    EXPECT_EQ(list()[0].asked.subject, Subject::bulk);
    EXPECT_EQ(list()[0].asked.documents, 40U);
    append(about_request<schema::BulkApproved>(2, who));
    append(about_request<schema::BulkFailed>(2, who));
    EXPECT_EQ(ends(2), Standing::failed);
    // The account was closed: its callback says so before anything else does, or time does.
    append(asked<schema::StepUpAsked>(3, who));
    append(about_request<schema::CallbackSettled>(3, who));
    EXPECT_EQ(ends(3), Standing::ended);
    append(asked<schema::ConsentAsked>(4, who));
    EXPECT_EQ(ends(4), Standing::open);
    rig.set_time(rig.time() + 2h);
    append(asked<schema::ConsentAsked>(5, who));
    EXPECT_EQ(ends(4), Standing::ended);
    EXPECT_EQ(ends(5), Standing::open);
}

TEST_F(ServiceTransactionsTest, NameNobody) {
    append(asked<schema::ConsentAsked>(1, who));
    append(about_request<schema::ConsentGranted>(1, who));
    rig.fold();
    const auto rows = rig.dump(ServiceTransactions::view_name);
    ASSERT_EQ(rows.size(), 2U);
    for (const auto& [key, value] : rows) {
        EXPECT_EQ((key + value).find(who.account.bytes()), Bytes::npos);
    }
}

}  // namespace
}  // namespace chopmark::service_transactions
