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
            {"name", node.name},
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

Json partition_to_json(const PartitionState& partition) {
    return {{"partition", partition.partition.value()},
            {"owner", partition.owner ? Json(partition.owner->hex()) : Json()},
            {"endpoint", partition.endpoint},
            {"term", partition.term.value()},
            {"head", partition.head.value()},
            {"lag_records", partition.lag_records},
            {"served_here", partition.served}};
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

Result<std::vector<std::uint32_t>> types_of(const http::Call& call) {
    CHOPMARK_ASSIGN(const Json body, service::parse_object(call.request.body));
    const auto at = body.find("types");
    std::vector<std::uint32_t> types;
    if (at == body.end() || !at->is_array() || at->empty() ||
        at->size() > control::most_types_at_once) {
        return Error(service::json_member, "types");
    }
    for (const Json& type : *at) {
        if (!type.is_number_unsigned() || type.get<std::uint64_t>() > UINT32_MAX) {
            return Error(service::json_member, "types");
        }
        types.push_back(type.get<std::uint32_t>());
    }
    return types;
}

/// Every node is asked first; what it says goes into the record.
http::Route activation_row(AdminDesk& desk, const service::StaffCalls& calls) {
    return service::staff_route(
        "POST", "/admin/v1/types/activate", "admin.types.activate", "admin.nodes.write",
        "Lets new types of events be written, once every node knows them.",
        [&desk, &calls](const http::CallPtr& call, http::Reply reply) {
            auto types = types_of(*call);
            if (!types) {
                reply.fail(types.error());
                return;
            }
            const auto owed = std::make_shared<http::Reply>(std::move(reply));
            desk.survey(*types, [&calls, call, owed, types = *types](auto nodes) {
                if (!nodes) {
                    owed->fail(nodes.error());
                    return;
                }
                const control::ActivateTypes command{types, *std::move(nodes)};
                calls.submit(*call, control::Command(control::NodeCommand(command)),
                             std::move(*owed));
            });
        });
}

void drain(AdminDesk& desk, http::Reply reply) {
    const auto owed = std::make_shared<http::Reply>(std::move(reply));
    desk.drain([owed](const Result<Duration>& took) {
        if (took) {
            owed->send(
                service::json_response({{"drained", true}, {"took_ms", took->count() / 1000}}));
        } else {
            owed->fail(took.error());
        }
    });
}

void resume(AdminDesk& desk, http::Reply reply) {
    if (const auto resumed = desk.resume()) {
        reply.send(service::json_response({{"resumed", true}}));
    } else {
        reply.fail(resumed.error());
    }
}

/// Watched by listing them: reading all files once for their sums takes as long as it takes.
void begin_checkpoint(AdminDesk& desk, http::Reply reply) {
    if (const auto begun = desk.begin_checkpoint()) {
        reply.send(service::json_response({{"begun", true}}));
    } else {
        reply.fail(begun.error());
    }
}

Json checkpoint_to_json(const CheckpointState& checkpoint) {
    Json partitions = Json::array();
    for (const auto& one : checkpoint.partitions) {
        partitions.push_back({{"partition", one.partition.value()},
                              {"records", one.records},
                              {"root", one.root.hex()}});
    }
    return {{"folder", checkpoint.folder},
            {"made_at", checkpoint.made_at.millis()},
            {"bytes", checkpoint.bytes},
            {"files", checkpoint.files},
            {"partitions", std::move(partitions)}};
}

http::Route checkpoints_row(AdminDesk& desk) {
    return service::staff_route(
        "GET", "/admin/v1/node/checkpoints", "admin.node.checkpoints", "admin.nodes.read",
        "Checkpoints on this node's disk, oldest first, and whether one is being made.",
        [&desk](const http::CallPtr&, http::Reply reply) {
            const CheckpointsState now = desk.checkpoints();
            Json items = Json::array();
            for (const CheckpointState& checkpoint : now.kept) {
                items.push_back(checkpoint_to_json(checkpoint));
            }
            reply.send(
                service::json_response({{"running", now.running},
                                        {"failed", now.failed.empty() ? Json() : Json(now.failed)},
                                        {"items", std::move(items)}}));
        });
}

/// Of the node that is asked, and no record: where a partition is served stands in its TermOpened.
http::Route own_row(AdminDesk& desk, const std::string& verb, std::string summary,
                    void (*act)(AdminDesk&, http::Reply)) {
    http::Route row = service::staff_route(
        "POST", "/admin/v1/node/" + verb, "admin.node." + verb, "admin.nodes.write",
        std::move(summary),
        [&desk, act](const http::CallPtr&, http::Reply reply) { act(desk, std::move(reply)); });
    row.request_schema.clear();
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
        "GET", "/admin/v1/partitions", "admin.partition.list", "admin.nodes.read",
        "Partitions: who owns each by which term, and how far this node is.",
        [&desk = ports.desk](const http::CallPtr&, http::Reply reply) {
            Json items = Json::array();
            for (const PartitionState& partition : desk.partitions()) {
                items.push_back(partition_to_json(partition));
            }
            reply.send(service::json_response({{"items", std::move(items)}, {"next", Json()}}));
        }));
    rows.push_back(own_row(ports.desk, "drain",
                           "Hands this node's partitions over to others, and answers when they "
                           "have them.",
                           drain));
    rows.push_back(own_row(ports.desk, "checkpoint",
                           "Copies this node's rows and journal, for another to start from.",
                           begin_checkpoint));
    rows.push_back(checkpoints_row(ports.desk));
    rows.push_back(activation_row(ports.desk, calls));
    rows.push_back(
        own_row(ports.desk, "resume", "Lets a drained node take partitions again.", resume));
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
