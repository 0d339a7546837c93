// What every route of staff has in common: a command takes its id from the caller and the header
// Idempotency-Key, so that a request sent again is the same command and gets the same outcome; an
// answer of a command names its event and carries a position token; a query reads a view as far as
// the caller needs it to have come, and is rendered on a worker, never on the folding thread; one
// that opens boxes is recorded first. Safe from any thread.
//
//   command id = SHA-256("chopmark/staff-command/1" ‖ staff:16 ‖ Idempotency-Key)
//   digest     = SHA-256(method "\n" target "\n" body)
#pragma once

#include <functional>

#include "aggregates/runtime/command_service.h"
#include "events/core/clock.h"
#include "events/core/entropy.h"
#include "events/core/strand.h"
#include "gateways/http/route.h"
#include "gateways/service/json_body.h"
#include "gateways/service/queries.h"
#include "projections/page.h"

namespace chopmark::service {

inline constexpr std::string_view idempotency_header = "Idempotency-Key";
/// Missing, longer than limits::idempotency_key_bytes, or not visible ASCII.
inline constexpr Reason idempotency_key_bad{"staff.idempotency_key", Kind::invalid};
/// The detail is the parameter's name.
inline constexpr Reason parameter_bad{"staff.bad_parameter", Kind::invalid};
inline constexpr Reason workers_busy{"staff.workers_busy", Kind::busy};

/// A handler may answer later and callbacks have to be copied.
using ReplyPtr = std::shared_ptr<http::Reply>;

/// The head of the command that this request is; its caller is the signed-in member of staff.
Result<CommandHead> staff_head(const http::Call& call, const Clock& clock);
/// A command's id for a second, dependent command of the same request: `part` tells them apart.
CommandHead dependent_head(const CommandHead& head, std::string_view part);
/// The member of staff who calls; the Authorizer has put him there.
StaffId staff_of(const http::Call& call);

httplib::Response json_response(const Json& body, int status = 200);

/// `cursor` and `limit` of the query, in which every other parameter that is there MUST say
/// something.
Result<projections::PageRequest> page_of(const http::Call& call);
/// A `{name}` of the path, or a parameter of the query, as an id in hexadecimal.
template <class Id>
Result<Id> path_id(const http::Call& call, const char* name) {
    const auto id = Id::from_hex(call.path_param(name));
    return id ? Result<Id>(*id) : Result<Id>(Error(parameter_bad, name));
}
/// The member `note`, which may be absent; at most limits::note_bytes.
Result<Sensitive<std::string>> note_of(const Json& body);
/// An id in hexadecimal as bytes; none if the member is absent.
template <class Id>
Result<Bytes> id_or_none(const Json& body, const char* name) {
    if (!has(body, name)) {
        return Bytes();
    }
    CHOPMARK_ASSIGN(const Id id, id_of<Id>(body, name));
    return id.to_bytes();
}
/// A number from 0 to 2³²-1; zero if the member is absent.
Result<std::uint32_t> count_or_zero(const Json& body, const char* name);
Result<bool> flag_or_false(const Json& body, const char* name);
/// A parameter of the query; empty if it is not there.
std::string parameter(const http::Call& call, const char* name);

/// {"items": […], "next": cursor or null}
template <class Item, class Render>
Json page_to_json(const projections::Page<Item>& page, Render&& render) {
    Json items = Json::array();
    for (const Item& item : page.items) {
        items.push_back(render(item));
    }
    return {{"items", std::move(items)}, {"next", page.next.empty() ? Json() : Json(page.next)}};
}

class StaffCalls {
  public:
    /// All must outlive the object and every answer that is still owed.
    StaffCalls(runtime::CommandService& commands, const Queries& queries, const Clock& clock,
               WorkPool& work)
        : commands_(commands), queries_(queries), clock_(clock), work_(work) {}

    /// Adds what the caller learns of the event beside its id, time and position.
    using Render = std::function<void(const runtime::Receipt&, Json& answer)>;
    void submit(const http::Call& call, control::Command command, http::Reply reply,
                Render render = {}) const;
    void submit(const http::Call& call, const AccountId& account, citizen::Command command,
                http::Reply reply) const;

    using Read = std::function<Result<Json>(const fold::Reading&)>;
    /// Answers with what `read` makes of the view's rows, as far as the header asks for.
    void query(const http::CallPtr& call, std::string_view view, http::Reply reply,
               Read read) const;

    /// Rows whose whole work is one command of control, or one reading of one view. They hold
    /// `this`: routes are used no longer than the object lives.
    using Parse = std::function<Result<control::Command>(const http::Call&, const Json& body)>;
    [[nodiscard]] http::Route command_row(std::string path, std::string name,
                                          std::string permission, std::string summary, Parse parse,
                                          Render render = {}) const;
    using ReadCall = std::function<Result<Json>(const http::Call&, const fold::Reading&)>;
    [[nodiscard]] http::Route view_row(std::string path, std::string name, std::string permission,
                                       std::string summary, std::string_view view,
                                       ReadCall read) const;
    /// A reading that opens boxes of class staff or platform – names of people, explanations,
    /// notes. That it is asked for is recorded, durably, before `read` is called (design 5): who
    /// cannot be recorded is shown nothing. `entropy` names the record and must outlive the row.
    [[nodiscard]] http::Route look_row(std::string path, std::string name, std::string permission,
                                       std::string summary, std::string_view view, Entropy& entropy,
                                       ReadCall read) const;

    /// Runs `task` on a worker; the reply fails with staff.workers_busy if there is none.
    void on_worker(const ReplyPtr& reply, Task task) const;
    /// `event`, `recorded_at` and the position header.
    [[nodiscard]] httplib::Response receipt_response(const runtime::Receipt& receipt,
                                                     Json answer) const;

    [[nodiscard]] runtime::CommandService& commands() const { return commands_; }
    [[nodiscard]] const Clock& clock() const { return clock_; }

  private:
    /// A look is no command that a caller sends twice: each is a record of its own.
    [[nodiscard]] CommandHead look_head(const http::Call& call, Entropy& entropy) const;

    runtime::CommandService& commands_;
    const Queries& queries_;
    const Clock& clock_;
    WorkPool& work_;
};

/// A row of a gateway of staff; GET reads, anything else changes something by a JSON body.
http::Route staff_route(std::string method, std::string path, std::string name,
                        std::string permission, std::string summary, http::AsyncHandler handler);

}  // namespace chopmark::service
