#include <gtest/gtest.h>

#include <csignal>

#include "events/crypto/rsa.h"
#include "events/crypto/system_entropy.h"
#include "events/schema/genesis.pb.h"
#include "gateways/keyport/remote_key_port.h"
#include "gateways/keyport/remote_passwords.h"
#include "ops/founding.h"
#include "ops/joining.h"
#include "ops/keyport_files.h"
#include "ops/keyport_server.h"
#include "tests/support/child_process.h"
#include "tests/support/scratch_folder.h"

namespace chopmark::ops {
namespace {

using keyport::Link;
using keyport::LinkOptions;
using keys::SigningScheme;

const keys::KeyHandle handle =
    keys::KeyHandle::from_hex("000102030405060708090a0b0c0d0e0f").value();
const keys::VerifierName name{PersonId{{1}}, CommandId{{2}}};
const Instant noon = Instant::from_seconds(1'800'000'000);

class KeyPortTest : public testing::Test {
  protected:
    void SetUp() override {
        std::signal(SIGPIPE, SIG_IGN);
        found(node);
        ASSERT_TRUE(join(store, keys::Share::storage).has_value());
    }
    void found(const DataFolder& folder) {
        const auto key = crypto::P256PrivateKey::generate(entropy);
        const auto founded =
            found_data_folder(folder, schema::SANDBOX, 2, key.point(), clock, entropy);
        ASSERT_TRUE(founded.has_value()) << founded.error();
    }
    Result<keys::Share> join(const DataFolder& newcomer, keys::Share share) {
        CHOPMARK_ASSIGN(const Bytes request, ask_to_join(newcomer, "a newcomer", entropy));
        CHOPMARK_ASSIGN(const auto certificate, certify_node(node, request, clock, entropy));
        CHOPMARK_ASSIGN(const auto authority, node_authority(node));
        CHOPMARK_TRY(keep_certificate(newcomer, authority, certificate));
        CHOPMARK_ASSIGN(const Bytes package,
                        hand_over_keys(node, request, certificate, share, entropy));
        return take_over_keys(newcomer, package, entropy);
    }
    void serve(KeyPortServer::Options options = {}) {
        options.ready_keys = 0;
        auto started = KeyPortServer::start(store, options, clock, entropy);
        ASSERT_TRUE(started.has_value()) << started.error();
        server = *std::move(started);
    }
    LinkOptions link_of(const DataFolder& folder, std::uint16_t port) {
        const auto there = keys::DiskFolder::open(folder.genesis()).value();
        LinkOptions options;
        options.address = "127.0.0.1:" + std::to_string(port);
        options.node = read_joining_node(store)->node;
        options.files = node_files(folder, keys::open_genesis(there).value()).value();
        options.pause = std::chrono::milliseconds(1);
        return options;
    }

    test::ScratchFolder scratch;
    const DataFolder node{scratch.path() / "node"};
    const DataFolder store{scratch.path() / "store"};
    const SystemClock clock{};
    crypto::SystemEntropy entropy;
    std::unique_ptr<KeyPortServer> server;
};

TEST_F(KeyPortTest, SignsByTheKeyThatItMadeUntilItIsDestroyed) {
    serve();
    Link link(link_of(node, server->port()));
    keyport::RemoteKeyPort port(link);
    EXPECT_EQ(port.sign(handle, SigningScheme::sha256_rsa, "m").error(), keys::no_signing_key);
    const Bytes spki = port.create(handle).value();
    EXPECT_EQ(port.create(handle).value(), spki);
    EXPECT_EQ(port.public_key(handle).value(), spki);
    const auto key = crypto::RsaPublicKey::from_spki(spki).value();
    EXPECT_TRUE(key.verify_sha256("message",
                                  port.sign(handle, SigningScheme::sha256_rsa, "message").value()));
    EXPECT_TRUE(
        key.verify_unhashed("bare", port.sign(handle, SigningScheme::bare_rsa, "bare").value()));
    EXPECT_EQ(port.sign(handle, SigningScheme::sha256_rsa_digest, "short").error(),
              keys::bad_content);
    ASSERT_TRUE(port.destroy(handle));
    EXPECT_EQ(port.sign(handle, SigningScheme::sha256_rsa, "m").error(),
              keys::signing_key_destroyed);
    EXPECT_EQ(link.probe().failed, 0U);
}

TEST_F(KeyPortTest, KeepsTheVerifiersOfPasswords) {
    serve();
    Link link(link_of(node, server->port()));
    keyport::RemotePasswords passwords(link);
    EXPECT_FALSE(passwords.get(name).value().has_value());
    EXPECT_EQ(passwords.insert(name, Sensitive<std::string>("$argon2id$"), noon)->reveal(),
              "$argon2id$");
    EXPECT_EQ(passwords.insert(name, Sensitive<std::string>("another"), noon)->reveal(),
              "$argon2id$");
    ASSERT_TRUE(passwords.accepted(name, Sequence(4), noon));
    ASSERT_TRUE(passwords.refused(name));
    EXPECT_EQ(passwords.get(name).value()->reveal(), "$argon2id$");
    ASSERT_TRUE(passwords.erase(name.person));
    EXPECT_FALSE(passwords.get(name).value().has_value());
}

TEST_F(KeyPortTest, KeepsAKeyOverAKillBetweenMakingAndSigning) {
    const std::string program = std::string(CHOPMARK_BINARY_DIR) + "/keyport_child";
    auto child = std::make_unique<test::ChildProcess>(
        std::vector<std::string>{program, store.root().string(), "0"});
    const std::string first_port = child->next_line().value();
    Bytes spki;
    {
        Link link(link_of(node, static_cast<std::uint16_t>(std::stoi(first_port))));
        spki = keyport::RemoteKeyPort(link).create(handle).value();
        child->kill();
        child->wait();
        const auto gone = keyport::RemoteKeyPort(link).sign(handle, SigningScheme::sha256_rsa, "m");
        EXPECT_EQ(gone.error(), keyport::unreachable);
        EXPECT_EQ(gone.error().kind(), Kind::unavailable);
        EXPECT_EQ(link.probe().retries, 2U);
    }
    child = std::make_unique<test::ChildProcess>(
        std::vector<std::string>{program, store.root().string(), "0"});
    Link link(link_of(node, static_cast<std::uint16_t>(std::stoi(child->next_line().value()))));
    const Bytes signature =
        keyport::RemoteKeyPort(link).sign(handle, SigningScheme::sha256_rsa, "message").value();
    EXPECT_TRUE(crypto::RsaPublicKey::from_spki(spki)->verify_sha256("message", signature));
}

TEST_F(KeyPortTest, BelievesOnlyTheNodeThatWasMeant) {
    serve();
    LinkOptions options = link_of(node, server->port());
    options.node = NodeId{{9}};
    Link link(options);
    EXPECT_EQ(keyport::RemoteKeyPort(link).public_key(handle).error(), keyport::unreachable);
}

TEST_F(KeyPortTest, ServesNodesOfItsDeploymentAlone) {
    const DataFolder stranger(scratch.path() / "stranger");
    found(stranger);
    KeyPortServer::Options options;
    options.refused.insert(read_joining_node(node)->node);
    serve(options);
    Link foreign(link_of(stranger, server->port()));
    EXPECT_EQ(keyport::RemoteKeyPort(foreign).create(handle).error(), keyport::unreachable);
    Link withdrawn(link_of(node, server->port()));
    EXPECT_EQ(keyport::RemoteKeyPort(withdrawn).create(handle).error(), keyport::not_admitted);
    EXPECT_EQ(withdrawn.probe().retries, 0U);
}

TEST_F(KeyPortTest, LetsANodeOpenTheFolderThatItWasGiven) {
    const DataFolder second(scratch.path() / "second");
    ASSERT_EQ(join(second, keys::Share::everything), keys::Share::everything);
    const auto here = open_data_folder(node, "127.0.0.1:1", entropy);
    const auto there = open_data_folder(second, "127.0.0.1:2", entropy);
    ASSERT_TRUE(there.has_value()) << there.error();
    EXPECT_EQ(there->genesis.hash(), here->genesis.hash());
    EXPECT_NE(there->node->node(), here->node->node());
    EXPECT_EQ(there->keys->hand_over().reveal(), here->keys->hand_over().reveal());
    // A key port's folder is no node's.
    EXPECT_EQ(open_data_folder(store, "", entropy).error(), keys::no_key_file);
}

}  // namespace
}  // namespace chopmark::ops
