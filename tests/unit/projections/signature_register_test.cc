#include "projections/signature_register/signature_register.h"

#include <gtest/gtest.h>

#include "tests/support/view_rig.h"

namespace chopmark::signature_register {
namespace {

using test::about;
using test::id_of;

class SignatureRegisterTest : public ::testing::Test {
  protected:
    journal::EntryPtr ask(std::uint8_t request, std::uint8_t client = 7) {
        auto event = about<schema::SignatureAsked>(who);
        event.mutable_leaf()->set_client_id(id_of<ClientId>(client).to_bytes());
        event.mutable_leaf()->set_kind(schema::SIGNATURE_KIND_PDF);
        event.mutable_leaf()->set_documents(1);
        event.mutable_leaf()->set_algorithm("SHA256withRSA");
        event.mutable_link()->set_request_id(id_of<RequestId>(request).to_bytes());
        event.mutable_link()->set_due_us(1'800'000'000'000'000);
        return rig.append(event);
    }
    template <class Event>
    Event answer(std::uint8_t request) {
        auto event = about<Event>(who);
        event.mutable_link()->set_request_id(id_of<RequestId>(request).to_bytes());
        return event;
    }
    std::vector<Signature> signatures(std::optional<ClientId> client = {},
                                      std::optional<SignatureStanding> standing = {}) {
        rig.fold();
        return read_signatures(rig.read("signature_register"), {who.account, client, standing}, {})
            .value()
            .items;
    }

    test::ViewRig rig;
    const test::Citizen who = test::citizen(5, 1);
};

TEST_F(SignatureRegisterTest, FollowsARequestFromAskingToItsAcknowledgement) {
    const Instant asked_at = rig.time();
    const auto asked = ask(1);
    auto found = signatures();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].asked, asked->sequence);
    EXPECT_EQ(found[0].row.standing, SignatureStanding::asked);
    EXPECT_EQ(found[0].row.asked_at, asked_at);
    EXPECT_EQ(found[0].row.kind, schema::SIGNATURE_KIND_PDF);
    EXPECT_EQ(found[0].row.algorithm, "SHA256withRSA");

    auto made = answer<schema::SignatureMade>(1);
    made.mutable_link()->set_certificate_serial("A1");
    made.mutable_link()->set_device_id(id_of<DeviceId>(3).to_bytes());
    const Instant made_at = rig.time();
    const auto entry = rig.append(made);
    auto acknowledged = answer<schema::SignatureAcknowledged>(1);
    acknowledged.mutable_leaf()->set_result(schema::SIGNING_RESULT_ACCEPTED);
    rig.append(acknowledged);
    found = signatures();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].row.standing, SignatureStanding::made);
    EXPECT_EQ(found[0].row.certificate_serial, "A1");
    EXPECT_EQ(found[0].row.device, id_of<DeviceId>(3));
    EXPECT_EQ(found[0].row.decided, entry->sequence);
    EXPECT_EQ(found[0].row.decided_at, made_at);
    EXPECT_EQ(found[0].row.result, schema::SIGNING_RESULT_ACCEPTED);
    EXPECT_EQ(found[0].row.acknowledged_at, made_at + std::chrono::seconds(1));
}

TEST_F(SignatureRegisterTest, AnswersFindTheirRequestAmongOthers) {
    ask(1);
    ask(2);
    ask(3);
    auto refused = answer<schema::SignatureRefused>(1);
    refused.mutable_leaf()->mutable_head()->set_reason("signature.declined");
    rig.append(refused);
    rig.append(answer<schema::SignatureExpired>(2));
    const auto found = signatures();
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].row.standing, SignatureStanding::asked);
    EXPECT_EQ(found[1].row.standing, SignatureStanding::expired);
    EXPECT_EQ(found[2].row.standing, SignatureStanding::refused);
    EXPECT_EQ(found[2].row.reason, "signature.declined");
}

TEST_F(SignatureRegisterTest, AnAnswerToNothingMakesNoRow) {
    rig.append(answer<schema::SignatureMade>(1));
    rig.fold();
    EXPECT_TRUE(rig.dump("signature_register").empty());
}

TEST_F(SignatureRegisterTest, ClosingTheAccountEndsWhatIsOpenOnly) {
    ask(1);
    ask(2);
    rig.append(answer<schema::SignatureMade>(2));
    ask(3);
    rig.append(about<schema::AccountClosed>(who));
    const auto found = signatures();
    EXPECT_EQ(found[0].row.standing, SignatureStanding::ended);
    EXPECT_EQ(found[1].row.standing, SignatureStanding::made);
    EXPECT_EQ(found[2].row.standing, SignatureStanding::ended);
}

TEST_F(SignatureRegisterTest, ABulkRequestIsMadeWithItsLastPart) {
    ask(1);
    auto approved = answer<schema::BulkApproved>(1);
    approved.mutable_link()->set_certificate_serial("A1");
    rig.append(approved);
    EXPECT_EQ(signatures()[0].row.standing, SignatureStanding::approved);
    EXPECT_EQ(signatures()[0].row.certificate_serial, "A1");
    auto part = answer<schema::BulkSigned>(1);
    part.mutable_leaf()->set_part(1);
    part.mutable_leaf()->set_parts(2);
    rig.append(part);
    EXPECT_EQ(signatures()[0].row.standing, SignatureStanding::approved);
    part.mutable_leaf()->set_part(2);
    rig.append(part);
    EXPECT_EQ(signatures()[0].row.standing, SignatureStanding::made);
    ask(2);
    rig.append(answer<schema::BulkCancelled>(2));
    ask(3);
    rig.append(answer<schema::BulkApproved>(3));
    rig.append(answer<schema::BulkFailed>(3));
    ask(4);
    rig.append(answer<schema::BulkApproved>(4));
    rig.append(about<schema::AccountClosed>(who));
    const auto found = signatures();
    ASSERT_EQ(found.size(), 4U);
    EXPECT_EQ(found[0].row.standing, SignatureStanding::ended);
    EXPECT_EQ(found[1].row.standing, SignatureStanding::failed);
    EXPECT_EQ(found[2].row.standing, SignatureStanding::cancelled);
}

TEST_F(SignatureRegisterTest, FiltersByClientAndStanding) {
    ask(1, 7);
    ask(2, 8);
    rig.append(answer<schema::SignatureMade>(2));
    EXPECT_EQ(signatures(id_of<ClientId>(7)).size(), 1U);
    EXPECT_EQ(signatures({}, SignatureStanding::made).size(), 1U);
    EXPECT_TRUE(signatures(id_of<ClientId>(7), SignatureStanding::made).empty());
}

TEST_F(SignatureRegisterTest, ErasureLeavesNothingOfThePerson) {
    ask(1);
    rig.append(about<schema::SubjectErased>(who));
    rig.fold();
    EXPECT_TRUE(rig.dump("signature_register").empty());
}

}  // namespace
}  // namespace chopmark::signature_register
