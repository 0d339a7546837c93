// The embedded journal when its disk fails: at every call of a commit, in every way, in the
// foreground and behind it. Whatever happens, the term ends, the journal comes back by itself once
// the cause is gone, and every acknowledged record is there exactly once.
#include <gtest/gtest.h>

#include "tests/support/journal_home.h"

namespace chopmark::journal {
namespace {

using chopmark::test::body_of;
using chopmark::test::draft;
using chopmark::test::FileCall;
using chopmark::test::FileVerdict;
using chopmark::test::JournalHome;
using chopmark::test::RecordingObserver;
using chopmark::test::ScratchFolder;

constexpr PartitionId partition{2};

class JournalIoError : public ::testing::Test {
  protected:
    void SetUp() override {
        auto opened = home.open();
        ASSERT_TRUE(opened) << to_string(opened.error());
        journal = std::move(*opened);
    }
    std::unique_ptr<Writer> new_term() {
        auto writer = journal->open_term(partition, observer);
        EXPECT_TRUE(writer) << to_string(writer.error());
        return writer ? std::move(*writer) : nullptr;
    }
    void append_and_wait(Writer& writer, const std::string& body) {
        ASSERT_TRUE(writer.append(draft(partition, body)));
        ASSERT_TRUE(observer.wait_for_body(body));
    }
    bool wait_until_ready() {
        return observer.wait_until([&](auto&) { return journal->probe().ready; });
    }
    std::ptrdiff_t times(const std::string& body) const {
        const auto bodies = JournalHome::bodies_in(*journal, partition);
        return std::count(bodies.begin(), bodies.end(), body);
    }

