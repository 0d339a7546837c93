// One contract for all epoch stores: files (the sandbox's), memory (the simulation's) and PKCS#11
// (SoftHSM, in a token of its own under a temporary folder).
#include <gtest/gtest.h>

#include <functional>

#include "events/crypto/system_entropy.h"
#include "events/keys/file_epoch_store.h"
#include "events/keys/pkcs11_epoch_store.h"
#include "events/schema/genesis.pb.h"
#include "tests/support/soft_hsm.h"

namespace chopmark::keys {
namespace {

/// Makes stores over the same keys again and again, as restarts do.
class Shelf {
  public:
    virtual ~Shelf() = default;
    virtual std::unique_ptr<EpochStore> reopen() = 0;
};

class MemoryShelf final : public Shelf {
  public:
    std::unique_ptr<EpochStore> reopen() override {
        return std::make_unique<FileEpochStore>(
            FileEpochStore::open(folder_, entropy_, schema::SANDBOX).value());
    }

  private:
    MemoryFolder folder_;
    crypto::SystemEntropy entropy_;
};

class DiskShelf final : public Shelf {
  public:
    std::unique_ptr<EpochStore> reopen() override {
        return std::make_unique<FileEpochStore>(
            FileEpochStore::open(folder_, entropy_, schema::IMPORT_ONLY).value());
    }

  private:
    test::ScratchFolder temporary_;
    DiskFolder folder_ = DiskFolder::open(temporary_.path() / "epochs").value();
    crypto::SystemEntropy entropy_;
};

class SoftHsmShelf final : public Shelf {
  public:
    std::unique_ptr<EpochStore> reopen() override {
        auto store = Pkcs11EpochStore::open(options(), entropy_);
        EXPECT_TRUE(store.has_value()) << (store ? "" : to_string(store.error()));
        return *std::move(store);
    }
    static Pkcs11Options options(const char* pin = test::SoftHsm::pin) {
        Pkcs11Options out;
        out.module = test::SoftHsm::module;
        out.token = test::SoftHsm::token;
        out.pin = crypto::SecretBytes(Bytes(pin));
        return out;
    }

  private:
    test::SoftHsm hsm_;
    crypto::SystemEntropy entropy_;
};

struct Kind {
    const char* name;
    std::function<std::unique_ptr<Shelf>()> make;
};

class EpochStoreContract : public testing::TestWithParam<Kind> {
  protected:
    std::unique_ptr<Shelf> shelf_ = GetParam().make();
    std::unique_ptr<EpochStore> store_ = shelf_->reopen();
    const crypto::Secret32 data_key_ = crypto::Secret32::from(Bytes(32, 'd'));

