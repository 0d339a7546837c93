// What a service asked of citizens, newest first, and how each was answered and settled: the list
// that the service itself and operators page through. It names requests by the event that asked and
// never whose they are; that stands in the link layer of those events alone, so nothing here is
// about a person once her keys are gone. An anonymous request is in it from its claim on; logins
// are not, for a login is to cost one row (projections/README.md). A row tells what one event says
// and goes with the period of that event (projections::is_over), so what is left of a request may
// be its asking without its callback; a later row without the asking one is found by nobody.
//
//   asked row = "t" client:16 newest:u64 partition:u16 sequence:u64     → AskedRow
//   later row = "u" client:16 request:16 partition:u16 sequence:u64     → LaterRow
//   newest    = (2⁶⁴ − 1 − recorded_at in µs):u64          ; rows begin with class:u8 period:u32
#pragma once

#include <optional>
#include <string>

#include "events/fold/row_codec.h"
#include "events/fold/view.h"
#include "events/keys/period.h"
#include "events/schema/event.h"
#include "projections/page.h"

namespace chopmark::service_transactions {

enum class Subject : std::uint8_t { consent = 1, signature = 2, step_up = 3, bulk = 4 };

enum class Standing : std::uint8_t {
    open = 0,
    granted = 1,
    refused = 2,
    expired = 3,
    withdrawn = 4,
    ended = 5,      // with the account; told by its callback, or by an hour without an event
    cancelled = 6,  // by the service
    failed = 7,     // granted, but what was promised could not be done
};

/// What comes after the asking.
enum class Step : std::uint8_t {
    answered = 1,  // or taken back, or failed, after it was granted
    settled = 2,   // the callback, delivered or given up
    acknowledged = 3,
};

struct AskedRow {
    schema::Retention retention = schema::RETENTION_UNSPECIFIED;
    keys::Period period;
    Subject subject = Subject::consent;
    RequestId request;
    EventId asked;
    Instant due;
    bool anonymous = false;       // its result is fetched, there is no callback
    std::uint32_t documents = 0;  // more than one for bulk only
    bool profile = false;         // of a consent: the verified profile, which has codes of its own

    static void fields(auto& archive, AskedRow& row) {
        archive(row.retention, row.period, row.subject, row.request, row.asked, row.due,
                row.anonymous, row.documents, row.profile);
    }
    friend bool operator==(const AskedRow&, const AskedRow&) = default;
};

struct LaterRow {
    schema::Retention retention = schema::RETENTION_UNSPECIFIED;
    keys::Period period;
    Step step = Step::answered;
    Standing standing = Standing::open;  // of an answer
    std::string reason;                  // likewise: stable dotted name, or empty
    Instant at;
    bool delivered = false;  // of a callback, like the next two
    std::uint32_t attempts = 0;
    std::uint32_t last_status = 0;  // HTTP; 0 without an answer

    static void fields(auto& archive, LaterRow& row) {
        archive(row.retention, row.period, row.step, row.standing, row.reason, row.at,
                row.delivered, row.attempts, row.last_status);
    }
    friend bool operator==(const LaterRow&, const LaterRow&) = default;
};

class ServiceTransactions final : public fold::View {
  public:
    static constexpr std::string_view view_name = "service_transactions";

    [[nodiscard]] std::string_view name() const override { return view_name; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] fold::Scope scope() const override { return fold::Scope::partitions; }
    [[nodiscard]] bool wants(record::TypeNumber type) const override;
    Result<void> apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const override;
    [[nodiscard]] bool only_adds() const override { return true; }
};

inline constexpr Reason no_such_transaction{"service_transactions.no_such_transaction",
                                            Kind::not_found};

struct Question {
    ClientId client;
    Instant now;
    std::optional<Subject> subject;
    std::optional<Standing> standing;
    std::optional<Instant> from;   // asked at or after
    std::optional<Instant> until;  // asked before
};

struct Transaction {
    Instant asked_at;
    AskedRow asked;
    Standing standing = Standing::open;
    std::optional<LaterRow> answered;  // the last that changed how it stands
    std::optional<LaterRow> settled;
    std::optional<Instant> acknowledged_at;
};

/// Newest first.
Result<projections::Page<Transaction>> read_transactions(const fold::Reading& rows,
                                                         const Question& question,
                                                         const projections::PageRequest& page);

/// One, by where its asking event stands. service_transactions.no_such_transaction, also for one
/// of another service.
struct Place {
    Instant recorded_at;
    PartitionId partition;
    Sequence sequence;
};
Result<Transaction> find_transaction(const fold::Reading& rows, const ClientId& client,
                                     const Place& asked, Instant now);

}  // namespace chopmark::service_transactions
