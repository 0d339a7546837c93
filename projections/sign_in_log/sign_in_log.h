// The sign-in log: one row for every event about a citizen, whatever it is – logins, consents,
// signatures, changes of account, device and profile, and who looked at her data (design 12). It is
// the citizen's log without blind spots, the index of a subject for auditors and erasure, and the
// one view that holds the boxes of everything; the registers name its rows. Who looked is a filter
// of it (query.h), not a view of its own: SubjectAccessed is rare, and a second row for each would
// say nothing new.
//
// A row is the stored record, link box included and sealed: the link fields are opened by the query
// (0.6 µs), so no pseudonym stands here in clear once the key of its period is gone.
//
//   event row = slot:u16 account:16 newest_first:u64 → record row           (record_row.h)
//   person row                                                        (citizen_rows.h)
//
// SubjectErased removes every row of the person and leaves nothing. Rows of a period that is over
// are unreadable at once and removed by expire(): PeriodExpired is in control, which a view by
// slots does not see.
#pragma once

#include "events/fold/view.h"
#include "events/keys/period.h"

namespace chopmark::sign_in_log {

class SignInLog final : public fold::View {
  public:
    static constexpr std::string_view view_name = "sign_in_log";

    [[nodiscard]] std::string_view name() const override { return view_name; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] fold::Scope scope() const override { return fold::Scope::slots; }
    /// All events about citizens. An anonymous request is about nobody until its follow-up in the
    /// citizen's slot.
    [[nodiscard]] bool wants(record::TypeNumber type) const override;
    Result<void> apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const override;

    /// Whether a row is of an event whose period is over at `now`: its keys are destroyed, and
    /// Runner::sweep may take it away.
    static bool is_over(ByteView key, ByteView row, Instant now);
    /// Erases one slot's rows of a class and period whose keys are destroyed; returns how many.
    /// Idempotent. A slot at a time, so that folding goes on in between.
    Result<std::size_t> expire(Slot slot, schema::Retention retention, keys::Period period,
                               fold::RowBatch& rows) const;
};

}  // namespace chopmark::sign_in_log
