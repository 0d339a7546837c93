#include <gtest/gtest.h>

#include "events/crypto/system_entropy.h"
#include "events/keys/file_epoch_store.h"
#include "events/keys/key_ring.h"
#include "events/schema/common.pb.h"
#include "events/schema/genesis.pb.h"

namespace chopmark::keys {
namespace {

const Instant genesis_at = Instant::from_seconds(1795219200);  // 2026-11-21
const KeyIndex alice(83886087);
const KeyIndex bob(83886088);
const EventId event = EventId::from_hex("000102030405060708090a0b0c0d0e0f").value();

BoxPlace place_at(Retention retention, Instant at) {
    return {retention, period_at(retention, at), event};
}

class KeyRingTest : public testing::Test {
  protected:
    MemoryFolder folder_;
    MemoryFolder epochs_;
    crypto::SystemEntropy entropy_;
    FileEpochStore store_ = FileEpochStore::open(epochs_, entropy_, schema::SANDBOX).value();
    KeyRing::Place place_{folder_, store_, entropy_};
    std::unique_ptr<KeyRing> ring_ = KeyRing::create(place_, genesis_at).value();
    KeyCommitments commitments_ = ring_->commitments();
    BoxPlace box_place_ = place_at(schema::SIGN_IN, genesis_at);

