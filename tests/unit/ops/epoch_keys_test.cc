#include "ops/epoch_keys.h"

#include <gtest/gtest.h>

#include "events/core/clock.h"
#include "events/crypto/system_entropy.h"
#include "ops/cli/offline_log.h"
#include "ops/sandbox_founding.h"
#include "tests/support/soft_hsm.h"

namespace chopmark::ops {
namespace {

class EpochKeysTest : public ::testing::Test {
  protected:
    EpochKeysTest() {
        in_token.epoch_keys = config::EpochKeys::pkcs11;
        in_token.pkcs11_module = test::SoftHsm::module;
        in_token.pkcs11_token = test::SoftHsm::token;
        in_token.pkcs11_pin_file = pin_file.string();
        write_pin(test::SoftHsm::pin);
    }
    void write_pin(const std::string& pin) const {
        std::filesystem::remove(pin_file);
        std::ofstream(pin_file) << pin << "\n";
        std::filesystem::permissions(pin_file, std::filesystem::perms::owner_read);
    }
    Result<void> found(const config::KeyConfig& keys) {
        return found_sandbox(folder, 2, clock, entropy, keys);
    }

    test::SoftHsm hsm;
    test::ScratchFolder scratch;
    const std::filesystem::path pin_file = scratch.path() / "pin";
    const DataFolder folder = DataFolder(scratch.path() / "data");
    config::KeyConfig in_token;
    const SystemClock clock{};
    crypto::SystemEntropy entropy;
};

TEST_F(EpochKeysTest, OfASandboxMayBeInAToken) {
    ASSERT_TRUE(found(in_token)) << found(in_token).error();
    ASSERT_TRUE(found(in_token));  // as at every start
    EXPECT_TRUE(check_epoch_keys(folder, in_token));
    const auto opened = open_data_folder(folder, "", entropy);
    ASSERT_TRUE(opened) << opened.error();
    EXPECT_EQ(opened->epochs.store->list().value().size(), 1U);
    EXPECT_EQ(opened->keys->commitments(), opened->genesis.facts().commitments);
    // Nothing that opens a key file lies in the folder.
    for (const auto& file : std::filesystem::directory_iterator(folder.epochs())) {
        EXPECT_EQ(file.path().filename(), "token.json");
    }
}

TEST_F(EpochKeysTest, StayWhereTheyWereMade) {
    ASSERT_TRUE(found(in_token));
    EXPECT_EQ(found({}).error(), other_epoch_place);
    EXPECT_EQ(check_epoch_keys(folder, {}).error(), other_epoch_place);
    config::KeyConfig other = in_token;
    other.pkcs11_key_label = "another";
    EXPECT_EQ(check_epoch_keys(folder, other).error(), other_epoch_place);
}

TEST_F(EpochKeysTest, AreNotSharedByTwoNodes) {
    ASSERT_TRUE(found(in_token));
    const DataFolder second(scratch.path() / "second");
    EXPECT_EQ(found_sandbox(second, 2, clock, entropy, in_token).error(), other_epoch_place);
    in_token.pkcs11_key_label = "second";
    EXPECT_TRUE(found_sandbox(second, 2, clock, entropy, in_token));
}

TEST_F(EpochKeysTest, OfFilesMoveIntoNoToken) {
    ASSERT_TRUE(found({}));
    EXPECT_TRUE(check_epoch_keys(folder, {}));
    EXPECT_EQ(found(in_token).error(), other_epoch_place);
}

TEST_F(EpochKeysTest, NeedThePinFromAFileOfThisUserAlone) {
    ASSERT_TRUE(found(in_token));
    write_pin("00000000");
    EXPECT_EQ(open_data_folder(folder, "", entropy).error(), keys::store_failed);
    write_pin(test::SoftHsm::pin);
    std::filesystem::permissions(pin_file, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    EXPECT_EQ(open_data_folder(folder, "", entropy).error(), bad_pin_file);
}

/// An epoch that no key file names yet may be what the node at work has just made.
TEST_F(EpochKeysTest, AreOnlyLookedAtByTheTool) {
    ASSERT_TRUE(found(in_token));
    const auto genesis = read_genesis(folder).value();
    const auto epochs = open_epoch_keys(folder, genesis.facts().environment, entropy).value();
    ASSERT_TRUE(epochs.store->create(keys::Epoch(77)));
    const auto before = epochs.store->list().value();
    const auto looked = cli::OfflineKeys::open(folder, genesis);
    ASSERT_TRUE(looked) << looked.error();
    EXPECT_EQ((*looked)->ring().commitments(), genesis.facts().commitments);
    EXPECT_EQ(epochs.store->list().value(), before);
}

}  // namespace
}  // namespace chopmark::ops
