#include "aggregates/runtime/control_domain.h"

#include <algorithm>

#include "aggregates/runtime/heads.h"
#include "events/fold/row_batch.h"
#include "events/journal/tails.h"
#include "events/schema/codec.h"
#include "events/schema/genesis.pb.h"

namespace chopmark::runtime {
namespace {

/// Rows of another layout are folded anew: whoever changes one raises the number.
constexpr std::string_view table_name = "control.4";
constexpr ByteView state_key = "state";
constexpr ByteView books_key = "books";
constexpr ByteView types_key = "types";

}  // namespace

Result<void> ControlDomain::open() {
    CHOPMARK_ASSIGN(table_, rows_.open(table_name));
    CHOPMARK_ASSIGN(const std::optional<Bytes> stored, rows_.latest().get(*table_, state_key));
    if (stored) {
        CHOPMARK_ASSIGN(Row row, fold::decode_row<Row>(*stored));
        CHOPMARK_ASSIGN(const auto types, rows_.latest().get(*table_, types_key));
        if (types) {
            CHOPMARK_ASSIGN(row.state.types.edit(), fold::decode_row<control::ActiveTypes>(*types));
        }
        accept(std::make_shared<const control::State>(std::move(row.state)), row.position);
        flushed_ = position_;
    }
    CHOPMARK_ASSIGN(const std::optional<Bytes> books, rows_.latest().get(*table_, books_key));
    if (books) {
        CHOPMARK_ASSIGN(const Sequence foreign, fold::decode_row<Sequence>(*books));
        foreign_ = foreign.value();
    }
    return {};
}

Result<Drafted> ControlDomain::decide(const Command& command, const CommandHead& head,
                                      const record::Stamp& stamp, const Opened& opened) {
    if (!rows_.probe().ready) {
        return Error(fold::rows_unavailable, "what is decided could not be kept");
    }
    const Context context{stamp, newest(), opened, head};
    CHOPMARK_ASSIGN(schema::Event event, decide_event(command, context));
    complete_heads(event, head, position_);
    const KeyIndex key_index(schema::link_head(event).key_index());
    return Drafted{std::move(event), key_index};
}

Decision ControlDomain::decide_event(const Command& command, const Context& context) const {
    if (const auto* order = std::get_if<control::Command>(&command)) {
        return control::decide(newest(), *order, context);
    }
    CHOPMARK_TRY(check_sender(context.command));
    const auto& own = std::get<PartitionCommand>(command);
    if (const auto* report = std::get_if<ReportForeignRecords>(&own)) {
        return runtime::decide(*report, foreign_);
    }
    return partition_has_no_citizens;
}

Result<void> ControlDomain::stage(const Drafted& draft, const record::Stamp& stamp) {
    control::State next = newest();
    control::fold(next, draft.event, stamp);
    staged_.push_back(std::make_shared<const control::State>(std::move(next)));
    return {};
}

Result<void> ControlDomain::fold(const journal::Entry& entry, const record::Stamp& stamp,
                                 const schema::Event& event) {
    const Sequence next(entry.sequence.value() + 1);
    if (const auto* seen = std::get_if<schema::ForeignRecordsSeen>(&event)) {
        foreign_ = std::max(foreign_, seen->leaf().count());
    }
    if (!staged_.empty()) {  // the executor lands what was staged in order
        accept(std::move(staged_.front()), next);
        staged_.pop_front();
        return {};
    }
    control::State state = *accepted_;
    control::fold(state, event, stamp);
    accept(std::make_shared<const control::State>(std::move(state)), next);
    return {};
}

Result<void> ControlDomain::fold_log_record(const journal::Entry& entry) {
    StatePtr state = accepted_;
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(entry.record.leaf));
    if (prelude.type == journal::partition_opened) {
        const auto tail = journal::decode_partition_opened(
            ByteView(entry.record.leaf).substr(record::prelude_bytes));
        schema::Genesis genesis;
        if (!tail || !genesis.ParseFromString(std::string(tail->document))) {
            return journal::damaged;
        }
        control::State first;
        first.environment = genesis.environment();
        control::enrol_first(first, genesis.first_operator_public_key(), prelude.recorded_at);
        state = std::make_shared<const control::State>(std::move(first));
    }
    accept(std::move(state), Sequence(entry.sequence.value() + 1));
    return {};
}

void ControlDomain::accept(StatePtr state, Sequence position) {
    accepted_ = std::move(state);
    position_ = position;
    snapshots_.publish(std::make_shared<control::Snapshot>(control::Snapshot{position, accepted_}));
}

Result<void> ControlDomain::flush() {
    if (flushed_ == position_) {
        return {};
    }
    fold::RowBatch batch(table_);
    batch.put(state_key, fold::encode_row(Row{position_, *accepted_}));
    batch.put(books_key, fold::encode_row(Sequence(foreign_)));
    if (!accepted_->types->empty()) {
        batch.put(types_key, fold::encode_row(*accepted_->types));
    }
    const fold::RowBatch* const batches[] = {&batch};
    CHOPMARK_TRY(rows_.commit(batches, fold::Durability::buffered));
    flushed_ = position_;
    return {};
}

}  // namespace chopmark::runtime
