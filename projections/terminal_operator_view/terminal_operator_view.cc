#include "projections/terminal_operator_view/terminal_operator_view.h"

#include "projections/event_cases.h"
#include "projections/history.h"

namespace chopmark::terminal_operator_view {
namespace {

using projections::OpenedRecord;
using projections::PersonalLayer;

constexpr char terminal_tag = 't';
constexpr char operator_tag = 'o';
constexpr char staff_tag = 's';

Bytes terminal_key(const TerminalId& id) { return terminal_tag + id.to_bytes(); }

/// What each event does to the row of its terminal.
struct TerminalChanges {
    TerminalRow& row;
    const record::Prelude& at;

    void operator()(const schema::TerminalEnrolled& event) {
        row = {event.leaf().kind(), Standing::active,    event.link().public_key(),
               event.link().site(), event.link().team(), event.link().registrations_per_hour(),
               at.recorded_at,      at.recorded_at};
    }
    void operator()(const schema::TerminalKeyChanged& event) {
        row.public_key = event.link().public_key();
    }
    void operator()(const schema::TerminalMoved& event) {
        row.site = event.link().site();
        row.team = event.link().team();
    }
    void operator()(const schema::TerminalSuspended&) { row.standing = Standing::suspended; }
    void operator()(const schema::TerminalResumed&) { row.standing = Standing::active; }
    void operator()(const schema::TerminalWithdrawn&) { row.standing = Standing::withdrawn; }
};

/// What the records about an operator come to, told oldest first.
struct OperatorStory {
    Operator told;
    bool enrolled = false;
    Instant at{};
    PersonalLayer layer = PersonalLayer::absent;

    void operator()(const schema::OperatorEnrolled& event) {
        enrolled = true;
        told.person = {};
        told.person.public_key = event.link().public_key();
        told.person.enrolled_at = at;
        told.sites.assign(event.link().sites().begin(), event.link().sites().end());
        told.team = event.link().team();
        if (layer == PersonalLayer::opened) {
            told.person.name = Sensitive(event.personal().name());
            told.person.contact = Sensitive(event.personal().staff_number());
        }
    }
    void operator()(const schema::OperatorSuspended&) { stand(Standing::suspended); }
    void operator()(const schema::OperatorResumed&) { stand(Standing::active); }
    void operator()(const schema::OperatorWithdrawn&) { stand(Standing::withdrawn); }
    void stand(Standing standing) { told.person.standing = standing; }
};

/// The same of a member of staff.
struct StaffStory {
    StaffMember told;
    bool enrolled = false;
    Instant at{};
    PersonalLayer layer = PersonalLayer::absent;

