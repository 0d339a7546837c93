// Control for its executor: one state, its versions in flight, and the one row it is written back
// to. Every accepted version is published to control::Snapshots for everybody else.
//
// Rows: table `control`, key "state" -> position:u64 and control::State; key "books" ->
// foreign:u64, the count of the last ForeignRecordsSeen; key "types" -> control::ActiveTypes, not
// there before the first. While they cannot be written nothing is decided. Not thread-safe: the
// executor's strand owns it.
#pragma once

#include <deque>

#include "aggregates/control/control.h"
#include "aggregates/control/snapshot.h"
#include "aggregates/runtime/executor.h"
#include "aggregates/runtime/partition_command.h"
#include "events/fold/row_store.h"

namespace chopmark::runtime {

class ControlDomain {
  public:
    using Command = std::variant<control::Command, PartitionCommand>;

    /// Both must outlive the domain.
    ControlDomain(fold::RowStore& rows, control::Snapshots& snapshots)
        : rows_(rows), snapshots_(snapshots) {}

    /// Opens the table and reads state and position; call once, before anything else.
    Result<void> open();

    [[nodiscard]] Sequence position() const { return position_; }
    std::vector<EventId> sources(const Command&) { return {}; }
    Result<Drafted> decide(const Command& command, const CommandHead& head,
                           const record::Stamp& stamp, const Opened& opened);
    Result<void> stage(const Drafted& draft, const record::Stamp& stamp);
    Result<void> fold(const journal::Entry& entry, const record::Stamp& stamp,
                      const schema::Event& event);
    Result<void> fold_log_record(const journal::Entry& entry);
    void drop_overlay() { staged_.clear(); }
    /// TypesActivated has named the type.
    [[nodiscard]] bool activated(record::TypeNumber type) const {
        return accepted_->types->contains(type.value());
    }
    /// Count of the last ForeignRecordsSeen folded.
    [[nodiscard]] std::uint64_t foreign() const { return foreign_; }

    /// Writes the accepted state and the position, if they changed.
    Result<void> flush();

  private:
    using StatePtr = std::shared_ptr<const control::State>;
    struct Row {
        Sequence position;
        control::State state;
        static void fields(auto& archive, Row& row) { archive(row.position, row.state); }
    };

    [[nodiscard]] const control::State& newest() const {
        return staged_.empty() ? *accepted_ : *staged_.back();
    }
    Decision decide_event(const Command& command, const Context& context) const;
    void accept(StatePtr state, Sequence position);

    fold::RowStore& rows_;
    control::Snapshots& snapshots_;
    fold::TablePtr table_;
    StatePtr accepted_ = std::make_shared<const control::State>();
    std::deque<StatePtr> staged_;
    std::uint64_t foreign_ = 0;
    Sequence position_;
    Sequence flushed_;
};

}  // namespace chopmark::runtime
