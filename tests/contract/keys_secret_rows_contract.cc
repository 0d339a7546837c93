// One contract for the tables of secrets, RocksDB and memory, and what stands on them: the key
// port and the passwords of a single node.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "events/crypto/aead.h"
#include "events/crypto/system_entropy.h"
#include "events/keys/local_key_port.h"
#include "events/keys/local_passwords.h"

namespace chopmark::keys {
namespace {

namespace fs = std::filesystem;

const crypto::Secret32 storage_key = crypto::Secret32::from(Bytes(32, 's'));

/// Opens the same rows again and again, as restarts do.
class Shelf {
  public:
    virtual ~Shelf() = default;
    virtual SecretRows& reopen() = 0;
};

class MemoryShelf final : public Shelf {
  public:
    SecretRows& reopen() override { return rows_; }

  private:
    MemorySecretRows rows_;
};

class RocksShelf final : public Shelf {
  public:
    explicit RocksShelf(Entropy& entropy = system_entropy()) : entropy_(entropy) {
        std::string name = (fs::temp_directory_path() / "chopmark_rows_XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~RocksShelf() override {
        rows_.reset();
        fs::remove_all(path_);
    }
    RocksShelf(const RocksShelf&) = delete;
    RocksShelf& operator=(const RocksShelf&) = delete;
    SecretRows& reopen() override { return reopen(storage_key); }
    SecretRows& reopen(const crypto::Secret32& key) {
        rows_.reset();
        rows_ = RocksSecretRows::open(path_ / "rows", key, entropy_).value();
        return *rows_;
    }
    /// Every byte of every file, the logs of RocksDB included.
    [[nodiscard]] Bytes all_bytes() const {
        Bytes out;
        for (const auto& entry : fs::recursive_directory_iterator(path_)) {
            if (entry.is_regular_file()) {
                std::ifstream file(entry.path(), std::ios::binary);
                out.append(std::istreambuf_iterator<char>(file), {});
            }
        }
        return out;
    }
    [[nodiscard]] const fs::path& path() const { return path_; }
    Entropy& entropy() { return entropy_; }

  private:
    static Entropy& system_entropy() {
        static crypto::SystemEntropy instance;
        return instance;
    }

    fs::path path_;
    Entropy& entropy_;
    std::unique_ptr<SecretRows> rows_;
};

struct Kind {
    const char* name;
    std::function<std::unique_ptr<Shelf>()> make;
};

class SecretRowsContract : public testing::TestWithParam<Kind> {
  protected:
    std::unique_ptr<Shelf> shelf_ = GetParam().make();
    SecretRows* rows_ = &shelf_->reopen();

