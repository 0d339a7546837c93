#include <gtest/gtest.h>

#include "events/crypto/system_entropy.h"
#include "events/keys/file_epoch_store.h"
#include "events/keys/key_ring.h"
#include "events/keys/node_enrolment.h"
#include "events/schema/common.pb.h"
#include "events/schema/genesis.pb.h"

namespace chopmark::keys {
namespace {

const Instant at = Instant::from_seconds(1795219200);  // 2026-11-21

/// One node's folders, in memory.
struct Home {
    MemoryFolder genesis, node, keys, epochs;
    crypto::SystemEntropy entropy;
    FileEpochStore store = FileEpochStore::open(epochs, entropy, schema::SANDBOX).value();

    NewNode as_new() { return {genesis, node, keys, store, entropy}; }
    KeyRing::Place place() { return {keys, store, entropy}; }
};

class NodeEnrolmentTest : public testing::Test {
  protected:
    void SetUp() override {
        ring = KeyRing::create(first.place(), at).value();
        genesis.emplace(make_genesis("one"));
    }
    Genesis make_genesis(const std::string& name) {
        GenesisFacts facts;
        facts.environment = schema::SANDBOX;
        facts.origin = "sandbox.chopmark.invalid/" + name;
        facts.node_ca_certificate = issuer.certificate().der();
        facts.commitments = ring->commitments();
        facts.first_operator = crypto::P256PrivateKey::generate(entropy).point();
        facts.created_at = at;
        return Genesis::make(facts).value();
    }
    crypto::Certificate certify(const Bytes& request) {
        const NodeRequest asked = read_node_request(request).value();
        return issuer.issue(entropy, asked.node, asked.public_key, at).value();
    }
    /// The whole way; what came of the last step.
    Result<Share> join(Home& home, Share share = Share::everything) {
        const Bytes request = request_certificate(home.node, entropy, "node-2").value();
        const auto certificate = certify(request);
        EXPECT_TRUE(accept_certificate(home.node, ca, certificate));
        package =
            hand_over({*genesis, node, *ring->material()}, request, certificate, share, entropy)
                .value();
        return take_over(home.as_new(), package);
    }

    bool join_again(const Bytes& request, const crypto::Certificate& certificate) {
        package = hand_over({*genesis, node, *ring->material()}, request, certificate,
                            Share::everything, entropy)
                      .value();
        return take_over(second.as_new(), package).has_value();
    }
    crypto::Certificate node_certificate() const {
        return crypto::Certificate::parse(node.certificate()).value();
    }

