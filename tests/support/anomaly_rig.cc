#include "tests/support/anomaly_rig.h"

#include "events/core/ensure.h"
#include "events/schema/codec.h"

namespace chopmark::test {

AnomalyRig::Person AnomalyRig::person(std::uint16_t serial) {
    const auto slot = static_cast<std::uint16_t>(serial * 7U % slot_count);
    return {account(slot, serial), KeyIndex((std::uint64_t{slot} << 24) + serial)};
}

AnomalyRig::AnomalyRig(anomaly::Rules rules, const anomaly::AnomalyFold::Options& options)
    : fold_(std::move(rules), options) {
    start();
}
AnomalyRig::~AnomalyRig() = default;

void AnomalyRig::start() {
    tables_ = fold::LiveTables::open(store_).value();
    runner_ = anomaly::AlertRunner::open({journal, *tables_, vault_, clock_}, fold_, {}).value();
}

journal::EntryPtr AnomalyRig::append(const schema::Event& event, Instant at) {
    schema::Event copy = event;
    const auto account = AccountId::from_bytes(schema::link_head(copy).account_id());
    return journal.append(account ? partition_of(slot_of(*account), partitions) : control_partition,
                          copy, at);
}

void AnomalyRig::cut(Instant at) {
    std::vector<std::pair<std::uint16_t, std::uint64_t>> sizes;
    for (std::uint16_t i = 0; i <= partitions; ++i) {
        sizes.emplace_back(i, journal.head(PartitionId(i))->next.value());
    }
    auto event = test::cut(sizes);
    std::get<schema::CutRecorded>(event).mutable_leaf()->set_number(++cuts_);
    journal.append(control_partition, event, at);
}

bool AnomalyRig::pump() {
    const bool folded = runner_->pump().value();
    ensure(!runner_->status().stopped, "no event stops the fold");
    return folded;
}

void AnomalyRig::fold() {
    while (pump()) {
    }
}

void AnomalyRig::restart(std::size_t lost_commits) {
    runner_.reset();
    tables_.reset();
    store_.lose_buffered(lost_commits);
    start();
}

std::vector<anomaly::Finding> AnomalyRig::findings(Instant at) {
    cut(at);
    fold();
    return stored();
}

std::map<Bytes, Bytes> AnomalyRig::dump() const {
    std::map<Bytes, Bytes> rows;
    const auto reading = tables_->read(anomaly::fold_name).value();
    for (auto row = reading.scan(fold::KeyRange::all()); row->valid(); row->next()) {
        rows.emplace(row->key(), row->value());
    }
    return rows;
}

std::vector<anomaly::Finding> AnomalyRig::stored() const {
    std::vector<anomaly::Finding> out;
    for (const auto& [key, value] : dump()) {
        if (key.front() == anomaly::finding_tag) {
            out.push_back(fold::decode_row<anomaly::Finding>(value).value());
        }
    }
    return out;
}

}  // namespace chopmark::test
