#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "events/crypto/digest.h"
#include "events/crypto/system_entropy.h"
#include "events/keys/file_epoch_store.h"
#include "events/keys/key_vault.h"
#include "events/keys/period.h"
#include "events/schema/event.h"
#include "events/schema/genesis.pb.h"
#include "tests/support/sample_event.h"

namespace chopmark::keys {
namespace {

constexpr Instant noon = Instant::from_seconds(1'795'262'400);  // 2026-11-21T12:00:00Z
constexpr KeyIndex alice{83886087};
constexpr KeyIndex bob{83886088};

class KeyVaultTest : public testing::Test {
  protected:
    MemoryFolder folder_;
    MemoryFolder epochs_;
    crypto::SystemEntropy entropy_;
    FileEpochStore store_ = FileEpochStore::open(epochs_, entropy_, schema::SANDBOX).value();
    std::unique_ptr<KeyRing> ring_ = KeyRing::create({folder_, store_, entropy_}, noon).value();
    KeyVault vault_{*ring_};

    record::Record seal(schema::Event event, KeyIndex person = alice, Instant at = noon) {
        schema::link_head(event).set_key_index(person.value());
        return vault_.seal(event, {PartitionId(3), {entropy_.draw<EventId>(), at}, person}).value();
    }
};

const google::protobuf::Message& layer(const schema::Event& event, int number) {
    const auto& message = test::message_of(event);
    return message.GetReflection()->GetMessage(message,
                                               message.GetDescriptor()->FindFieldByNumber(number));
}

TEST_F(KeyVaultTest, EveryEventOpensToWhatWasSealed) {
    for (const schema::EventInfo& info : schema::all_events()) {
        schema::Event event = test::sample_event(info);
        schema::head(event).set_retention(info.retention);
        const record::Record record = seal(event);
        EXPECT_TRUE(record::check_boxes(record)) << info.name;
        const auto opened = vault_.open_personal(record);
        ASSERT_TRUE(opened) << info.name << to_string(opened.error());
        EXPECT_EQ(layer(*opened, 2).ByteSizeLong(), [&] {
            schema::link_head(event).set_key_index(alice.value());
            return layer(event, 2).ByteSizeLong();
        }()) << info.name;
        if (!record.personal_box.empty()) {
            EXPECT_EQ(record.personal_box.size() & (record.personal_box.size() - 1), 0U);
            EXPECT_EQ(schema::head(*opened).key_commitment().size(), 32U);
        }
    }
}

TEST_F(KeyVaultTest, WithoutKeysOnlyTheLeafIsRead) {
    schema::LoginApproved event;
    event.mutable_leaf()->set_client_id("a client id");
    event.mutable_link()->mutable_traces()->set_login_id("a login id");
    event.mutable_personal()->mutable_details()->set_text_digest("secret");
    const record::Record record = seal(event);
    const auto leaf = vault_.open_leaf(record);
    ASSERT_TRUE(leaf);
    EXPECT_EQ(std::get<schema::LoginApproved>(*leaf).leaf().client_id(), "a client id");
    EXPECT_FALSE(std::get<schema::LoginApproved>(*leaf).has_link());
    for (const Bytes* bytes : {&record.leaf, &record.link_box, &record.personal_box}) {
        EXPECT_EQ(bytes->find("secret"), Bytes::npos);
    }
    EXPECT_EQ(record.leaf.find("a login id"), Bytes::npos);
}

TEST_F(KeyVaultTest, ErasureClosesThePersonalBoxAndNothingElse) {
    schema::LoginApproved event;
    event.mutable_personal()->mutable_details()->set_text_digest("text");
    event.mutable_link()->mutable_traces()->set_login_id("login");
    const record::Record hers = seal(event, alice);
    const record::Record his = seal(event, bob);
    ASSERT_TRUE(ring_->erase({{schema::SIGN_IN, alice}}));
    EXPECT_EQ(vault_.open_personal(hers).error(), erased);
    EXPECT_TRUE(vault_.open(hers));
    EXPECT_TRUE(vault_.open_personal(his));
}

TEST_F(KeyVaultTest, PassingValuesGoAfterADayAndTheEventStays) {
    schema::ConsentAsked event;
    event.mutable_personal()->mutable_delivery()->set_box("redirect uri");
    const record::Record record = seal(event);
    const auto delivered = [&] {
        return std::get<schema::ConsentAsked>(vault_.open_personal(record).value())
            .personal()
            .delivery()
            .box();
    };
    EXPECT_EQ(delivered(), "redirect uri");
    ASSERT_TRUE(ring_->expire(noon + std::chrono::hours(48)));
    EXPECT_EQ(delivered(), "");
}

TEST_F(KeyVaultTest, ChangedBoxIsDamageNotSilence) {
    schema::LoginApproved event;
    event.mutable_personal()->mutable_details()->set_text_digest("text");
    record::Record record = seal(event);
    record.personal_box[5] = static_cast<char>(record.personal_box[5] ^ 1);
    EXPECT_EQ(vault_.open_personal(record).error(), damaged);
    EXPECT_EQ(record::check_boxes(record).error(), record::box_mismatch);
}

/// The 4-byte runs of a leaf.
std::set<Bytes> runs(const Bytes& leaf) {
    std::set<Bytes> out;
    for (std::size_t at = 0; at + 4 <= leaf.size(); ++at) {
        out.insert(leaf.substr(at, 4));
    }
    return out;
}

/// Runs that all leaves of one person share and no stranger's has: what links them. Twenty of each,
/// because one random byte beside bytes that everybody has is alike in two leaves by chance.
std::set<Bytes> linking(const std::vector<Bytes>& hers, const std::vector<Bytes>& strangers) {
    std::set<Bytes> out = runs(hers.front());
    for (const Bytes& leaf : hers) {
        const std::set<Bytes> here = runs(leaf);
        std::erase_if(out, [&](const Bytes& run) { return !here.contains(run); });
    }
    for (const Bytes& leaf : strangers) {
        for (const Bytes& run : runs(leaf)) {
            out.erase(run);
        }
    }
    return out;
}

class UnlinkabilityTest : public KeyVaultTest {
  protected:
    /// A login with every field of link and personal layer the same for one person.
    schema::LoginApproved login(std::string_view person, std::string_view client) {
        schema::LoginApproved event;
        test::fill(*event.mutable_link());
        test::fill(*event.mutable_personal());
        event.mutable_link()->mutable_head()->set_account_id(id(person));
        event.mutable_link()->mutable_traces()->set_device_id(id(person));
        event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
        event.mutable_leaf()->mutable_head()->set_channel(schema::APP);
        event.mutable_leaf()->mutable_head()->set_basis(77);
        event.mutable_leaf()->set_client_id(id(client));
        event.mutable_leaf()->set_flow(schema::QR);
        event.mutable_leaf()->add_scopes("eidapi_auth");
        return event;
    }
    static Bytes id(std::string_view name) {
        return Bytes(crypto::sha256(name).bytes().substr(0, 16));
    }
};

// Design 4, D1: two relying parties must not be able to join their users by their receipts.
TEST_F(UnlinkabilityTest, OnePersonAtManyRelyingPartiesSharesNoBytes) {
    std::vector<Bytes> hers;
    std::vector<Bytes> strangers;
    for (int n = 0; n < 20; ++n) {
        hers.push_back(seal(login("alice", "bank" + std::to_string(n)), alice).leaf);
        strangers.push_back(seal(login("s" + std::to_string(n), "school" + std::to_string(n)),
                                 KeyIndex(bob.value() + static_cast<std::uint64_t>(n)))
                                .leaf);
    }
    const auto links = linking(hers, strangers);
    EXPECT_TRUE(links.empty()) << "shared run " << to_hex(*links.begin());

    // The same search finds an identifier that is planted.
    for (Bytes& leaf : hers) {
        leaf += "\x12\x34\x56\x78";
    }
    EXPECT_TRUE(linking(hers, strangers).contains("\x12\x34\x56\x78"));
}

}  // namespace
}  // namespace chopmark::keys
