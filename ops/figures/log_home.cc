#include "ops/figures/log_home.h"

#include <thread>

#include "ops/sandbox_founding.h"

namespace chopmark::figures {
namespace {

constexpr std::uint16_t partitions_founded = 16;
constexpr auto pause = std::chrono::microseconds(200);

}  // namespace

class LogHome::Lane final : public journal::Observer {
  public:
    Lane(LogHome& home, Accepted accepted, bool trees)
        : home_(home), accepted_(std::move(accepted)), trees_(trees) {}

    void accepted(std::span<const journal::EntryPtr> entries) override {
        for (const journal::EntryPtr& entry : entries) {
            if (trees_) {
                edge.append(entry->leaf_hash);
            }
            const auto prelude = record::decode_prelude(entry->record.leaf);
            if (prelude->type != journal::term_opened) {
                accepted_(*entry);
                home_.accepted_.fetch_add(1, std::memory_order_release);
            }
        }
    }
    void term_ended(Term, const Error&) override {}

    tlog::RightEdge edge;
    std::unique_ptr<journal::Writer> writer;

  private:
    LogHome& home_;
    const Accepted accepted_;
    const bool trees_;
};

LogHome::LogHome(const std::filesystem::path& root) : folder_(root) {}

LogHome::~LogHome() {
    lanes_.clear();
    journal_.reset();
}

Result<std::unique_ptr<LogHome>> LogHome::make(const std::filesystem::path& root, Accepted accepted,
                                               bool trees) {
    auto home = std::unique_ptr<LogHome>(new LogHome(root));
    CHOPMARK_TRY(
        ops::found_sandbox(home->folder_, partitions_founded, home->clock_, home->entropy_));
    CHOPMARK_ASSIGN(home->opened_,
                    ops::open_data_folder(home->folder_, "figures:1", home->entropy_));
    home->vault_ = std::make_unique<keys::KeyVault>(*home->opened_->keys);
    CHOPMARK_TRY(home->reopen());
    CHOPMARK_TRY(home->open_terms(std::move(accepted), trees));
    return home;
}

Result<void> LogHome::reopen() {
    journal::EmbeddedJournal::Options options;
    options.store.path = folder_.journal().string();
    CHOPMARK_ASSIGN(
        journal_, journal::EmbeddedJournal::open(options, opened_->founding(),
                                                 {*opened_->ca, *opened_->node, clock_, entropy_}));
    return {};
}

Result<void> LogHome::open_terms(Accepted accepted, bool trees) {
    for (std::uint16_t p = 0; p <= partitions(); ++p) {
        auto lane = std::make_unique<Lane>(*this, accepted, trees);
        const PartitionId partition(p);
        if (trees) {
            // PartitionOpened lies before the observer.
            CHOPMARK_ASSIGN(const auto before, journal_->read(partition, Sequence(0), {}));
            for (const auto& entry : before) {
                lane->edge.append(entry->leaf_hash);
            }
        }
        CHOPMARK_ASSIGN(lane->writer, journal_->open_term(partition, *lane));
        lanes_.push_back(std::move(lane));
    }
    return {};
}

void LogHome::close() {
    lanes_.clear();
    journal_.reset();
}

Result<void> LogHome::append(PartitionId partition, record::Record draft) {
    return lanes_[partition.value()]->writer->append(std::move(draft));
}

Result<void> LogHome::append_in_time(PartitionId partition, record::Record draft) {
    for (;;) {
        auto taken = append(partition, draft);
        if (taken) {
            ++appended_;
            return {};
        }
        if (!(taken.error() == journal::busy)) {
            return taken;
        }
        std::this_thread::sleep_for(pause);
    }
}

void LogHome::drain() const {
    while (accepted_.load(std::memory_order_acquire) < appended_) {
        std::this_thread::sleep_for(pause);
    }
}

tlog::TreeHead LogHome::tree(PartitionId partition) const {
    return lanes_[partition.value()]->edge.head();
}

}  // namespace chopmark::figures
