#include "tests/support/view_rig.h"

#include "events/core/ensure.h"
#include "events/keys/sealing.h"
#include "events/schema/codec.h"

namespace chopmark::test {
namespace {

Result<schema::Event> decode(const record::Record& record, bool link, bool personal) {
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(record.leaf));
    const auto layer = [](bool wanted, const Bytes& box) {
        return wanted ? std::optional<ByteView>(box) : std::nullopt;
    };
    return schema::decode(prelude.type, ByteView(record.leaf).substr(record::prelude_bytes),
                          layer(link, record.link_box), layer(personal, record.personal_box));
}

}  // namespace

Result<record::Record> LayerVault::seal(schema::Event&, const keys::Sealing&) const {
    return Error({"test.seals_nothing", Kind::internal});
}

Result<schema::Event> LayerVault::open(const record::Record& record) const {
    CHOPMARK_ASSIGN(auto event, decode(record, true, false));
    const schema::LeafHead& head = schema::head(event);
    if (expired_.contains({head.retention(), keys::Period(head.period())})) {
        return keys::expired;
    }
    return event;
}

Result<schema::Event> LayerVault::open_leaf(const record::Record& record) const {
    return decode(record, false, false);
}

Result<schema::Event> LayerVault::open_personal(const record::Record& record) const {
    CHOPMARK_TRY(open(record));
    CHOPMARK_ASSIGN(auto event, decode(record, true, true));
    if (erased_.contains(KeyIndex(schema::link_head(event).key_index()))) {
        return keys::erased;
    }
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(record.leaf));
    if (damaged_.contains(prelude.event_id)) {
        return keys::damaged;
    }
    return event;
}

Citizen citizen(std::uint16_t slot, std::uint8_t serial) {
    ByteArray<AccountId::size> bytes;
    bytes.fill(serial);
    bytes[0] = static_cast<std::uint8_t>(slot >> 2);
    bytes[1] = static_cast<std::uint8_t>(slot << 6);
    return {AccountId(bytes), KeyIndex((std::uint64_t{slot} << 24) + serial)};
}

ViewRig::ViewRig() { start(); }
ViewRig::~ViewRig() = default;

void ViewRig::start() {
    tables_ = fold::LiveTables::open(store_).value();
    std::vector<fold::Runner::Assigned> assigned;
    for (const fold::View* view : views.all()) {
        assigned.push_back({view, tables_->adopt(view->name(), view->version()).value()});
    }
    runner_ = fold::Runner::open({journal, *tables_, vault, clock}, assigned, {}).value();
}

journal::EntryPtr ViewRig::append(schema::Event event) {
    const auto account = AccountId::from_bytes(schema::link_head(event).account_id());
    return append(std::move(event),
                  account ? partition_of(slot_of(*account), partitions) : control_partition);
}

journal::EntryPtr ViewRig::append(schema::Event event, PartitionId partition) {
    schema::LeafHead& head = schema::head(event);
    if (head.retention() == schema::RETENTION_UNSPECIFIED) {
        head.set_retention(schema::info_of(event).retention);
    }
    head.set_period(keys::period_at(head.retention(), next_).value());
    auto entry = journal.append(partition, event, next_);
    next_ = next_ + std::chrono::seconds(1);
    return entry;
}

void ViewRig::fold() {
    while (runner_->pump().value()) {
    }
    for (const fold::ViewStatus& status : runner_->status()) {
        ensure(!status.stopped, status.name.c_str());
    }
}

void ViewRig::restart(std::size_t lost_commits) {
    runner_.reset();
    tables_.reset();
    store_.lose_buffered(lost_commits);
    start();
}

void ViewRig::maintain(std::string_view view, const std::function<void(fold::RowBatch&)>& change) {
    fold::RowBatch rows(tables_->live(view).value(), store_.latest());
    change(rows);
    const fold::RowBatch* const batches[] = {&rows};
    ensure(store_.commit(batches, fold::Durability::buffered).has_value());
}

fold::Reading ViewRig::read(std::string_view view) const { return tables_->read(view).value(); }

Dump ViewRig::dump(std::string_view view) const {
    Dump rows;
    const auto reading = read(view);
    for (auto row = reading.scan(fold::KeyRange::all()); row->valid(); row->next()) {
        rows.emplace(row->key(), row->value());
    }
    return rows;
}

Dump ViewRig::folded_anew(std::string_view name) {
    fold::MemoryRows store;
    const auto tables = fold::LiveTables::open(store).value();
    for (const fold::View* view : views.all()) {
        if (view->name() != name) {
            continue;
        }
        const auto table = tables->adopt(name, view->version()).value();
        const auto runner =
            fold::Runner::open({journal, *tables, vault, clock}, {{view, table}}, {}).value();
        while (runner->pump().value()) {
        }
        ensure(!runner->status().front().stopped, "a fold from the beginning");
        Dump rows;
        for (auto row = store.latest().scan(*table, fold::KeyRange::all()); row->valid();
             row->next()) {
            rows.emplace(row->key(), row->value());
        }
        return rows;
    }
    ensure(false, "a view of that name");
    return {};
}

fold::Difference ViewRig::diff_rebuilt(const fold::View& view,
                                       const std::filesystem::path& scratch) {
    fold::BuildOptions options;
    options.scratch = scratch;
    return fold::diff_rebuilt({journal, *tables_, vault, clock}, view, options).value();
}

std::uint64_t ViewRig::puts() const { return store_.probe().puts; }

Dump ViewRig::positions() const {
    Dump out;
    const auto row = store_.latest().scan(*tables_->positions(), fold::KeyRange::all());
    for (; row->valid(); row->next()) {
        out.emplace(row->key(), row->value());
    }
    return out;
}

}  // namespace chopmark::test