    void operator()(const schema::StaffEnrolled& event) {
        enrolled = true;
        told.person = {};
        told.person.public_key = event.link().public_key();
        told.person.enrolled_at = at;
        take_roles(event.link().roles());
        if (layer == PersonalLayer::opened) {
            told.person.name = Sensitive(event.personal().name());
            told.person.contact = Sensitive(event.personal().email());
        }
    }
    void operator()(const schema::StaffRolesChanged& event) { take_roles(event.link().roles()); }
    void operator()(const schema::StaffKeyChanged& event) {
        told.person.public_key = event.link().public_key();
    }
    void operator()(const schema::StaffSuspended&) { stand(Standing::suspended); }
    void operator()(const schema::StaffResumed&) { stand(Standing::active); }
    void operator()(const schema::StaffWithdrawn&) { stand(Standing::withdrawn); }
    void stand(Standing standing) { told.person.standing = standing; }
    void take_roles(const auto& roles) {
        told.roles.clear();
        for (const int role : roles) {
            told.roles.push_back(static_cast<schema::StaffRole>(role));
        }
    }
};

/// Nothing for somebody whose enrolment is not there any more.
template <class Story>
Result<std::optional<Story>> read_story(const fold::Reading& rows, const keys::EventVault& vault,
                                        char tag, ByteView id, projections::Personal personal) {
    Story story;
    CHOPMARK_TRY(
        projections::read_history(rows, vault, tag, id, personal, [&](OpenedRecord&& step) {
            story.at = step.prelude.recorded_at;
            story.layer = step.personal;
            projections::dispatch(story, step.event);
            story.told.person.changed_at = story.at;
        }));
    if (!story.enrolled) {
        return std::optional<Story>();
    }
    return std::optional(std::move(story));
}

template <class Story, class Id>
auto read_people(const fold::Reading& rows, const keys::EventVault& vault, char tag,
                 std::string_view query, projections::Personal personal,
                 const projections::PageRequest& page) {
    using Item = decltype(Story::told);
    return projections::read_histories<Item>(
        rows, query, tag, Id::size, page,
        [&](ByteView id, std::vector<Item>& items) -> Result<void> {
            CHOPMARK_ASSIGN(auto story, read_story<Story>(rows, vault, tag, id, personal));
            if (story) {
                story->told.id = Id::from_bytes(id).value_or(Id());
                items.push_back(std::move(story->told));
            }
            return {};
        });
}

template <class Story, class Id>
auto find_one(const fold::Reading& rows, const keys::EventVault& vault, char tag, const Id& id,
              projections::Personal personal) -> Result<decltype(Story::told)> {
    CHOPMARK_ASSIGN(auto story, read_story<Story>(rows, vault, tag, id.bytes(), personal));
    if (!story) {
        return no_such_person;
    }
    story->told.id = id;
    return std::move(story->told);
}

Result<void> apply_terminal(const fold::OpenedEvent& event, const TerminalId& id,
                            fold::RowBatch& rows) {
    CHOPMARK_ASSIGN(const auto bytes, rows.get(terminal_key(id)));
    TerminalRow row;
    if (bytes) {
        CHOPMARK_ASSIGN(row, fold::decode_row<TerminalRow>(*bytes));
    }
    TerminalChanges changes{row, event.prelude()};
    if (projections::dispatch(changes, event.event())) {
        row.changed_at = event.prelude().recorded_at;
        rows.put(terminal_key(id), fold::encode_row(row));
    }
    return {};
}

}  // namespace

bool TerminalOperatorView::wants(record::TypeNumber type) const {
    return projections::handles<TerminalChanges>(type) ||
           projections::handles<OperatorStory>(type) || projections::handles<StaffStory>(type);
}

Result<void> TerminalOperatorView::apply(const fold::OpenedEvent& event,
                                         fold::RowBatch& rows) const {
    return std::visit(
        [&](const auto& message) -> Result<void> {
            using Message = std::decay_t<decltype(message)>;
            if constexpr (std::invocable<TerminalChanges&, const Message&>) {
                const auto id = TerminalId::from_bytes(message.leaf().terminal_id());
                return id ? apply_terminal(event, *id, rows) : Result<void>();
            } else if constexpr (std::invocable<OperatorStory&, const Message&>) {
                if (const auto id = OperatorId::from_bytes(message.link().operator_id())) {
                    projections::put_history(operator_tag, id->bytes(), event, rows);
                }
            } else if constexpr (std::invocable<StaffStory&, const Message&>) {
                if (const auto id = StaffId::from_bytes(message.link().staff_id())) {
                    projections::put_history(staff_tag, id->bytes(), event, rows);
                }
            }
            return {};
        },
        event.event());
}

Result<projections::Page<Terminal>> read_terminals(const fold::Reading& rows,
                                                   std::optional<Standing> standing,
                                                   const projections::PageRequest& page) {
    const auto look = [&](ByteView key, ByteView value,
                          std::vector<Terminal>& items) -> Result<projections::Walk> {
        const auto id = TerminalId::from_bytes(key.substr(1));
        CHOPMARK_ASSIGN(auto row, fold::decode_row<TerminalRow>(value));
        if (id && (!standing || row.standing == *standing)) {
            items.push_back({*id, std::move(row)});
        }
        return projections::Walk::on;
    };
    return projections::read_page<Terminal>(rows, "terminals", ByteView(&terminal_tag, 1), page,
                                            look);
}

Result<TerminalRow> find_terminal(const fold::Reading& rows, const TerminalId& terminal) {
    CHOPMARK_ASSIGN(const auto bytes, rows.get(terminal_key(terminal)));
    if (!bytes) {
        return no_such_terminal;
    }
    return fold::decode_row<TerminalRow>(*bytes);
}

Result<projections::Page<Operator>> read_operators(const fold::Reading& rows,
                                                   const keys::EventVault& vault,
                                                   projections::Personal personal,
                                                   const projections::PageRequest& page) {
    return read_people<OperatorStory, OperatorId>(rows, vault, operator_tag, "operators", personal,
                                                  page);
}

Result<projections::Page<StaffMember>> read_staff(const fold::Reading& rows,
                                                  const keys::EventVault& vault,
                                                  projections::Personal personal,
                                                  const projections::PageRequest& page) {
    return read_people<StaffStory, StaffId>(rows, vault, staff_tag, "staff", personal, page);
}

Result<Operator> find_operator(const fold::Reading& rows, const keys::EventVault& vault,
                               const OperatorId& id, projections::Personal personal) {
    return find_one<OperatorStory>(rows, vault, operator_tag, id, personal);
}

Result<StaffMember> find_staff(const fold::Reading& rows, const keys::EventVault& vault,
                               const StaffId& id, projections::Personal personal) {
    return find_one<StaffStory>(rows, vault, staff_tag, id, personal);
}

}  // namespace chopmark::terminal_operator_view
