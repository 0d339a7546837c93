#include "gateways/admin/admin_routes.h"

namespace chopmark::admin {
namespace {

using service::Json;

Json positions_to_json(const fold::Positions& positions) {
    Json out = Json::object();
    for (const PartitionId partition : positions.partitions()) {
        out[std::to_string(partition.value())] = positions.at(partition).value();
    }
    return out;
}

Json task_to_json(const ViewTask& task) {
    Json out{{"work", task.work == ViewWork::rebuild ? "rebuild" : "diff"},
             {"began_at", task.began_at.millis()},
             {"running", !task.ended_at.has_value()}};
    out["ended_at"] = task.ended_at ? Json(task.ended_at->millis()) : Json();
    out["differences"] = task.differences ? Json(*task.differences) : Json();
    out["failed"] = task.failed.empty() ? Json() : Json(task.failed);
    return out;
}

Json view_to_json(const ViewState& view) {
    return {{"view", view.name},
            {"version", view.version},
            {"positions", positions_to_json(view.positions)},
            {"lag_records", view.lag_records},
            {"lag_ms", view.lag.count() / 1000},
            {"stopped", view.stopped.empty() ? Json() : Json(view.stopped)},
            {"task", view.task ? task_to_json(*view.task) : Json()}};
}

Json status_to_json(const NodeState& node) {
    return {{"node", node.node.hex()},
            {"environment", node.environment},
            {"version", node.version},
            {"started_at", node.started_at.millis()},
            {"ready", node.ready},
            {"not_ready", node.not_ready},
            {"heads", positions_to_json(node.heads)},
            {"key_epoch", node.key_epoch}};
}

Json node_to_json(const control::Node& node) {
    return {{"node", node.id.hex()},
            {"standing", standing_name(node.standing)},
            {"endpoint", node.endpoint},
            {"certificate_digest", node.certificate_digest.hex()},
            {"changed_at", node.changed_at.millis()}};
}

Result<control::Command> enrol(const http::Call&, const Json& body) {
    control::EnrolNode command;
    CHOPMARK_ASSIGN(command.node, service::id_of<NodeId>(body, "node"));
    CHOPMARK_ASSIGN(command.endpoint, service::text_of(body, "endpoint"));
    CHOPMARK_ASSIGN(command.certificate, service::bytes_of(body, "certificate"));
    return control::Command(control::NodeCommand(std::move(command)));
}

Result<control::Command> withdraw(const http::Call& call, const Json& body) {
    control::WithdrawNode command;
    CHOPMARK_ASSIGN(command.node, service::path_id<NodeId>(call, "node"));
    CHOPMARK_ASSIGN(command.case_id, service::id_or_none<control::CaseId>(body, "case"));
    CHOPMARK_ASSIGN(command.note, service::note_of(body));
    return control::Command(control::NodeCommand(std::move(command)));
}

/// Starts work that is watched by listing the views; it changes nothing that is recorded.
http::Route work_row(AdminDesk& desk, ViewWork work, const std::string& tail, std::string summary) {
    http::Route row = service::staff_route(
        "POST", "/admin/v1/views/{view}/" + tail, "admin.view." + tail, "admin.views.write",
        std::move(summary), [&desk, work](const http::CallPtr& call, http::Reply reply) {
            const auto begun = desk.begin(work, call->path_param("view"));
            if (begun) {
                reply.send(service::json_response({{"begun", true}}, 202));
            } else {
                reply.fail(begun.error());
            }
        });
    row.request_schema.clear();
    row.answers.front().status = 202;
    return row;
}

}  // namespace

Routes platform_routes(const Ports& ports, const service::StaffCalls& calls) {
    Routes rows;
    rows.push_back(calls.command_row("/admin/v1/nodes", "admin.node.enrol", "admin.nodes.write",
                                     "Enrols a node with its certificate.", enrol));
    rows.push_back(calls.command_row("/admin/v1/nodes/{node}/withdraw", "admin.node.withdraw",
                                     "admin.nodes.write",
                                     "Withdraws a node: its terms count no longer.", withdraw));
    rows.push_back(service::staff_route(
        "GET", "/admin/v1/nodes", "admin.node.list", "admin.nodes.read", "Nodes, by id.",
        [&control = ports.control](const http::CallPtr&, http::Reply reply) {
            const control::SnapshotPtr now = control.latest();
            Json items = Json::array();
            for (const auto& [id, node] : *now->state->nodes) {
                items.push_back(node_to_json(node));
            }
            reply.send(service::json_response({{"items", std::move(items)}, {"next", Json()}}));
        }));
    rows.push_back(service::staff_route(
        "GET", "/admin/v1/views", "admin.view.list", "admin.views.read",
        "Views: how far they are, whether they stopped, work on them.",
        [&desk = ports.desk](const http::CallPtr&, http::Reply reply) {
            Json items = Json::array();
            for (const ViewState& view : desk.views()) {
                items.push_back(view_to_json(view));
            }
            reply.send(service::json_response({{"items", std::move(items)}, {"next", Json()}}));
        }));
    rows.push_back(work_row(ports.desk, ViewWork::rebuild, "rebuild",
                            "Makes a view anew from the journal, beside the live one."));
    rows.push_back(work_row(ports.desk, ViewWork::diff, "diff",
                            "Compares the rows of a view with a rebuild up to its position."));
    rows.push_back(
        service::staff_route("GET", "/admin/v1/status", "admin.status.show", "admin.status.read",
                             "This node: readiness, heads, key epoch.",
                             [&desk = ports.desk](const http::CallPtr&, http::Reply reply) {
                                 reply.send(service::json_response(status_to_json(desk.status())));
                             }));
    return rows;
}

}  // namespace chopmark::admin