    ScratchFolder folder;
    JournalHome home{(folder.path() / "journal").string()};
    std::unique_ptr<EmbeddedJournal> journal;
    RecordingObserver observer;
};

TEST_F(JournalIoError, OneFaultAtAnyCallOfACommitLosesAndDoublesNothing) {
    auto writer = new_term();
    std::size_t next = 0;
    std::size_t faults = 0;
    for (const auto what :
         {FileVerdict::What::fail, FileVerdict::What::fail_after, FileVerdict::What::tear}) {
        for (std::uint64_t at_call = 0;; ++at_call) {
            SCOPED_TRACE("call " + std::to_string(at_call) + ", kind " +
                         std::to_string(static_cast<int>(what)));
            const std::string before = "record " + std::to_string(next++);
            append_and_wait(*writer, before);
            const auto ended_before = observer.ended().size();
            std::atomic<std::uint64_t> calls{0};
            std::atomic<bool> hit{false};
            home.files->set_hook([&](const FileCall&) {
                const bool now = calls++ == at_call;
                hit = hit || now;
                return now ? FileVerdict{what} : FileVerdict();
            });
            const std::string during = "record " + std::to_string(next++);
            ASSERT_TRUE(writer->append(draft(partition, during)));
            ASSERT_TRUE(observer.wait_until([&](const auto& self) {
                return self.ended().size() > ended_before ||
                       body_of(self.entries().back()->record) == during;
            }));
            home.files->set_hook({});
            if (!hit) {
                break;  // the commit has no more calls
            }
            ++faults;
            ASSERT_TRUE(wait_until_ready());
            writer = new_term();
            ASSERT_TRUE(writer);
            EXPECT_EQ(times(before), 1);
            EXPECT_LE(times(during), 1);
            EXPECT_TRUE(observer.gapless());
            EXPECT_EQ(JournalHome::bodies_in(*journal, partition), observer.bodies());
        }
    }
    EXPECT_GE(faults, 6U);  // append and sync of the log, three ways each
    EXPECT_GE(journal->probe().terms_ended, faults);
}

TEST_F(JournalIoError, WriteThatOnlySeemedToFailIsToldBeforeTheNextTerm) {
    const auto writer = new_term();
    append_and_wait(*writer, "before");
    std::atomic<bool> once{true};
    home.files->set_hook([&](const FileCall& call) {
        const bool now = call.kind == FileCall::Kind::sync && call.path.ends_with(".log") &&
                         once.exchange(false);
        return now ? FileVerdict{FileVerdict::What::fail_after} : FileVerdict();
    });
    ASSERT_TRUE(writer->append(draft(partition, "there after all")));
    ASSERT_TRUE(observer.wait_for_body("there after all"));
    EXPECT_EQ(observer.ended().size(), 1U);
    EXPECT_EQ(journal->head(partition)->term, Term(1));  // told before any new term
    ASSERT_TRUE(wait_until_ready());
    const auto next = new_term();
    EXPECT_EQ(next->term(), Term(2));
    EXPECT_TRUE(observer.gapless());
}

TEST_F(JournalIoError, FailureInTheBackgroundEndsTermsToo) {
    auto writer = new_term();
    append_and_wait(*writer, "before");
    // Every sorted file fails; the log could still be written.
    home.files->set_hook([&](const FileCall& call) {
        return call.path.ends_with(".sst") && call.kind == FileCall::Kind::append
                   ? FileVerdict{FileVerdict::What::fail, rocksdb::IOStatus::NoSpace("injected")}
                   : FileVerdict();
    });
    record::Record large = draft(partition, "large");
    large.personal_box.assign(60'000, 'p');
    ASSERT_TRUE(observer.wait_until([&](const auto& self) {
        for (int i = 0; i < 64; ++i) {
            if (!writer->append(large)) {
                break;
            }
        }
        return !self.ended().empty();
    }));
    EXPECT_EQ(observer.ended().front().second, "journal.not_ready");
    EXPECT_EQ(journal->open_term(partition, observer).error(), not_ready);
    EXPECT_FALSE(journal->failure().empty());
    // Reading goes on, in spite of all.
    EXPECT_EQ(body_of((*read_one(*journal, partition, Sequence(2)))->record), "before");

    home.files->set_hook({});
    ASSERT_TRUE(wait_until_ready());
    EXPECT_TRUE(journal->failure().empty());
    writer = new_term();
    append_and_wait(*writer, "after");
    EXPECT_TRUE(observer.gapless());
    EXPECT_EQ(JournalHome::bodies_in(*journal, partition), observer.bodies());
    EXPECT_EQ(times("before"), 1);
}

TEST_F(JournalIoError, FullDiskIsAnsweredAndOvercome) {
    auto writer = new_term();
    append_and_wait(*writer, "before");
    home.files->set_hook([](const FileCall& call) {
        const bool frees = call.kind == FileCall::Kind::remove;
        return frees ? FileVerdict()
                     : FileVerdict{FileVerdict::What::fail, rocksdb::IOStatus::NoSpace("injected")};
    });
    ASSERT_TRUE(writer->append(draft(partition, "during")));
    ASSERT_TRUE(observer.wait_until([](const auto& self) { return !self.ended().empty(); }));
    EXPECT_EQ(writer->append(draft(partition, "refused")).error(), not_ready);
    EXPECT_EQ(JournalHome::bodies_in(*journal, partition), std::vector<std::string>{"before"});
    home.files->set_hook({});
    ASSERT_TRUE(wait_until_ready());
    writer = new_term();
    append_and_wait(*writer, "after");
    EXPECT_EQ(times("before"), 1);
    EXPECT_EQ(times("refused"), 0);
}

/// Reopening itself fails: some way into it, at every call once.
TEST_F(JournalIoError, FaultsWhileReopeningOnlyDelayIt) {
    auto writer = new_term();
    append_and_wait(*writer, "before");
    for (std::uint64_t at_call = 4; at_call < 40; at_call += 5) {
        SCOPED_TRACE("call " + std::to_string(at_call));
        std::atomic<std::uint64_t> calls{0};
        std::atomic<bool> broke{false};
        home.files->set_hook([&](const FileCall& call) {
            if (!broke) {
                broke = call.path.ends_with(".log");
                return broke ? FileVerdict{FileVerdict::What::fail} : FileVerdict();
            }
            return calls++ == at_call ? FileVerdict{FileVerdict::What::fail} : FileVerdict();
        });
        ASSERT_TRUE(writer->append(draft(partition, "during " + std::to_string(at_call))));
        ASSERT_TRUE(observer.wait_until([&](auto&) { return broke && !journal->probe().ready; }));
        ASSERT_TRUE(wait_until_ready());
        home.files->set_hook({});
        // A fault that came late may have struck the journal after it was back.
        ASSERT_TRUE(observer.wait_until([&](auto&) {
            auto opened = journal->open_term(partition, observer);
            writer = opened ? std::move(*opened) : std::move(writer);
            return opened.has_value();
        }));
        append_and_wait(*writer, "after " + std::to_string(at_call));
        EXPECT_TRUE(observer.gapless());
        EXPECT_EQ(JournalHome::bodies_in(*journal, partition), observer.bodies());
    }
}

TEST_F(JournalIoError, JournalMayBeClosedWhileItIsBroken) {
    auto writer = new_term();
    append_and_wait(*writer, "before");
    home.files->set_hook([](const FileCall&) { return FileVerdict{FileVerdict::What::fail}; });
    ASSERT_TRUE(writer->append(draft(partition, "during")));
    ASSERT_TRUE(observer.wait_until([](const auto& self) { return !self.ended().empty(); }));
    writer.reset();
    journal.reset();
    home.files->set_hook({});
    SetUp();
    EXPECT_EQ(times("before"), 1);
}

}  // namespace
}  // namespace chopmark::journal