    void restart() {
        ring_.reset();
        ring_ = KeyRing::open(place_, commitments_).value();
    }
    SealedBox seal(KeyIndex index) const {
        return ring_->seal_personal(box_place_, index, "content").value();
    }
    [[nodiscard]] Result<Sensitive<Bytes>> open(KeyIndex index, const SealedBox& sealed) const {
        return ring_->open_personal(box_place_, index, sealed.commitment, sealed.box);
    }
};

TEST_F(KeyRingTest, OpensItsBoxesAfterARestart) {
    const SealedBox personal = seal(alice);
    const Bytes link = ring_->seal_link(box_place_, "pseudonyms").value();
    const Bytes inner =
        ring_->seal_inner(schema::DELIVERY, genesis_at, event, alice, "passing").value();
    const SealedBox nobody = ring_->seal_personal(box_place_, std::nullopt, "query").value();
    restart();
    EXPECT_EQ(open(alice, personal)->reveal(), "content");
    EXPECT_EQ(ring_->open_link(box_place_, link).value(), "pseudonyms");
    EXPECT_EQ(ring_->open_inner(schema::DELIVERY, event, alice, inner)->reveal(), "passing");
    EXPECT_EQ(
        ring_->open_personal(box_place_, std::nullopt, nobody.commitment, nobody.box)->reveal(),
        "query");
    EXPECT_EQ(open(bob, personal).error(), mismatch);
}

TEST_F(KeyRingTest, ErasesOnePersonInOneClass) {
    const SealedBox of_alice = seal(alice);
    const SealedBox of_bob = seal(bob);
    const BoxPlace evidence = place_at(schema::EVIDENCE, genesis_at);
    const SealedBox kept = ring_->seal_personal(evidence, alice, "contract").value();
    EXPECT_EQ(ring_->erase({{schema::SIGN_IN, alice}}).value(), Epoch(2));
    EXPECT_TRUE(ring_->is_erased({schema::SIGN_IN, alice}));
    EXPECT_EQ(open(alice, of_alice).error(), erased);
    EXPECT_EQ(ring_->seal_personal(box_place_, alice, "new").error(), erased);
    EXPECT_EQ(open(bob, of_bob)->reveal(), "content");
    EXPECT_EQ(ring_->open_personal(evidence, alice, kept.commitment, kept.box)->reveal(),
              "contract");
    restart();
    EXPECT_EQ(open(alice, of_alice).error(), erased);
    EXPECT_EQ(open(bob, of_bob)->reveal(), "content");
}

TEST_F(KeyRingTest, ErasingAgainWritesNothing) {
    ASSERT_EQ(ring_->erase({{schema::SIGN_IN, alice}}).value(), Epoch(2));
    EXPECT_EQ(ring_->erase({{schema::SIGN_IN, alice}}).value(), Epoch(2));
    EXPECT_EQ(folder_.list().value(), (std::vector<std::string>{"keys.1", "keys.2"}));
}

TEST_F(KeyRingTest, ACopyOfTheOldFileOpensUntilItsEpochIsDestroyed) {
    const Bytes backup = folder_.read("keys.1").value();
    ASSERT_TRUE(ring_->erase({{schema::SIGN_IN, alice}}));
    EXPECT_EQ(ring_->old_epochs().value(), std::vector<Epoch>{Epoch(1)});
    EXPECT_TRUE(read_key_file(folder_, store_, Epoch(1)).has_value());
    ASSERT_TRUE(ring_->destroy_old_epochs());
    EXPECT_TRUE(ring_->old_epochs()->empty());
    EXPECT_EQ(folder_.list().value(), std::vector<std::string>{"keys.2"});
    ASSERT_TRUE(folder_.write("keys.1", backup));
    EXPECT_EQ(read_key_file(folder_, store_, Epoch(1)).error(), no_epoch);
    restart();
    EXPECT_EQ(ring_->epoch(), Epoch(2));
    EXPECT_EQ(folder_.list().value(), std::vector<std::string>{"keys.2"});
}

TEST_F(KeyRingTest, ForgetsAPeriodAtItsTime) {
    const SealedBox personal = seal(alice);
    const Bytes link = ring_->seal_link(box_place_, "pseudonyms").value();
    const Bytes inner =
        ring_->seal_inner(schema::DELIVERY, genesis_at, event, alice, "passing").value();
    const Instant next_day_over = genesis_at + std::chrono::hours(48);
    ASSERT_TRUE(ring_->expire(next_day_over - Duration(1)));
    EXPECT_TRUE(ring_->open_inner(schema::DELIVERY, event, alice, inner).has_value());
    ASSERT_TRUE(ring_->expire(next_day_over));
    EXPECT_EQ(ring_->open_inner(schema::DELIVERY, event, alice, inner).error(), expired);
    EXPECT_EQ(open(alice, personal)->reveal(), "content");
    const Instant after_24_months = Instant::from_seconds(1859241600);  // 2028-12-01
    ASSERT_TRUE(ring_->expire(after_24_months));
    EXPECT_EQ(open(alice, personal).error(), expired);
    EXPECT_EQ(ring_->open_link(box_place_, link).error(), expired);
    const Epoch now = ring_->epoch();
    EXPECT_EQ(ring_->expire(after_24_months).value(), now);
}

TEST_F(KeyRingTest, NeverForgetsTheLinksOfIdentityAndEvidence) {
    const auto sealed = [&](Retention retention) {
        return ring_->seal_link(place_at(retention, genesis_at), "pseudonyms").value();
    };
    const Bytes identity = sealed(schema::IDENTITY);
    const Bytes evidence = sealed(schema::EVIDENCE);
    ASSERT_TRUE(ring_->expire(Instant::from_seconds(4'000'000'000)));  // 2096
    EXPECT_TRUE(ring_->open_link(place_at(schema::IDENTITY, genesis_at), identity).has_value());
    EXPECT_TRUE(ring_->open_link(place_at(schema::EVIDENCE, genesis_at), evidence).has_value());
}

TEST_F(KeyRingTest, TellsPeriodsItNeverHadFromExpiredOnes) {
    const auto seal_at = [&](Retention retention, Period period) {
        return ring_->seal_link({retention, period, event}, "x");
    };
    EXPECT_EQ(seal_at(schema::SIGN_IN, Period(202610)).error(), no_period);
    EXPECT_EQ(seal_at(schema::SIGN_IN, Period(203612)).error(), no_period);
    EXPECT_EQ(seal_at(schema::SIGN_IN, Period(202613)).error(), no_period);
    EXPECT_EQ(seal_at(Retention(8), Period(0)).error(), no_period);
    EXPECT_TRUE(seal_at(schema::SIGN_IN, Period(203611)).has_value());
    EXPECT_TRUE(seal_at(schema::EVIDENCE, Period(2036)).has_value());
}

TEST_F(KeyRingTest, RefusesTheKeysOfAnotherDeployment) {
    KeyCommitments other = commitments_;
    other.card = Digest();
    EXPECT_EQ(KeyRing::open(place_, other).error(), foreign_keys);
    EXPECT_EQ(KeyRing::create(place_, genesis_at).error(), key_file_exists);
    MemoryFolder empty;
    EXPECT_EQ(KeyRing::open({empty, store_, entropy_}, commitments_).error(), no_key_file);
}

TEST_F(KeyRingTest, HandsItsKeysToANodeThatEnrols) {
    ASSERT_TRUE(ring_->erase({{schema::SIGN_IN, alice}}));
    const SealedBox of_bob = seal(bob);
    MemoryFolder folder;
    MemoryFolder epochs;
    auto store = FileEpochStore::open(epochs, entropy_, schema::SANDBOX).value();
    const auto node = KeyRing::adopt({folder, store, entropy_}, ring_->hand_over().reveal());
    ASSERT_TRUE(node.has_value());
    EXPECT_EQ((*node)->commitments(), commitments_);
    EXPECT_TRUE((*node)->is_erased({schema::SIGN_IN, alice}));
    EXPECT_EQ((*node)->open_personal(box_place_, bob, of_bob.commitment, of_bob.box)->reveal(),
              "content");
    EXPECT_EQ(KeyRing::adopt({folder, store, entropy_}, "nonsense").error(), bad_material);
}

TEST_F(KeyRingTest, TenYearsOfKeysFitInOneMegabyte) {
    EXPECT_LT(folder_.read("keys.1").value().size(), 1'000'000U);
    EXPECT_EQ(ring_->probe()->cover_nodes, class_count);
}

TEST_F(KeyRingTest, KnowsAChangedFile) {
    const Bytes stored = folder_.read("keys.1").value();
    for (const std::size_t at : {0UL, 5UL, 13UL, 20UL, 80UL, stored.size() / 2}) {
        Bytes changed = stored;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        ASSERT_TRUE(folder_.write("keys.1", changed));
        EXPECT_EQ(KeyRing::open(place_, commitments_).error(), bad_key_file) << at;
    }
    ASSERT_TRUE(folder_.write("keys.1", stored.substr(0, 50)));
    EXPECT_EQ(KeyRing::open(place_, commitments_).error(), bad_key_file);
}

// ---- crashes
// -------------------------------------------------------------------------------------

enum class CrashAt : std::uint8_t { before, halfway, after };

/// Counts the operations of one process on folder and store, and lets it die at one of them: from
/// then on nothing it does has an effect.
class Fate {
  public:
    Fate(int step, CrashAt at) : left_(step), at_(at) {}
    /// What of this operation happens; nothing: all of it, and the process lives on.
    std::optional<CrashAt> meet() {
        if (left_ < 0) {
            return CrashAt::before;
        }
        return left_-- == 0 ? std::optional(at_) : std::nullopt;
    }
    [[nodiscard]] bool dead() const { return left_ < 0; }

    template <class Operation>
    auto run(Operation&& operation) -> decltype(operation()) {
        const auto crash = meet();
        if (crash == CrashAt::before) {
            return Error(io_failed, "crashed");
        }
        auto outcome = operation();
        if (crash) {
            return Error(io_failed, "crashed");
        }
        return outcome;
    }

  private:
    int left_;
    CrashAt at_;
};

class DoomedFolder final : public Folder {
  public:
    DoomedFolder(Folder& folder, Fate& fate) : folder_(folder), fate_(fate) {}
    Result<std::vector<std::string>> list() const override { return folder_.list(); }
    Result<Bytes> read(const std::string& name) const override { return folder_.read(name); }
    Result<void> write(const std::string& name, ByteView bytes) override {
        const auto crash = fate_.meet();
        if (crash != CrashAt::before) {
            CHOPMARK_TRY(folder_.write(
                name, crash == CrashAt::halfway ? bytes.substr(0, bytes.size() / 2) : bytes));
        }
        return crash ? Result<void>(Error(io_failed, "crashed")) : Result<void>();
    }
    Result<void> rename(const std::string& from, const std::string& to) override {
        return fate_.run([&] { return folder_.rename(from, to); });
    }
    Result<void> remove(const std::string& name) override {
        return fate_.run([&] { return folder_.remove(name); });
    }
    Result<void> sync() override {
        return fate_.run([&] { return folder_.sync(); });
    }

  private:
    Folder& folder_;
    Fate& fate_;
};

class DoomedStore final : public EpochStore {
  public:
    DoomedStore(EpochStore& store, Fate& fate) : store_(store), fate_(fate) {}
    Result<void> create(Epoch epoch) override {
        return fate_.run([&] { return store_.create(epoch); });
    }
    Result<Bytes> wrap(Epoch epoch, const crypto::Secret32& data_key) override {
        return fate_.run([&] { return store_.wrap(epoch, data_key); });
    }
    Result<crypto::Secret32> unwrap(Epoch epoch, ByteView wrapped) override {
        return fate_.run([&] { return store_.unwrap(epoch, wrapped); });
    }
    Result<void> destroy(Epoch epoch) override {
        return fate_.run([&] { return store_.destroy(epoch); });
    }
    Result<std::vector<Epoch>> list() override { return store_.list(); }

  private:
    EpochStore& store_;
    Fate& fate_;
};

class ErasureCrash : public KeyRingTest, public testing::WithParamInterface<CrashAt> {
  protected:
    // The whole of an erasure, as its coordinator orders it.
    Result<void> erase_alice(KeyRing& ring) {
        CHOPMARK_TRY(ring.erase({{schema::SIGN_IN, alice}, {schema::IDENTITY, alice}}));
        return ring.destroy_old_epochs();
    }
    /// True when the process died at that step, false when it had finished before.
    bool crash_at(int step) {
        ring_.reset();
        Fate fate(step, GetParam());
        DoomedFolder folder(folder_, fate);
        DoomedStore store(store_, fate);
        const auto ring = KeyRing::open({folder, store, entropy_}, commitments_);
        if (ring) {
            (void)erase_alice(**ring);
        }
        return fate.dead();
    }
};

TEST_P(ErasureCrash, IsResumedFromEveryStep) {
    const SealedBox of_alice = seal(alice);
    const SealedBox of_bob = seal(bob);
    const MemoryFolder folder_before = folder_;
    const MemoryFolder epochs_before = epochs_;
    int step = 0;
    for (;; ++step) {
        folder_ = folder_before;
        epochs_ = epochs_before;
        if (!crash_at(step)) {
            break;
        }
        restart();
        // Nobody else is touched, and Alice is either still there or gone.
        EXPECT_EQ(open(bob, of_bob)->reveal(), "content") << step;
        const auto opened = open(alice, of_alice);
        EXPECT_TRUE(opened || opened.error() == erased) << step;
        ASSERT_TRUE(erase_alice(*ring_)) << step;
        EXPECT_EQ(open(alice, of_alice).error(), erased) << step;
        EXPECT_EQ(open(bob, of_bob)->reveal(), "content") << step;
        // What is left is one file and one key; the file from before opens to nobody.
        EXPECT_EQ(folder_.list()->size(), 1U) << step;
        EXPECT_EQ(store_.list().value(), std::vector<Epoch>{ring_->epoch()}) << step;
        EXPECT_GT(ring_->epoch(), Epoch(1)) << step;
        EXPECT_EQ(read_key_file(folder_before, store_, Epoch(1)).error(), no_epoch) << step;
    }
    // Unwrap; create, wrap, write, rename, sync, unwrap; destroy, remove, sync.
    EXPECT_EQ(step, 10);
}

TEST_P(ErasureCrash, InTheMiddleOfResumingIsResumedToo) {
    const SealedBox of_alice = seal(alice);
    const MemoryFolder folder_before = folder_;
    const MemoryFolder epochs_before = epochs_;
    for (int first = 0; first < 10; ++first) {
        for (int second = 0; second < 10; ++second) {
            folder_ = folder_before;
            epochs_ = epochs_before;
            crash_at(first);
            crash_at(second);
            restart();
            ASSERT_TRUE(erase_alice(*ring_)) << first << " " << second;
            EXPECT_EQ(open(alice, of_alice).error(), erased) << first << " " << second;
            EXPECT_EQ(store_.list().value(), std::vector<Epoch>{ring_->epoch()});
        }
    }
}

INSTANTIATE_TEST_SUITE_P(EachHalf, ErasureCrash,
                         testing::Values(CrashAt::before, CrashAt::halfway, CrashAt::after));

}  // namespace
}  // namespace chopmark::keys
