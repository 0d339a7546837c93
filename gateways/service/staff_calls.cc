#include "gateways/service/staff_calls.h"

#include <algorithm>
#include <charconv>

#include "events/core/ensure.h"
#include "events/core/limits.h"
#include "events/crypto/digest.h"

namespace chopmark::service {
namespace {

constexpr std::string_view command_domain = "chopmark/staff-command/1";

}  // namespace

StaffId staff_of(const http::Call& call) {
    const StaffId* staff = call.principal.as<StaffId>();
    ensure(staff != nullptr, "a route of staff is behind their authorizer");
    return *staff;
}

Result<CommandHead> staff_head(const http::Call& call, const Clock& clock) {
    const std::string key = call.request.get_header_value(std::string(idempotency_header));
    const bool visible =
        std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (key.empty() || key.size() > limits::idempotency_key_bytes || !visible) {
        return Error(idempotency_key_bad, std::string(idempotency_header));
    }
    const StaffId staff = staff_of(call);
    CommandHead head;
    head.id = CommandId(crypto::sha256({command_domain, staff.bytes(), key}).array());
    head.digest =
        crypto::sha256({call.request.method, "\n", call.request.target, "\n", call.request.body});
    head.issued_at = clock.now();
    head.caller = head.actor = {schema::Party::STAFF_MEMBER, staff.to_bytes()};
    head.trace = call.trace.trace.array();
    head.channel = schema::STAFF_CONSOLE;
    return head;
}

CommandHead dependent_head(const CommandHead& head, std::string_view part) {
    CommandHead out = head;
    out.id = CommandId(crypto::sha256({command_domain, "/part", head.id.bytes(), part}).array());
    return out;
}

httplib::Response json_response(const Json& body, int status) {
    httplib::Response response;
    response.status = status;
    response.set_header("Cache-Control", "no-store");
    response.set_content(body.dump(), "application/json");
    return response;
}

std::string parameter(const http::Call& call, const char* name) {
    return call.request.get_param_value(name);
}

Result<projections::PageRequest> page_of(const http::Call& call) {
    projections::PageRequest page;
    page.cursor = parameter(call, "cursor");
    if (page.cursor.size() > 2 * limits::query_cursor_bytes) {
        return Error(parameter_bad, "cursor");
    }
    for (const auto& [name, value] : call.request.params) {
        if (value.empty() && name != "cursor") {
            return Error(parameter_bad, "empty");  // a filter left empty would show everything
        }
    }
    if (const std::string text = parameter(call, "limit"); !text.empty()) {
        const auto end = std::from_chars(text.data(), text.data() + text.size(), page.limit);
        if (end.ec != std::errc() || end.ptr != text.data() + text.size() || page.limit == 0) {
            return Error(parameter_bad, "limit");
        }
    }
    return page;
}

Result<Sensitive<std::string>> note_of(const Json& body) {
    CHOPMARK_ASSIGN(std::string note, text_or_empty(body, "note"));
    if (note.size() > limits::note_bytes) {
        return Error(json_member, "note");
    }
    return Sensitive<std::string>(std::move(note));
}

Result<std::uint32_t> count_or_zero(const Json& body, const char* name) {
    if (!has(body, name)) {
        return 0;
    }
    CHOPMARK_ASSIGN(const std::int64_t number, number_of(body, name));
    if (number < 0 || number > UINT32_MAX) {
        return Error(json_member, name);
    }
    return static_cast<std::uint32_t>(number);
}

Result<bool> flag_or_false(const Json& body, const char* name) {
    return has(body, name) ? flag_of(body, name) : Result<bool>(false);
}

http::Route StaffCalls::command_row(std::string path, std::string name, std::string permission,
                                    std::string summary, Parse parse, Render render) const {
    return staff_route("POST", std::move(path), std::move(name), std::move(permission),
                       std::move(summary),
                       [this, parse = std::move(parse), render = std::move(render)](
                           const http::CallPtr& call, http::Reply reply) {
                           const auto body = parse_object(call->request.body);
                           if (!body) {
                               reply.fail(body.error());
                               return;
                           }
                           auto command = parse(*call, *body);
                           if (!command) {
                               reply.fail(command.error());
                               return;
                           }
                           submit(*call, *std::move(command), std::move(reply), render);
                       });
}

http::Route StaffCalls::view_row(std::string path, std::string name, std::string permission,
                                 std::string summary, std::string_view view, ReadCall read) const {
    return staff_route(
        "GET", std::move(path), std::move(name), std::move(permission), std::move(summary),
        [this, view, read = std::move(read)](const http::CallPtr& call, http::Reply reply) {
            query(call, view, std::move(reply),
                  [call, read](const fold::Reading& rows) { return read(*call, rows); });
        });
}

CommandHead StaffCalls::look_head(const http::Call& call, Entropy& entropy) const {
    CommandHead head;
    head.id = entropy.draw<CommandId>();
    head.digest = crypto::sha256({call.request.method, "\n", call.request.target});
    head.issued_at = clock_.now();
    head.caller = head.actor = {schema::Party::STAFF_MEMBER, staff_of(call).to_bytes()};
    head.trace = call.trace.trace.array();
    head.channel = schema::STAFF_CONSOLE;
    return head;
}

http::Route StaffCalls::look_row(std::string path, std::string name, std::string permission,
                                 std::string summary, std::string_view view, Entropy& entropy,
                                 ReadCall read) const {
    auto handler = [this, name, view, &entropy, read = std::move(read)](const http::CallPtr& call,
                                                                        http::Reply reply) {
        const CommandHead head = look_head(*call, entropy);
        const control::RecordLook look{name, head.digest,
                                       Sensitive<std::string>(call->request.target)};
        const auto owed = std::make_shared<http::Reply>(std::move(reply));
        commands_.submit(
            control::Command(control::AuditQueryCommand(look)), head,
            [this, call, view, owed, read](const Result<runtime::Receipt>& recorded) {
                if (!recorded) {
                    owed->fail(recorded.error());
                    return;
                }
                on_worker(owed, [this, call, view, owed, read] {
                    query(call, view, std::move(*owed),
                          [call, read](const fold::Reading& rows) { return read(*call, rows); });
                });
            });
    };
    return staff_route("GET", std::move(path), std::move(name), std::move(permission),
                       std::move(summary), std::move(handler));
}

httplib::Response StaffCalls::receipt_response(const runtime::Receipt& receipt, Json answer) const {
    answer["event"] = receipt.event_id.hex();
    answer["recorded_at"] = receipt.recorded_at.millis();
    httplib::Response response = json_response(answer);
    response.set_header(std::string(position_header),
                        queries_.token(receipt.partition, receipt.sequence));
    return response;
}

void StaffCalls::submit(const http::Call& call, control::Command command, http::Reply reply,
                        Render render) const {
    auto head = staff_head(call, clock_);
    if (!head) {
        reply.fail(head.error());
        return;
    }
    const auto owed = std::make_shared<http::Reply>(std::move(reply));
    commands_.submit(std::move(command), *std::move(head),
                     [this, owed, render = std::move(render)](Result<runtime::Receipt> outcome) {
                         if (!outcome) {
                             owed->fail(outcome.error());
                             return;
                         }
                         Json answer = Json::object();
                         if (render) {
                             render(*outcome, answer);
                         }
                         owed->send(receipt_response(*outcome, std::move(answer)));
                     });
}

void StaffCalls::submit(const http::Call& call, const AccountId& account, citizen::Command command,
                        http::Reply reply) const {
    auto head = staff_head(call, clock_);
    if (!head) {
        reply.fail(head.error());
        return;
    }
    const auto owed = std::make_shared<http::Reply>(std::move(reply));
    commands_.submit(account, std::move(command), *std::move(head),
                     [this, owed](Result<runtime::Receipt> outcome) {
                         if (!outcome) {
                             owed->fail(outcome.error());
                             return;
                         }
                         owed->send(receipt_response(*outcome, Json::object()));
                     });
}

void StaffCalls::on_worker(const ReplyPtr& reply, Task task) const {
    if (!work_.try_post(std::move(task))) {
        reply->fail(workers_busy);
    }
}

void StaffCalls::query(const http::CallPtr& call, std::string_view view, http::Reply reply,
                       Read read) const {
    const auto owed = std::make_shared<http::Reply>(std::move(reply));
    const auto answer = [owed, read = std::move(read)](const fold::Reading& rows) {
        auto body = read(rows);
        if (body) {
            owed->send(json_response(*body));
        } else {
            owed->fail(body.error());
        }
    };
    const std::string token = call->request.get_header_value(std::string(position_header));
    const bool here = token.empty();  // then we are called back on this worker, at once
    queries_.read(view, token, [this, owed, answer, here](Result<fold::Reading> reading) {
        if (!reading) {
            owed->fail(reading.error());
        } else if (here) {
            answer(*reading);
        } else {
            const auto rows = std::make_shared<fold::Reading>(*std::move(reading));
            on_worker(owed, [answer, rows] { answer(*rows); });
        }
    });
}

http::Route staff_route(std::string method, std::string path, std::string name,
                        std::string permission, std::string summary, http::AsyncHandler handler) {
    http::Route route;
    const bool reads = method == "GET";
    route.method = std::move(method);
    route.path = std::move(path);
    route.name = std::move(name);
    route.permission = std::move(permission);
    route.kind = reads ? http::RouteKind::query : http::RouteKind::command;
    route.handler = std::move(handler);
    route.summary = std::move(summary);
    if (!reads) {
        route.request_schema = R"({"type":"object"})";
    }
    route.answers = {{200, "done", "application/json", R"({"type":"object"})"}};
    return route;
}

}  // namespace chopmark::service