    crypto::SystemEntropy entropy;
    NodeIssuer issuer = NodeIssuer::create(entropy, "chopmark node CA", at).value();
    NodeCa ca = NodeCa::from_certificate(issuer.certificate().der()).value();
    Node node = issuer.enrol(entropy, "", at).value();
    Home first, second;
    std::unique_ptr<KeyRing> ring;
    std::optional<Genesis> genesis;
    Bytes package;
};

TEST_F(NodeEnrolmentTest, GivesBothNodesTheSameKeys) {
    ASSERT_EQ(join(second), Share::everything);
    const auto other = KeyRing::open(second.place(), ring->commitments()).value();
    EXPECT_EQ(open_genesis(second.genesis)->hash(), genesis->hash());
    EXPECT_TRUE(Node::load(second.node, ca, "").has_value());
    const EventId event{{7}};
    const BoxPlace place{schema::SIGN_IN, period_at(schema::SIGN_IN, at), event};
    const KeyIndex index(12345);
    const SealedBox box = ring->seal_personal(place, index, "personal").value();
    EXPECT_EQ(other->open_personal(place, index, box.commitment, box.box)->reveal(), "personal");
    EXPECT_EQ(other->open_link(place, ring->seal_link(place, "link").value()).value(), "link");
    for (const Root root : {Root::slot, Root::card, Root::bearer, Root::content, Root::session,
                            Root::stamp, Root::storage}) {
        EXPECT_EQ(other->material()->root(root).reveal(), ring->material()->root(root).reveal());
    }
    // Its own epoch key: what the first destroys is still in force here.
    EXPECT_NE(first.epochs.read("epoch.1").value(), second.epochs.read("epoch.1").value());
}

TEST_F(NodeEnrolmentTest, HandsOverNoKeyThatWasErasedBefore) {
    ASSERT_TRUE(ring->erase({{schema::SIGN_IN, KeyIndex(9)}}));
    ASSERT_TRUE(join(second));
    const auto other = KeyRing::open(second.place(), ring->commitments()).value();
    EXPECT_TRUE(other->is_erased({schema::SIGN_IN, KeyIndex(9)}));
    EXPECT_FALSE(other->is_erased({schema::SIGN_IN, KeyIndex(8)}));
}

TEST_F(NodeEnrolmentTest, MayBeRepeatedUntilThePackageWasOpened) {
    const Bytes request = request_certificate(second.node, entropy, "node-2").value();
    EXPECT_EQ(request_certificate(second.node, entropy, "other name").value(), request);
    const auto certificate = certify(request);
    ASSERT_TRUE(accept_certificate(second.node, ca, certificate));
    ASSERT_TRUE(accept_certificate(second.node, ca, certificate));
    EXPECT_EQ(request_certificate(second.node, entropy, "node-2").error(), node_exists);
    const Bytes key = second.node.read("transport.key").value();
    ASSERT_TRUE(join_again(request, certificate));
    // As after a crash before the transport key went.
    ASSERT_TRUE(replace(second.node, "transport.key", key));
    EXPECT_TRUE(take_over(second.as_new(), package));
    EXPECT_EQ(take_over(second.as_new(), package).error(), other_node);
    EXPECT_TRUE(KeyRing::open(second.place(), ring->commitments()).has_value());
}

TEST_F(NodeEnrolmentTest, RefusesAnotherGenesis) {
    ASSERT_TRUE(create_genesis(second.genesis, make_genesis("two")));
    EXPECT_EQ(join(second).error(), other_genesis);
    EXPECT_TRUE(list_key_files(second.keys)->empty());
}

TEST_F(NodeEnrolmentTest, RefusesMaterialThatGenesisDoesNotPin) {
    Home stranger;
    const auto foreign = KeyRing::create(stranger.place(), at).value();
    const Bytes request = request_certificate(second.node, entropy, "node-2").value();
    const auto certificate = certify(request);
    ASSERT_TRUE(accept_certificate(second.node, ca, certificate));
    const Bytes wrong = hand_over({*genesis, node, *foreign->material()}, request, certificate,
                                  Share::everything, entropy)
                            .value();
    EXPECT_EQ(take_over(second.as_new(), wrong).error(), foreign_keys);
    EXPECT_EQ(open_genesis(second.genesis).error(), no_genesis);
}

TEST_F(NodeEnrolmentTest, OpensForTheOneWhoAskedAlone) {
    Home third;
    ASSERT_TRUE(join(third));
    const Bytes of_third = package;
    const Bytes request = request_certificate(second.node, entropy, "node-2").value();
    ASSERT_TRUE(accept_certificate(second.node, ca, certify(request)));
    EXPECT_EQ(take_over(second.as_new(), of_third).error(), other_node);
}

TEST_F(NodeEnrolmentTest, SealsOnlyForWhomTheCaAdmitted) {
    const Bytes request = request_certificate(second.node, entropy, "node-2").value();
    const NodeIssuer stranger = NodeIssuer::create(entropy, "another CA", at).value();
    const NodeRequest asked = read_node_request(request).value();
    const auto foreign = stranger.issue(entropy, asked.node, asked.public_key, at).value();
    const Giver giver{*genesis, node, *ring->material()};
    EXPECT_EQ(hand_over(giver, request, foreign, Share::everything, entropy).error(), not_admitted);
    EXPECT_EQ(hand_over(giver, request, node_certificate(), Share::everything, entropy).error(),
              not_admitted);
    EXPECT_EQ(accept_certificate(second.node, ca, foreign).error(), not_admitted);
}

TEST_F(NodeEnrolmentTest, RefusesRequestsAndPackagesThatWereChanged) {
    const Bytes request = request_certificate(second.node, entropy, "node-2").value();
    for (const std::size_t place : {0UL, 5UL, 30UL, 60UL, request.size() - 1}) {
        Bytes changed = request;
        changed[place] = static_cast<char>(changed[place] ^ 1);
        EXPECT_EQ(read_node_request(changed).error(), bad_node_request) << place;
    }
    EXPECT_EQ(read_node_request(request.substr(0, 40)).error(), bad_node_request);
    Home third;
    const Bytes asked = request_certificate(third.node, entropy, "node-3").value();
    const auto certificate = certify(asked);
    ASSERT_TRUE(accept_certificate(third.node, ca, certificate));
    const Bytes whole = hand_over({*genesis, node, *ring->material()}, asked, certificate,
                                  Share::everything, entropy)
                            .value();
    for (const std::size_t place : {whole.size() / 2, whole.size() - 1, whole.size() - 100}) {
        Bytes changed = whole;
        changed[place] = static_cast<char>(changed[place] ^ 1);
        EXPECT_EQ(take_over(third.as_new(), changed).error(), bad_hand_over) << place;
    }
    EXPECT_EQ(take_over(third.as_new(), whole.substr(0, 100)).error(), bad_hand_over);
    EXPECT_TRUE(take_over(third.as_new(), whole));
}

TEST_F(NodeEnrolmentTest, GivesAKeyPortTheStorageKeyAlone) {
    ASSERT_EQ(join(second, Share::storage), Share::storage);
    EXPECT_TRUE(list_key_files(second.keys)->empty());
    EXPECT_EQ(read_storage_key(second.keys, second.store)->reveal(),
              ring->material()->root(Root::storage).reveal());
    EXPECT_EQ(read_storage_key(first.keys, first.store)->reveal(),
              ring->material()->root(Root::storage).reveal());
    EXPECT_EQ(KeyRing::open(second.place(), ring->commitments()).error(), no_key_file);
}

}  // namespace
}  // namespace chopmark::keys
