#include "events/verify/log_verifier.h"

#include <limits>

namespace chopmark::verify {
namespace {

constexpr std::uint64_t progress_records = 8192;  // between two calls
constexpr std::uint64_t everything = std::numeric_limits<std::uint64_t>::max();

std::string of_cut(std::uint64_t cut, Sequence at) {
    return "cut " + std::to_string(cut) + " (control, sequence " + std::to_string(at.value()) + ")";
}

/// What a cut says of a partition against what is there, once the fold stands at its size.
std::optional<Fault> compare(PartitionId partition, const tlog::TreeHead& claimed,
                             const tlog::TreeHead& there, std::uint64_t cut, Sequence at) {
    if (there.size < claimed.size) {
        return Fault{records_lost, partition, Sequence(there.size),
                     of_cut(cut, at) + " counts " + std::to_string(claimed.size) + ", " +
                         std::to_string(there.size) + " are there"};
    }
    if (there.root != claimed.root) {
        return Fault{other_root, partition, Sequence(claimed.size - 1),
                     of_cut(cut, at) + " has another root of the " + std::to_string(claimed.size) +
                         " records up to here"};
    }
    return std::nullopt;
}

}  // namespace

/// A second, slower look at control: a cut counts control as it was some records earlier. What it
/// reads was taken by the accept rule already.
struct LogVerifier::ControlTrail {
    explicit ControlTrail(const journal::RecordSource& source)
        : cursor(source.walk(control_partition, Sequence(0))) {}

    void advance_to(std::uint64_t records) {
        for (; edge.size() < records && cursor->valid(); cursor->next()) {
            const auto record = record::view_record(cursor->stored());
            if (!record) {
                return;
            }
            edge.append(record::leaf_hash(record->leaf));
        }
    }

    std::unique_ptr<journal::RecordCursor> cursor;
    tlog::RightEdge edge;
};

LogVerifier::LogVerifier(const journal::RecordSource& source, const Digest& genesis_hash,
                         const journal::TermAuthority& authority, Options options)
    : options_(std::move(options)), trail_(std::make_unique<ControlTrail>(source)) {
    if (options_.ring != nullptr) {
        opener_.emplace(*options_.ring, ledger_);
    }
    for (std::uint32_t i = 0; i <= source.partitions(); ++i) {
        const PartitionId partition(static_cast<std::uint16_t>(i));
        folds_.push_back(std::make_unique<PartitionFold>(
            source, partition, genesis_hash, authority,
            [this, partition](const record::Prelude& prelude, const record::RecordView& record,
                              Sequence at) {
                return look(prelude, record, {partition, at});
            }));
        total_ += source.end(partition).value_or(Sequence(0)).value();
    }
}

LogVerifier::~LogVerifier() = default;

Report LogVerifier::run() {
    for (const auto& fold : folds_) {
        fold->advance_to(everything);
    }
    Report out;
    for (std::size_t i = 0; i < folds_.size(); ++i) {
        const PartitionId partition(static_cast<std::uint16_t>(i));
        PartitionFold& fold = *folds_[i];
        out.partitions.push_back(
            {partition, fold.counts(), fold.head(), cuts_.head(partition).size});
        if (fold.fault()) {
            out.faults.push_back(*fold.fault());
        }
    }
    // A fold that broke off has not seen every receipt: what it did not see accuses nobody.
    if (out.faults.empty()) {
        out.faults = ledger_.judge(options_.ring);
    }
    out.cuts = cuts_.number();
    out.boxes = ledger_.counts();
    return out;
}

std::optional<Fault> LogVerifier::look(const record::Prelude& prelude,
                                       const record::RecordView& record, const Place& at) {
    if (++done_ % progress_records == 0) {
        tell_progress(at.partition);
    }
    const bool absent = (record.link_box.empty() && !prelude.link_digest.is_zero()) ||
                        (record.personal_box.empty() && !prelude.personal_digest.is_zero());
    if (absent || (opener_ && !journal::has_fixed_tail(prelude.type))) {
        if (auto fault = look_at_boxes(prelude, record, at)) {
            return fault;
        }
    }
    if (!states_something(prelude.type)) {
        return std::nullopt;
    }
    const auto statement = statement_of(prelude, record, opener_ ? &opener_->vault() : nullptr);
    if (!statement) {
        return Fault{leaf_unreadable, at.partition, at.sequence,
                     std::string(statement.error().reason.name)};
    }
    const auto* cut = std::get_if<tlog::Cut>(&*statement);
    if (cut != nullptr && at.partition == control_partition) {
        return take_cut(*cut, at.sequence);
    }
    ledger_.state(*statement, at);
    return std::nullopt;
}

std::optional<Fault> LogVerifier::look_at_boxes(const record::Prelude& prelude,
                                                const record::RecordView& record, const Place& at) {
    const bool no_link = record.link_box.empty() && !prelude.link_digest.is_zero();
    const bool no_personal = record.personal_box.empty() && !prelude.personal_digest.is_zero();
    if (no_link || (no_personal && !opener_)) {
        const auto key = key_period_of(prelude, record.leaf);
        if (!key) {
            return Fault{leaf_unreadable, at.partition, at.sequence,
                         std::string(key.error().reason.name)};
        }
        if (no_link) {
            ledger_.gone(Box::link, Gone::absent, *key, std::nullopt, at);
        }
        if (no_personal) {
            ledger_.gone(Box::personal, Gone::absent, *key, std::nullopt, at);
        }
        return std::nullopt;
    }
    return opener_ ? opener_->open(prelude, record, at) : std::nullopt;
}

std::optional<Fault> LogVerifier::take_cut(const tlog::Cut& cut, Sequence at) {
    if (const auto taken = cuts_.add(cut, at); !taken) {
        return Fault{bad_cut, control_partition, at, taken.error().detail};
    }
    for (const auto& [partition, claimed] : cut.grown) {
        if (partition == control_partition) {
            if (auto fault = check_control(claimed, cut.number, at)) {
                return fault;
            }
        } else if (partition.value() >= folds_.size()) {
            return Fault{bad_cut, control_partition, at,
                         "partition " + std::to_string(partition.value()) + " does not exist"};
        } else {
            check_partition(*folds_[partition.value()], partition, claimed, cut.number, at);
        }
    }
    return std::nullopt;
}

std::optional<Fault> LogVerifier::check_control(const tlog::TreeHead& claimed, std::uint64_t cut,
                                                Sequence at) {
    trail_->advance_to(claimed.size);
    return compare(control_partition, claimed, trail_->edge.head(), cut, at);
}

void LogVerifier::check_partition(PartitionFold& fold, PartitionId partition,
                                  const tlog::TreeHead& claimed, std::uint64_t cut, Sequence at) {
    fold.advance_to(claimed.size);
    // A fold with a fault has said what there is to say.
    if (fold.fault()) {
        return;
    }
    if (auto fault = compare(partition, claimed, fold.head(), cut, at)) {
        fold.fail(std::move(*fault));
    }
}

void LogVerifier::tell_progress(PartitionId partition) {
    if (options_.progress) {
        options_.progress({partition, done_, total_});
    }
}

}  // namespace chopmark::verify
