#include <array>

#include "events/schema/event.h"
#include "events/schema/json.h"
#include "gateways/admin/admin_routes.h"

namespace chopmark::admin {
namespace {

using service::Json;

constexpr std::array<std::pair<std::string_view, schema::Retention>, 3> classes{{
    {"identity", schema::IDENTITY},
    {"sign_in", schema::SIGN_IN},
    {"evidence", schema::EVIDENCE},
}};

Json classes_to_json(const std::vector<schema::Retention>& retentions) {
    Json out = Json::array();
    for (const auto& [name, value] : classes) {
        if (std::find(retentions.begin(), retentions.end(), value) != retentions.end()) {
            out.push_back(name);
        }
    }
    return out;
}

Result<std::vector<schema::Retention>> classes_of(const Json& body) {
    CHOPMARK_ASSIGN(const auto names, service::texts_of(body, "classes"));
    std::vector<schema::Retention> out;
    for (const auto& [name, value] : classes) {
        if (std::find(names.begin(), names.end(), name) != names.end()) {
            out.push_back(value);
        }
    }
    if (out.size() != names.size()) {  // unknown or repeated
        return Error(service::json_member, "classes");
    }
    return out;
}

std::string_view name_of(control::ErasureStanding standing) {
    switch (standing) {
        case control::ErasureStanding::ordered:
            return "ordered";
        case control::ErasureStanding::approved:
            return "approved";
        case control::ErasureStanding::completed:
            return "completed";
    }
    return {};
}

Json erasure_to_json(const control::Erasure& erasure) {
    return {{"order", erasure.id.hex()},
            {"standing", name_of(erasure.standing)},
            {"account", erasure.account.hex()},
            {"classes", classes_to_json(erasure.classes)},
            {"basis", erasure.basis},
            {"epoch", erasure.epoch},
            {"ordered_by", to_hex(erasure.ordered_by)},
            {"approved_by", to_hex(erasure.approved_by)},
            {"ordered_at", erasure.ordered_at.millis()}};
}

void show_order(const runtime::Receipt& receipt, Json& answer) {
    if (const auto* event = std::get_if<schema::ErasureOrdered>(receipt.event.get())) {
        answer["order"] = to_hex(event->link().order_id());
    }
}

Result<std::string> purpose_of(const Json& body) {
    CHOPMARK_ASSIGN(std::string purpose, service::text_of(body, "purpose"));
    if (purpose.size() > limits::purpose_bytes) {
        return Error(service::json_member, "purpose");
    }
    return purpose;
}

/// Everything but who the person is, which the account's executor says.
Result<control::OrderErasure> order_of(const Json& body, const Ports& ports) {
    control::OrderErasure order;
    order.order = ports.entropy.draw<control::OrderId>();
    ports.entropy.fill(order.salt);
    order.epoch = ports.control.latest()->state->cuts.epoch;
    CHOPMARK_ASSIGN(order.account, service::id_of<AccountId>(body, "account"));
    CHOPMARK_ASSIGN(order.classes, classes_of(body));
    CHOPMARK_ASSIGN(order.basis, service::text_of(body, "basis"));
    CHOPMARK_ASSIGN(order.purpose, purpose_of(body));
    CHOPMARK_ASSIGN(order.text, service::note_of(body));
    return order;
}

void order(const Ports& ports, const service::StaffCalls& calls, const http::CallPtr& call,
           http::Reply reply) {
    const auto body = service::parse_object(call->request.body);
    auto order = body ? order_of(*body, ports) : Result<control::OrderErasure>(body.error());
    if (!order) {
        reply.fail(order.error());
        return;
    }
    const auto owed = std::make_shared<http::Reply>(std::move(reply));
    const auto wanted = std::make_shared<control::OrderErasure>(*std::move(order));
    calls.commands().look(wanted->account, [&calls, call, owed, wanted](
                                               Result<std::shared_ptr<const citizen::State>> seen) {
        if (!seen) {
            owed->fail(seen.error());
            return;
        }
        if (*seen == nullptr || (*seen)->account.status == citizen::AccountStatus::none) {
            owed->fail(citizen::account_unknown);
            return;
        }
        if ((*seen)->account.status == citizen::AccountStatus::erased) {
            owed->fail(citizen::account_erased);  // nobody is left whom the order could name
            return;
        }
        wanted->person = (*seen)->account.person;
        wanted->key_index = (*seen)->account.key_index;
        calls.submit(*call, control::Command(control::ErasureCommand(*wanted)), std::move(*owed),
                     show_order);
    });
}

Result<control::Command> approve(const http::Call& call, const Json& body, Entropy& entropy) {
    control::ApproveErasure command;
    CHOPMARK_ASSIGN(command.order, service::path_id<control::OrderId>(call, "order"));
    CHOPMARK_ASSIGN(command.purpose, purpose_of(body));
    entropy.fill(command.salt);
    return control::Command(control::ErasureCommand(command));
}

/// The receipt as recorded: its leaf, which anybody may see, names nobody.
Result<Json> receipt(const Ports& ports, const control::OrderId& order) {
    CHOPMARK_ASSIGN(const EventId id, ports.desk.receipt_of(order));
    CHOPMARK_ASSIGN(const auto found, ports.events.find(id));
    CHOPMARK_ASSIGN(const auto event, ports.events.open(id));
    if (!std::holds_alternative<schema::ErasureCompleted>(*event)) {
        return receipt_unknown;
    }
    return Json{{"order", order.hex()},
                {"standing", name_of(control::ErasureStanding::completed)},
                {"event", id.hex()},
                {"recorded_at", found.recorded_at.millis()},
                {"receipt", Json(schema::layer_to_json(*event, schema::Layer::leaf))}};
}

}  // namespace

Routes erasure_routes(const Ports& ports, const service::StaffCalls& calls) {
    const std::string all = "/admin/v1/erasures";
    Routes rows;
    rows.push_back(
        service::staff_route("POST", all, "admin.erasure.order", "admin.erasures.order",
                             "Orders the erasure of a person; another privacy officer approves it.",
                             [&ports, &calls](const http::CallPtr& call, http::Reply reply) {
                                 order(ports, calls, call, std::move(reply));
                             }));
    rows.push_back(calls.command_row(
        all + "/{order}/approve", "admin.erasure.approve", "admin.erasures.approve",
        "Approves an erasure that somebody else ordered. It cannot be undone.",
        [&entropy = ports.entropy](const http::Call& call, const Json& body) {
            return approve(call, body, entropy);
        }));
    rows.push_back(service::staff_route(
        "GET", all, "admin.erasure.list", "admin.erasures.read",
        "Erasures that are ordered or approved and not completed.",
        [&ports](const http::CallPtr&, http::Reply reply) {
            const control::SnapshotPtr now = ports.control.latest();
            Json items = Json::array();
            for (const auto& [id, erasure] : *now->state->erasures) {
                items.push_back(erasure_to_json(erasure));
            }
            reply.send(service::json_response({{"items", std::move(items)}, {"next", Json()}}));
        }));
    rows.push_back(service::staff_route(
        "GET", all + "/{order}", "admin.erasure.show", "admin.erasures.read",
        "One erasure; when it is completed, its receipt.",
        [&ports](const http::CallPtr& call, http::Reply reply) {
            const auto id = service::path_id<control::OrderId>(*call, "order");
            if (!id) {
                reply.fail(id.error());
                return;
            }
            const control::SnapshotPtr now = ports.control.latest();
            const control::Erasure* open = control::find_erasure(*now->state, *id);
            auto answer =
                open != nullptr ? Result<Json>(erasure_to_json(*open)) : receipt(ports, *id);
            reply.finish(answer ? Result<httplib::Response>(service::json_response(*answer))
                                : Result<httplib::Response>(answer.error()));
        }));
    return rows;
}

}  // namespace chopmark::admin
