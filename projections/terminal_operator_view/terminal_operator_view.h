// Who and what registers citizens: terminals, the operators who work at them, and the staff of the
// platform, for the admin gateway's lists. A terminal is one row, changed in place. Operators and
// staff are people: every event about one is kept as a sealed record, from which a query tells how
// things stand, so that no name stands here in clear. All of class platform, because who may
// register and who may look is decided by it for as long as the log lives. Small; keyed by no
// citizen.
//
//   terminal row = "t" terminal:16 → TerminalRow
//   operator row = "o" operator:16 sequence:u64 → record row               (record_row.h)
//   staff row    = "s" staff:16 sequence:u64 → record row
#pragma once

#include <vector>

#include "events/core/sensitive.h"
#include "events/fold/row_codec.h"
#include "events/fold/view.h"
#include "events/keys/event_vault.h"
#include "events/schema/administration.pb.h"
#include "projections/opened_record.h"
#include "projections/page.h"

namespace chopmark::terminal_operator_view {

enum class Standing : std::uint8_t { active = 1, suspended = 2, withdrawn = 3 };

struct TerminalRow {
    schema::TerminalKind kind = schema::TERMINAL_KIND_UNSPECIFIED;
    Standing standing = Standing::active;
    Bytes public_key;  // P-256, uncompressed point
    std::string site;
    std::string team;
    std::uint32_t registrations_per_hour = 0;  // 0: the policy's
    Instant enrolled_at;
    Instant changed_at;

    static void fields(auto& archive, TerminalRow& row) {
        archive(row.kind, row.standing, row.public_key, row.site, row.team,
                row.registrations_per_hour, row.enrolled_at, row.changed_at);
    }
    friend bool operator==(const TerminalRow&, const TerminalRow&) = default;
};

class TerminalOperatorView final : public fold::View {
  public:
    static constexpr std::string_view view_name = "terminal_operator_view";

    [[nodiscard]] std::string_view name() const override { return view_name; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] fold::Scope scope() const override { return fold::Scope::control; }
    [[nodiscard]] bool wants(record::TypeNumber type) const override;
    Result<void> apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const override;
};

inline constexpr Reason no_such_terminal{"terminal_operator_view.no_such_terminal",
                                         Kind::not_found};
inline constexpr Reason no_such_person{"terminal_operator_view.no_such_person", Kind::not_found};

struct Terminal {
    TerminalId id;
    TerminalRow row;
};
/// By terminal id.
Result<projections::Page<Terminal>> read_terminals(const fold::Reading& rows,
                                                   std::optional<Standing> standing,
                                                   const projections::PageRequest& page);
Result<TerminalRow> find_terminal(const fold::Reading& rows, const TerminalId& terminal);

/// One of those who work here.
struct Person {
    Standing standing = Standing::active;
    Bytes public_key;
    Instant enrolled_at;
    Instant changed_at;
    /// Empty unless asked for, or gone with its key.
    Sensitive<std::string> name;
    Sensitive<std::string> contact;  // an operator's staff number, staff's e-mail
};
struct Operator {
    OperatorId id;
    Person person;
    std::vector<std::string> sites;
    std::string team;
};
struct StaffMember {
    StaffId id;
    Person person;
    std::vector<schema::StaffRole> roles;
};

/// By id. Each is told from all that is recorded about it.
Result<projections::Page<Operator>> read_operators(const fold::Reading& rows,
                                                   const keys::EventVault& vault,
                                                   projections::Personal personal,
                                                   const projections::PageRequest& page);
Result<projections::Page<StaffMember>> read_staff(const fold::Reading& rows,
                                                  const keys::EventVault& vault,
                                                  projections::Personal personal,
                                                  const projections::PageRequest& page);
Result<Operator> find_operator(const fold::Reading& rows, const keys::EventVault& vault,
                               const OperatorId& id, projections::Personal personal);
Result<StaffMember> find_staff(const fold::Reading& rows, const keys::EventVault& vault,
                               const StaffId& id, projections::Personal personal);

}  // namespace chopmark::terminal_operator_view
