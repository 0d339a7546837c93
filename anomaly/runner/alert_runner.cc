#include "anomaly/runner/alert_runner.h"

namespace chopmark::anomaly {
namespace {

constexpr std::string_view settled_prefix = "anomaly/settled/";
const Bytes watermark_key = "w";
constexpr char settled_tag = 'n';

Bytes settled_key(std::uint64_t number) {
    Bytes key(1, settled_tag);
    append_big_endian(key, number);
    return key;
}

}  // namespace

Result<std::unique_ptr<AlertRunner>> AlertRunner::open(const fold::Runner::Surroundings& around,
                                                       const AnomalyFold& fold, Options options) {
    std::unique_ptr<AlertRunner> self(new AlertRunner(around.tables, std::move(options)));
    CHOPMARK_ASSIGN(const auto table, around.tables.adopt(fold.name(), fold.version()));
    CHOPMARK_TRY(self->open_settled(fold.version()));
    fold::Runner::Options folding;
    folding.stopped = self->options_.stopped;
    CHOPMARK_ASSIGN(self->runner_, fold::Runner::open(around, {{&fold, table}}, folding));
    return self;
}

Result<void> AlertRunner::open_settled(std::uint32_t version) {
    fold::RowStore& store = tables_.store();
    const std::string name = std::string(settled_prefix) + std::to_string(version);
    for (const std::string& other : store.tables()) {
        if (other.starts_with(settled_prefix) && other != name) {
            CHOPMARK_ASSIGN(const auto old, store.open(other));
            CHOPMARK_TRY(store.drop(old));
        }
    }
    CHOPMARK_ASSIGN(settled_, store.open(name));
    const auto rows = store.latest().scan(*settled_, fold::KeyRange::all());
    for (; rows->valid(); rows->next()) {
        if (rows->key() == watermark_key && rows->value().size() == 8) {
            watermark_ = get_big_endian<std::uint64_t>(rows->value());
        } else if (rows->key().size() == 9 && rows->key().front() == settled_tag) {
            beyond_.emplace(get_big_endian<std::uint64_t>(rows->key(), 1), true);
        } else {
            return Error(fold::rows_damaged, name);
        }
    }
    return rows->status();
}

Result<Head> AlertRunner::head() const {
    CHOPMARK_ASSIGN(const auto reading, tables_.read(fold_name));
    CHOPMARK_ASSIGN(const auto row, reading.get("h"));
    return row ? fold::decode_row<Head>(*row) : Head();
}

/// Moves the watermark over what is settled behind it, and commits.
Result<void> AlertRunner::write(fold::RowBatch& rows, std::uint64_t watermark) {
    for (auto next = beyond_.begin(); next != beyond_.end() && next->first <= watermark;
         next = beyond_.erase(next)) {
        watermark += next->first == watermark ? 1 : 0;
        rows.erase(settled_key(next->first));
    }
    if (watermark != watermark_) {
        Bytes value;
        append_big_endian(value, watermark);
        rows.put(watermark_key, std::move(value));
        watermark_ = watermark;
    }
    if (rows.empty()) {
        return {};
    }
    const fold::RowBatch* const batches[] = {&rows};
    return tables_.store().commit(batches, fold::Durability::buffered);
}

Result<std::vector<Finding>> AlertRunner::outstanding(std::size_t limit) {
    const std::lock_guard lock(mutex_);
    given_.clear();
    std::vector<Finding> out;
    fold::RowBatch settling(settled_, tables_.store().latest());
    CHOPMARK_ASSIGN(const auto reading, tables_.read(fold_name));
    fold::KeyRange range = fold::KeyRange::prefix(ByteView(&finding_tag, 1));
    range.begin = finding_key(watermark_);
    std::uint64_t expected = watermark_;
    std::uint64_t watermark = watermark_;
    const auto row = reading.scan(range);
    for (; row->valid() && out.size() < limit; row->next()) {
        CHOPMARK_ASSIGN(auto finding, fold::decode_row<Finding>(row->value()));
        for (; expected < finding.number; ++expected) {
            lost_ += beyond_.contains(expected) ? 0 : 1;
        }
        if (out.empty() && finding.found_at < options_.hand_on_from) {
            watermark = finding.number + 1;
        } else if (out.empty()) {
            watermark = std::max(watermark, finding.number);
        }
        if (finding.found_at >= options_.hand_on_from && !beyond_.contains(finding.number)) {
            given_[{finding.alert, finding.what.revision}] = finding.number;
            out.push_back(std::move(finding));
        }
        ++expected;
    }
    CHOPMARK_TRY(row->status());
    CHOPMARK_TRY(write(settling, watermark));
    return out;
}

Result<void> AlertRunner::settled(const AlertId& alert, std::uint32_t revision) {
    const std::lock_guard lock(mutex_);
    const auto given = given_.find({alert, revision});
    if (given == given_.end()) {
        return not_outstanding;
    }
    fold::RowBatch rows(settled_, tables_.store().latest());
    beyond_.emplace(given->second, true);
    rows.put(settled_key(given->second), {});
    given_.erase(given);
    return write(rows, watermark_);
}

Result<AlertProbe> AlertRunner::probe() const {
    CHOPMARK_ASSIGN(const Head now, head());
    const std::lock_guard lock(mutex_);
    AlertProbe probe;
    probe.found = now.next_finding - 1;
    const std::uint64_t before = std::max(watermark_, now.first_finding);
    const auto settled =
        static_cast<std::uint64_t>(std::distance(beyond_.lower_bound(before), beyond_.end()));
    probe.outstanding = now.next_finding > before ? now.next_finding - before - settled : 0;
    probe.lost = lost_;
    return probe;
}

}  // namespace chopmark::anomaly
