#include "ops/import/scratch_journal.h"

#include "events/core/limits.h"
#include "events/schema/codec.h"
#include "events/schema/event.h"
#include "events/schema/genesis.pb.h"
#include "ops/import/importer.h"

namespace chopmark::import {
namespace {

constexpr PartitionId citizens{1};
constexpr std::uint16_t citizen_partitions = 1;
constexpr auto patience = std::chrono::seconds(60);  // for the disk

/// The tree of what is in a partition already.
Result<tlog::RightEdge> edge_of(const journal::Journal& journal, PartitionId partition) {
    tlog::RightEdge edge;
    for (;;) {
        CHOPMARK_ASSIGN(const auto page, journal.read(partition, Sequence(edge.size()), {}));
        if (page.empty()) {
            return edge;
        }
        for (const auto& entry : page) {
            edge.append(entry->leaf_hash);
        }
    }
}

}  // namespace

/// One partition: its writer, what was handed over and what came back.
class ScratchJournal::Lane final : public journal::Observer {
  public:
    void accepted(std::span<const journal::EntryPtr> entries) override {
        const std::lock_guard lock(mutex_);
        accepted_ += entries.size();
        changed_.notify_all();
    }
    void term_ended(Term /*term*/, const Error& error) override {
        const std::lock_guard lock(mutex_);
        ended_ = error;
        changed_.notify_all();
    }

    Result<void> begin(journal::Journal& journal, PartitionId partition) {
        CHOPMARK_ASSIGN(writer_, journal.open_term(partition, *this));
        handed_ = 1;  // TermOpened
        return {};
    }
    /// Returns when no more than `in_flight` records are on their way.
    Result<void> wait(std::size_t in_flight) {
        std::unique_lock lock(mutex_);
        const bool came = changed_.wait_for(
            lock, patience, [&] { return ended_ || handed_ - accepted_ <= in_flight; });
        if (ended_ || !came) {
            return Error(term_lost, ended_ ? to_string(*ended_) : "the journal does not answer");
        }
        return {};
    }
    Result<void> append(record::Record record) {
        CHOPMARK_TRY(wait(limits::import_records_in_flight));
        CHOPMARK_TRY(writer_->append(std::move(record)));
        const std::lock_guard lock(mutex_);
        ++handed_;
        return {};
    }

    Instant last;  // recorded

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::unique_ptr<journal::Writer> writer_;
    std::optional<Error> ended_;
    std::uint64_t handed_ = 0;
    std::uint64_t accepted_ = 0;
};

ScratchJournal::ScratchJournal() = default;

ScratchJournal::~ScratchJournal() {
    lanes_.clear();  // writers before their journal
}

Result<std::unique_ptr<ScratchJournal>> ScratchJournal::open(const ops::DataFolder& folder,
                                                             Instant begin) {
    std::unique_ptr<ScratchJournal> out(new ScratchJournal());
    out->clock_.set(begin);
    if (!ops::is_founded(folder)) {
        // Nobody operates a scratch journal: its first operator's key is drawn and forgotten.
        const auto nobody = crypto::P256PrivateKey::generate(out->entropy_).point();
        CHOPMARK_TRY(ops::found_data_folder(folder, schema::IMPORT_ONLY, citizen_partitions, nobody,
                                            out->clock_, out->entropy_));
    }
    CHOPMARK_ASSIGN(ops::Opened opened, ops::open_data_folder(folder, "", out->entropy_));
    if (opened.genesis.facts().environment != schema::IMPORT_ONLY) {
        return not_a_scratch;
    }
    out->opened_ = std::make_unique<ops::Opened>(std::move(opened));
    journal::EmbeddedJournal::Options options;
    options.store.path = folder.journal().string();
    CHOPMARK_ASSIGN(out->journal_,
                    journal::EmbeddedJournal::open(
                        options, out->opened_->founding(),
                        {*out->opened_->ca, *out->opened_->node, out->clock_, out->entropy_}));
    for (std::uint16_t i = 0; i <= citizen_partitions; ++i) {
        CHOPMARK_ASSIGN(const journal::Head head, out->journal_->head(PartitionId(i)));
        if (head.next > Sequence(1) && begin < head.recorded_at) {
            return Error(out_of_order,
                         "the folder's records end at " + to_string(head.recorded_at));
        }
        out->lanes_.push_back(std::make_unique<Lane>());
        CHOPMARK_TRY(out->lanes_.back()->begin(*out->journal_, PartitionId(i)));
        CHOPMARK_ASSIGN(const journal::Head opened_head, out->journal_->head(PartitionId(i)));
        out->lanes_.back()->last = opened_head.recorded_at;
    }
    return out;
}

Result<void> ScratchJournal::append(schema::Event event, Instant at) {
    return append_to(citizens, event, at);
}

Result<void> ScratchJournal::append_to(PartitionId partition, schema::Event& event, Instant at) {
    Lane& lane = *lanes_.at(partition.value());
    lane.last = std::max(at, lane.last + Duration(1));
    clock_.set(lane.last);
    const keys::KeyVault vault(*opened_->keys);
    CHOPMARK_ASSIGN(
        record::Record record,
        vault.seal(event, {partition, {entropy_.draw<EventId>(), lane.last}, KeyIndex()}));
    return lane.append(std::move(record));
}

Result<std::uint64_t> ScratchJournal::next_cut() const {
    std::uint64_t last = 0;
    for (Sequence from(0);;) {
        CHOPMARK_ASSIGN(const auto page, journal_->read(control_partition, from, {}));
        if (page.empty()) {
            return last + 1;
        }
        for (const auto& entry : page) {
            const auto prelude = record::decode_prelude(entry->record.leaf);
            if (!prelude || prelude->type != schema::info<schema::CutRecorded>().type) {
                continue;
            }
            CHOPMARK_ASSIGN(
                const schema::Event event,
                schema::decode(prelude->type,
                               ByteView(entry->record.leaf).substr(record::prelude_bytes),
                               std::nullopt, std::nullopt));
            last = std::get<schema::CutRecorded>(event).leaf().number();
        }
        from = Sequence(from.value() + page.size());
    }
}

Result<void> ScratchJournal::finish() {
    for (const auto& lane : lanes_) {
        CHOPMARK_TRY(lane->wait(0));
    }
    schema::CutRecorded cut;
    cut.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    CHOPMARK_ASSIGN(const std::uint64_t number, next_cut());
    cut.mutable_leaf()->set_number(number);
    // Every import adds records to both partitions, so both have grown.
    for (std::uint16_t i = 0; i <= citizen_partitions; ++i) {
        CHOPMARK_ASSIGN(const tlog::RightEdge edge, edge_of(*journal_, PartitionId(i)));
        auto& each = *cut.mutable_leaf()->add_partitions();
        each.set_partition(i);
        each.set_size(edge.size());
        each.set_root(edge.root().to_bytes());
    }
    schema::Event event = std::move(cut);
    CHOPMARK_TRY(append_to(control_partition, event, lanes_.back()->last));
    return lanes_.front()->wait(0);
}

}  // namespace chopmark::import
