#include <gtest/gtest.h>

#include "events/core/limits.h"
#include "events/crypto/digest.h"
#include "events/crypto/system_entropy.h"
#include "events/keys/genesis.h"
#include "events/keys/node_ca.h"
#include "events/schema/genesis.pb.h"

namespace chopmark::keys {
namespace {

const Instant at = Instant::from_seconds(1795219200);  // 2026-11-21

class GenesisTest : public testing::Test {
  protected:
    crypto::SystemEntropy entropy_;
    NodeIssuer issuer_ = NodeIssuer::create(entropy_, "chopmark node CA", at).value();
    NodeCa ca_ = NodeCa::from_certificate(issuer_.certificate().der()).value();
    GenesisFacts facts_ = sandbox_facts();
    MemoryFolder folder_;

    GenesisFacts sandbox_facts() {
        GenesisFacts facts;
        facts.environment = schema::SANDBOX;
        facts.origin = "sandbox.chopmark.example/log";
        facts.node_ca_certificate = issuer_.certificate().der();
        facts.commitments = {crypto::sha256("slot"), crypto::sha256("card")};
        facts.first_operator = crypto::P256PrivateKey::generate(entropy_).point();
        facts.created_at = at;
        return facts;
    }
    bool refuses(const std::function<void(GenesisFacts&)>& change) {
        GenesisFacts facts = facts_;
        change(facts);
        const auto made = Genesis::make(facts);
        return !made && made.error() == bad_genesis;
    }
};

TEST_F(GenesisTest, IsReadBackFromItsBytes) {
    const Genesis made = Genesis::make(facts_).value();
    const Genesis read = Genesis::read(made.document()).value();
    EXPECT_EQ(read.facts(), facts_);
    EXPECT_EQ(read.hash(), crypto::sha256(made.document()));
    // It has to fit into control's record 0.
    EXPECT_LT(made.document().size(), limits::leaf_bytes / 2);
}

TEST_F(GenesisTest, IsCreatedOnce) {
    EXPECT_EQ(open_genesis(folder_).error(), no_genesis);
    ASSERT_TRUE(create_genesis(folder_, Genesis::make(facts_).value()));
    EXPECT_EQ(open_genesis(folder_)->facts(), facts_);
    EXPECT_EQ(create_genesis(folder_, Genesis::make(facts_).value()).error(), genesis_exists);
}

TEST_F(GenesisTest, RefusesWhatNoDeploymentCanBe) {
    EXPECT_TRUE(refuses([](auto& facts) { facts.environment = Environment(0); }));
    EXPECT_TRUE(refuses([](auto& facts) { facts.environment = Environment(5); }));
    EXPECT_TRUE(refuses([](auto& facts) { facts.partitions = 0; }));
    EXPECT_TRUE(refuses([](auto& facts) { facts.partitions = 1025; }));
    EXPECT_TRUE(refuses([](auto& facts) { facts.origin = ""; }));
    EXPECT_TRUE(refuses([](auto& facts) { facts.origin = "sandbox log"; }));
    EXPECT_TRUE(refuses([](auto& facts) { facts.origin = "sandbox+log"; }));
    EXPECT_TRUE(refuses([](auto& facts) { facts.node_ca_certificate = "x"; }));
    EXPECT_TRUE(refuses([&](auto& facts) {
        facts.node_ca_certificate = Bytes(issuer_.enrol(entropy_, "", at)->certificate());
    }));
    EXPECT_TRUE(refuses([](auto& facts) { facts.commitments.slot = Digest(); }));
    EXPECT_TRUE(refuses([](auto& facts) { facts.first_operator = crypto::P256Point(); }));
    EXPECT_FALSE(refuses([](auto&) {}));
}

TEST_F(GenesisTest, NamesItsEnvironmentInTheOrigin) {
    EXPECT_TRUE(refuses([](auto& facts) { facts.origin = "chopmark.example/log"; }));
    EXPECT_TRUE(refuses([](auto& facts) { facts.environment = schema::PRODUCTION; }));
    EXPECT_TRUE(refuses([](auto& facts) { facts.environment = schema::INTEGRATION; }));
    EXPECT_FALSE(refuses([](auto& facts) {
        facts.environment = schema::PRODUCTION;
        facts.origin = "important.chopmark.example/log";
    }));
    EXPECT_TRUE(refuses([](auto& facts) { facts.origin = "sandboxes.chopmark.example/log"; }));
}

TEST_F(GenesisTest, RefusesBytesThatSayMoreOrOtherwise) {
    const Bytes document = Genesis::make(facts_)->document();
    EXPECT_EQ(Genesis::read(document + Bytes("\x78\x01", 2)).error(), bad_genesis);  // field 15
    EXPECT_EQ(Genesis::read(document + Bytes("\x10\x10", 2)).error(), bad_genesis);  // P again
    EXPECT_EQ(Genesis::read(document.substr(0, document.size() - 2)).error(), bad_genesis);
    EXPECT_EQ(Genesis::read("").error(), bad_genesis);
}

TEST_F(GenesisTest, GivesEnvironmentsTheirNames) {
    for (const char* name : {"production", "integration", "sandbox", "import"}) {
        EXPECT_EQ(to_string(environment_of(name).value()), name);
    }
    EXPECT_EQ(environment_of("test"), std::nullopt);
}

// ---- nodes
// ---------------------------------------------------------------------------------------

TEST_F(GenesisTest, TheNodeCaKnowsItsNodes) {
    const Node node = issuer_.enrol(entropy_, "10.0.0.1:7000", at).value();
    const Bytes signature = node.sign("message").value();
    EXPECT_EQ(ca_.check(node.certificate(), "message", signature), node.node());
    EXPECT_EQ(ca_.node_of(node.certificate()), node.node());
    EXPECT_EQ(node.endpoint(), "10.0.0.1:7000");
    const auto parsed = crypto::Certificate::parse(node.certificate()).value();
    EXPECT_EQ(parsed.dns_names(), std::vector<std::string>{node.node().hex()});
}

TEST_F(GenesisTest, TheNodeCaRefusesEverybodyElse) {
    const Node node = issuer_.enrol(entropy_, "", at).value();
    const Node second = issuer_.enrol(entropy_, "", at).value();
    const auto foreign = NodeIssuer::create(entropy_, "chopmark node CA", at).value();
    const Node stranger = foreign.enrol(entropy_, "", at).value();
    const auto check = [&](const Node& shown, const Node& signing, ByteView message) {
        return ca_.check(shown.certificate(), message, signing.sign("message").value());
    };
    EXPECT_TRUE(check(node, node, "message"));
    EXPECT_FALSE(check(node, node, "another"));
    EXPECT_FALSE(check(node, second, "message"));
    EXPECT_FALSE(check(stranger, stranger, "message"));
    EXPECT_FALSE(ca_.check("", "message", node.sign("message").value()));
    EXPECT_FALSE(ca_.check(node.certificate(), "message", ""));
    EXPECT_FALSE(ca_.node_of(issuer_.certificate().der()));
}

// A certificate of the CA whose name is no node id, or spells it otherwise, makes no node.
TEST_F(GenesisTest, TheNodeCaTakesNamesLiterally) {
    crypto::Secret32 seed;
    const crypto::Ed25519PrivateKey key(seed);
    const auto named = [&](const std::string& name) {
        MemoryFolder folder;
        EXPECT_TRUE(issuer_.save(folder).has_value());
        const auto ca_key =
            crypto::Ed25519PrivateKey::from_pem(folder.read("node_ca.key").value()).value();
        crypto::CertificateSpec spec;
        spec.common_name = name;
        spec.serial[0] = 1;
        spec.not_before = at;
        spec.not_after = at + std::chrono::hours(1);
        return ca_.node_of(
            crypto::Certificate::issue(spec, key.loaded(), &issuer_.certificate(), ca_key.loaded())
                ->der());
    };
    EXPECT_TRUE(named("0123456789abcdef0123456789abcdef").has_value());
    EXPECT_FALSE(named("0123456789ABCDEF0123456789ABCDEF").has_value());
    EXPECT_FALSE(named("0123456789abcdef").has_value());
    EXPECT_FALSE(named("web server").has_value());
}

TEST_F(GenesisTest, NodesAndTheirCaAreLoadedAsTheyWereSaved) {
    const Node node = issuer_.enrol(entropy_, "a:1", at).value();
    ASSERT_TRUE(node.save(folder_));
    EXPECT_EQ(node.save(folder_).error(), node_exists);
    const Node loaded = Node::load(folder_, ca_, "b:2").value();
    EXPECT_EQ(loaded.node(), node.node());
    EXPECT_EQ(loaded.endpoint(), "b:2");
    EXPECT_EQ(ca_.check(loaded.certificate(), "m", loaded.sign("m").value()), node.node());

    ASSERT_TRUE(issuer_.save(folder_));
    EXPECT_EQ(issuer_.save(folder_).error(), node_exists);
    const NodeIssuer reloaded = NodeIssuer::load(folder_).value();
    EXPECT_TRUE(ca_.node_of(reloaded.enrol(entropy_, "", at)->certificate()));
}

TEST_F(GenesisTest, ANodeOfAnotherDeploymentIsNotLoaded) {
    const auto foreign = NodeIssuer::create(entropy_, "chopmark node CA", at).value();
    ASSERT_TRUE(foreign.enrol(entropy_, "", at)->save(folder_));
    EXPECT_EQ(Node::load(folder_, ca_, "").error(), bad_node);
    ASSERT_TRUE(folder_.remove("node.key"));
    MemoryFolder other;
    ASSERT_TRUE(issuer_.enrol(entropy_, "", at)->save(other));
    ASSERT_TRUE(folder_.write("node.key", other.read("node.key").value()));
    EXPECT_EQ(Node::load(folder_, ca_, "").error(), bad_node);
}

}  // namespace
}  // namespace chopmark::keys