    void restart() { rows_ = &shelf_->reopen(); }
    std::string shown(ByteView row) {
        const auto got = rows_->get(row);
        return !got ? to_string(got.error()) : *got ? std::string((*got)->reveal()) : "none";
    }
};

TEST_P(SecretRowsContract, KeepsRowsOverRestarts) {
    ASSERT_TRUE(rows_->put("a", "one"));
    ASSERT_TRUE(rows_->put("b", ""));
    ASSERT_TRUE(rows_->put("a", "two"));
    restart();
    EXPECT_EQ(shown("a"), "two");
    EXPECT_EQ(shown("b"), "");
    EXPECT_EQ(shown("c"), "none");
}

TEST_P(SecretRowsContract, ErasesForGood) {
    ASSERT_TRUE(rows_->put("a", "one"));
    ASSERT_TRUE(rows_->put("b", "kept"));
    ASSERT_TRUE(rows_->erase("a"));
    EXPECT_EQ(shown("a"), "none");
    EXPECT_TRUE(rows_->erase("a"));
    restart();
    EXPECT_EQ(shown("a"), "none");
    EXPECT_EQ(shown("b"), "kept");
}

TEST_P(SecretRowsContract, CarriesTheKeysOfOneNode) {
    RsaKeyPool pool({.capacity = 0});
    const KeyHandle handle = KeyHandle::from_hex("000102030405060708090a0b0c0d0e0f").value();
    const KeyHandle other = KeyHandle::from_hex("ff0102030405060708090a0b0c0d0e0f").value();
    Bytes spki;
    {
        LocalKeyPort port(*rows_, pool);
        EXPECT_EQ(port.public_key(handle).error(), no_signing_key);
        EXPECT_EQ(port.sign(handle, SigningScheme::sha256_rsa, "m").error(), no_signing_key);
        spki = port.create(handle).value();
        ASSERT_TRUE(port.create(other));
        EXPECT_EQ(port.create(handle).value(), spki);
    }
    restart();
    LocalKeyPort port(*rows_, pool);
    EXPECT_EQ(port.public_key(handle).value(), spki);
    const auto key = crypto::RsaPublicKey::from_spki(spki).value();
    const Digest digest = crypto::sha256("message");
    const auto sign = [&](SigningScheme scheme, ByteView content) {
        return port.sign(handle, scheme, content);
    };
    EXPECT_TRUE(key.verify_sha256("message", sign(SigningScheme::sha256_rsa, "message").value()));
    EXPECT_EQ(sign(SigningScheme::sha256_rsa_digest, digest.bytes()).value(),
              sign(SigningScheme::sha256_rsa, "message").value());
    EXPECT_TRUE(key.verify_unhashed("content", sign(SigningScheme::bare_rsa, "content").value()));
    EXPECT_EQ(sign(SigningScheme::sha256_rsa_digest, "short").error(), bad_content);
    EXPECT_EQ(sign(SigningScheme::bare_rsa, Bytes(246, 'x')).error(), bad_content);

    ASSERT_TRUE(port.destroy(handle));
    EXPECT_TRUE(port.destroy(handle));
    EXPECT_EQ(sign(SigningScheme::sha256_rsa, "message").error(), signing_key_destroyed);
    EXPECT_EQ(port.create(handle).error(), signing_key_destroyed);
    EXPECT_TRUE(port.public_key(other).has_value());
}

// ---- the passwords of one node
// ------------------------------------------------------------------------------

const PersonId person = PersonId::from_hex("000102030405060708090a0b0c0d0e0f").value();
const Instant noon = Instant::from_seconds(1'800'000'000);

VerifierName by(std::uint8_t number) {
    ByteArray<CommandId::size> bytes{};
    bytes.back() = number;
    return {person, CommandId(bytes)};
}

std::string inserted(LocalPasswords& passwords, std::uint8_t number, const std::string& text,
                     Instant at = noon) {
    return passwords.insert(by(number), Sensitive<std::string>(text), at).value().reveal();
}

/// Empty: no verifier lies there.
std::string lying(LocalPasswords& passwords, std::uint8_t number) {
    const auto found = passwords.get(by(number)).value();
    return found ? found->reveal() : std::string();
}

TEST_P(SecretRowsContract, KeepsVerifiersOfOnePersonBesideOneAnother) {
    LocalPasswords passwords(*rows_);
    EXPECT_EQ(lying(passwords, 1), "");
    EXPECT_EQ(inserted(passwords, 1, "first"), "first");
    EXPECT_EQ(inserted(passwords, 2, "second"), "second");
    EXPECT_EQ(inserted(passwords, 2, "other"), "second");
    EXPECT_EQ(lying(passwords, 1), "first");
    EXPECT_EQ(lying(passwords, 2), "second");
    ASSERT_TRUE(passwords.erase(person));
    EXPECT_EQ(lying(passwords, 1) + lying(passwords, 2), "");
}

TEST_P(SecretRowsContract, TakesARefusedVerifierAwayWithItsLastInsertion) {
    LocalPasswords passwords(*rows_);
    inserted(passwords, 1, "in force");
    ASSERT_TRUE(passwords.accepted(by(1), Sequence(4), noon));
    inserted(passwords, 2, "sent twice");
    inserted(passwords, 2, "sent twice");
    ASSERT_TRUE(passwords.refused(by(2)));
    EXPECT_EQ(lying(passwords, 2), "sent twice");
    ASSERT_TRUE(passwords.refused(by(2)));
    EXPECT_EQ(lying(passwords, 2), "");
    // A repetition of what is in force, refused for whatever reason, does not take it away.
    inserted(passwords, 1, "in force");
    ASSERT_TRUE(passwords.refused(by(1)));
    ASSERT_TRUE(passwords.refused(by(1)));
    EXPECT_EQ(lying(passwords, 1), "in force");
}

TEST_P(SecretRowsContract, KeepsTheVerifierOfTheLatestRecordInWhateverOrderItIsTold) {
    LocalPasswords passwords(*rows_);
    inserted(passwords, 1, "first");
    inserted(passwords, 2, "second");
    ASSERT_TRUE(passwords.accepted(by(2), Sequence(8), noon));
    ASSERT_TRUE(passwords.accepted(by(1), Sequence(7), noon));
    EXPECT_EQ(lying(passwords, 1), "");
    EXPECT_EQ(lying(passwords, 2), "second");
}

TEST_P(SecretRowsContract, SweepsVerifiersThatCannotBeRecordedAnyMore) {
    LocalPasswords passwords(*rows_);
    const Duration life = LocalPasswords::Options().undecided_life;
    inserted(passwords, 1, "of a crash");
    inserted(passwords, 2, "on its way", noon + life);
    inserted(passwords, 3, "accepted", noon + life);
    ASSERT_TRUE(passwords.accepted(by(3), Sequence(9), noon + life + std::chrono::seconds(1)));
    EXPECT_EQ(lying(passwords, 1), "");
    EXPECT_EQ(lying(passwords, 2), "on its way");
    EXPECT_EQ(lying(passwords, 3), "accepted");
}

TEST_P(SecretRowsContract, KeepsVerifiersOverARestart) {
    {
        LocalPasswords passwords(*rows_);
        inserted(passwords, 1, "first");
        ASSERT_TRUE(passwords.accepted(by(1), Sequence(0), noon));
        inserted(passwords, 2, "second");
    }
    restart();
    LocalPasswords passwords(*rows_);
    EXPECT_EQ(lying(passwords, 1), "first");
    EXPECT_EQ(lying(passwords, 2), "second");
    ASSERT_TRUE(passwords.accepted(by(2), Sequence(1), noon));
    EXPECT_EQ(lying(passwords, 1), "");
}

TEST_P(SecretRowsContract, RefusesVerifiersBeyondItsBoundAndARowThatIsNone) {
    LocalPasswords passwords(*rows_, {.verifiers = 2});
    inserted(passwords, 1, "first");
    inserted(passwords, 2, "second");
    EXPECT_EQ(passwords.insert(by(3), Sensitive<std::string>("third"), noon).error(),
              too_many_verifiers);
    ASSERT_TRUE(rows_->put(Bytes("p").append(person.bytes()), "torn"));
    EXPECT_EQ(passwords.get(by(1)).error(), rows_damaged);
}

INSTANTIATE_TEST_SUITE_P(
    Tables, SecretRowsContract,
    testing::Values(Kind{"memory", [] { return std::make_unique<MemoryShelf>(); }},
                    Kind{"rocksdb", [] { return std::make_unique<RocksShelf>(); }}),
    [](const auto& given) { return std::string(given.param.name); });

TEST(RocksSecretRows, OpensRowsOfItsOwnKeyOnly) {
    RocksShelf shelf;
    ASSERT_TRUE(shelf.reopen().put("a", "one"));
    SecretRows& foreign = shelf.reopen(crypto::Secret32());
    EXPECT_EQ(foreign.get("a").error(), rows_damaged);
}

TEST(RocksSecretRows, IsOpenInOneProcessAtATime) {
    RocksShelf shelf;
    shelf.reopen();
    EXPECT_EQ(RocksSecretRows::open(shelf.path() / "rows", storage_key, shelf.entropy()).error(),
              rows_failed);
}

TEST(RocksSecretRows, HoldsNoSecretInTheClear) {
    RocksShelf shelf;
    ASSERT_TRUE(shelf.reopen().put("row", "a very private key"));
    EXPECT_EQ(shelf.all_bytes().find("very private"), Bytes::npos);
}

/// Draws the same nonce always, so that a test knows the sealed bytes.
class FixedEntropy final : public Entropy {
  public:
    void fill(std::span<std::uint8_t> out) override {
        std::fill(out.begin(), out.end(), std::uint8_t{0x5a});
    }
};

// Names of rows stay in RocksDB's manifest as bounds of files; the sealed bytes must not stay
// anywhere.
TEST(RocksSecretRows, KeepsNoRemnantOfAnErasedRow) {
    FixedEntropy fixed;
    RocksShelf shelf(fixed);
    const auto sealed = [](ByteView row, ByteView secret) {
        crypto::AeadNonce nonce{};
        nonce.fill(0x5a);
        return crypto::aead_seal(storage_key, nonce, Bytes("chopmark/secret-row/1").append(row),
                                 secret);
    };
    const auto on_disk = [&](ByteView row, ByteView secret) {
        return shelf.all_bytes().find(sealed(row, secret)) != Bytes::npos;
    };
    ASSERT_TRUE(shelf.reopen().put("gone", "an older secret"));
    ASSERT_TRUE(shelf.reopen().put("kept", "another secret"));
    SecretRows& rows = shelf.reopen();  // the logs became table files
    ASSERT_TRUE(rows.put("gone", "a newer secret"));
    EXPECT_TRUE(on_disk("gone", "an older secret"));
    EXPECT_TRUE(on_disk("gone", "a newer secret"));
    ASSERT_TRUE(rows.erase("gone"));
    EXPECT_FALSE(on_disk("gone", "an older secret"));
    EXPECT_FALSE(on_disk("gone", "a newer secret"));
    EXPECT_TRUE(on_disk("kept", "another secret"));
}

TEST(RsaKeyPool, GivesReadyKeysFirstAndNoneTwice) {
    RsaKeyPool pool({.capacity = 2});
    pool.wait_until_full();
    EXPECT_EQ(pool.probe().ready, 2U);
    const Bytes first = pool.take().public_key().spki();
    const Bytes second = pool.take().public_key().spki();
    EXPECT_NE(first, second);
    EXPECT_EQ(pool.probe().taken_ready, 2U);
    pool.wait_until_full();
    EXPECT_EQ(pool.probe().made_on_demand, 0U);
}

TEST(RsaKeyPool, MakesKeysOnDemandWhenItKeepsNone) {
    RsaKeyPool pool({.capacity = 0});
    EXPECT_NE(pool.take().public_key().spki(), pool.take().public_key().spki());
    EXPECT_EQ(pool.probe().made_on_demand, 2U);
}

}  // namespace
}  // namespace chopmark::keys