    void restart() {
        store_.reset();
        store_ = shelf_->reopen();
    }
    bool unwraps(std::uint64_t epoch, const Bytes& wrapped) {
        const auto key = store_->unwrap(Epoch(epoch), wrapped);
        return key && key->reveal() == data_key_.reveal();
    }
};

TEST_P(EpochStoreContract, UnwrapsWhatItWrapped) {
    ASSERT_TRUE(store_->create(Epoch(1)));
    const auto wrapped = store_->wrap(Epoch(1), data_key_);
    ASSERT_TRUE(wrapped.has_value());
    EXPECT_EQ(wrapped->size(), wrapped_bytes);
    EXPECT_TRUE(unwraps(1, *wrapped));
    EXPECT_NE(*wrapped, store_->wrap(Epoch(1), data_key_).value());
}

TEST_P(EpochStoreContract, KeepsKeysOverRestarts) {
    ASSERT_TRUE(store_->create(Epoch(7)));
    const Bytes wrapped = store_->wrap(Epoch(7), data_key_).value();
    restart();
    EXPECT_TRUE(unwraps(7, wrapped));
}

TEST_P(EpochStoreContract, CreatingAgainKeepsTheKey) {
    ASSERT_TRUE(store_->create(Epoch(1)));
    const Bytes wrapped = store_->wrap(Epoch(1), data_key_).value();
    ASSERT_TRUE(store_->create(Epoch(1)));
    EXPECT_TRUE(unwraps(1, wrapped));
}

TEST_P(EpochStoreContract, KeepsEpochsApart) {
    ASSERT_TRUE(store_->create(Epoch(1)));
    ASSERT_TRUE(store_->create(Epoch(2)));
    const Bytes wrapped = store_->wrap(Epoch(1), data_key_).value();
    EXPECT_EQ(store_->unwrap(Epoch(2), wrapped).error(), bad_wrapping);
    EXPECT_EQ(store_->unwrap(Epoch(3), wrapped).error(), no_epoch);
    EXPECT_EQ(store_->wrap(Epoch(3), data_key_).error(), no_epoch);
}

TEST_P(EpochStoreContract, RefusesAChangedWrapping) {
    ASSERT_TRUE(store_->create(Epoch(1)));
    const Bytes wrapped = store_->wrap(Epoch(1), data_key_).value();
    for (const std::size_t at : {0UL, 12UL, 43UL, 44UL, wrapped_bytes - 1}) {
        Bytes changed = wrapped;
        changed[at] = static_cast<char>(changed[at] ^ 4);
        EXPECT_EQ(store_->unwrap(Epoch(1), changed).error(), bad_wrapping) << at;
    }
    EXPECT_EQ(store_->unwrap(Epoch(1), wrapped.substr(1)).error(), bad_wrapping);
    EXPECT_EQ(store_->unwrap(Epoch(1), "").error(), bad_wrapping);
    EXPECT_TRUE(unwraps(1, wrapped));
}

TEST_P(EpochStoreContract, DestroysForGood) {
    ASSERT_TRUE(store_->create(Epoch(1)));
    ASSERT_TRUE(store_->create(Epoch(2)));
    const Bytes wrapped = store_->wrap(Epoch(1), data_key_).value();
    const Bytes kept = store_->wrap(Epoch(2), data_key_).value();
    ASSERT_TRUE(store_->destroy(Epoch(1)));
    EXPECT_EQ(store_->unwrap(Epoch(1), wrapped).error(), no_epoch);
    EXPECT_TRUE(store_->destroy(Epoch(1)));
    restart();
    EXPECT_EQ(store_->unwrap(Epoch(1), wrapped).error(), no_epoch);
    EXPECT_TRUE(unwraps(2, kept));
    // A key of the same number is another key.
    ASSERT_TRUE(store_->create(Epoch(1)));
    EXPECT_EQ(store_->unwrap(Epoch(1), wrapped).error(), bad_wrapping);
}

TEST_P(EpochStoreContract, ListsWhatIsThereAscending) {
    EXPECT_EQ(store_->list().value(), std::vector<Epoch>{});
    for (const std::uint64_t each : {10U, 9U, 100U, 1U}) {
        ASSERT_TRUE(store_->create(Epoch(each)));
    }
    ASSERT_TRUE(store_->destroy(Epoch(9)));
    EXPECT_EQ(store_->list().value(), (std::vector<Epoch>{Epoch(1), Epoch(10), Epoch(100)}));
}

INSTANTIATE_TEST_SUITE_P(
    Stores, EpochStoreContract,
    testing::Values(Kind{"memory", [] { return std::make_unique<MemoryShelf>(); }},
                    Kind{"files", [] { return std::make_unique<DiskShelf>(); }},
                    Kind{"pkcs11", [] { return std::make_unique<SoftHsmShelf>(); }}),
    [](const auto& given) { return std::string(given.param.name); });

TEST(FileEpochStore, IsRefusedOutsideTheSandbox) {
    MemoryFolder folder;
    crypto::SystemEntropy entropy;
    for (const Environment each : {schema::PRODUCTION, schema::INTEGRATION}) {
        EXPECT_EQ(FileEpochStore::open(folder, entropy, each).error(), sandbox_only);
    }
}

TEST(Pkcs11EpochStore, NamesWhatIsWrong) {
    crypto::SystemEntropy entropy;
    SoftHsmShelf shelf;
    Pkcs11Options options = SoftHsmShelf::options();
    options.module = "/nowhere.so";
    EXPECT_EQ(Pkcs11EpochStore::open(options, entropy).error(), store_failed);
    options = SoftHsmShelf::options();
    options.token = "another";
    EXPECT_EQ(Pkcs11EpochStore::open(options, entropy).error().detail,
              "0 tokens are labelled another");
    // CKR_PIN_INCORRECT
    EXPECT_EQ(Pkcs11EpochStore::open(SoftHsmShelf::options("00000000"), entropy).error().detail,
              "C_Login: 0x000000a0");
}

// OpenSC's tool is the other reader: the token itself must say that the key never leaves it.
TEST(Pkcs11EpochStore, DrawsKeysThatTheTokenNeverGivesAway) {
    SoftHsmShelf shelf;
    ASSERT_TRUE(shelf.reopen()->create(Epoch(5)));
    const std::string command = std::string("pkcs11-tool --module ") + test::SoftHsm::module +
                                " --token-label chopmark-test --login --pin 12345678 "
                                "--list-objects 2>/dev/null";
    FILE* const pipe = ::popen(command.c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::string shown;
    char line[256];
    while (std::fgets(line, sizeof line, pipe) != nullptr) {
        shown += line;
    }
    EXPECT_EQ(::pclose(pipe), 0);
    EXPECT_NE(shown.find("chopmark-epoch-5"), std::string::npos) << shown;
    EXPECT_NE(shown.find("AES length 32"), std::string::npos) << shown;
    EXPECT_NE(shown.find("never extractable"), std::string::npos) << shown;
    EXPECT_NE(shown.find("always sensitive"), std::string::npos) << shown;
}

}  // namespace
}  // namespace chopmark::keys
