#include <charconv>

#include "gateways/audit/audit_routes.h"

namespace chopmark::audit {
namespace {

using service::Json;

Json heads_to_json(const TreeHeads& heads) {
    Json out = Json::array();
    for (const auto& [partition, head] : heads) {
        Json row = head_to_json(head);
        row["partition"] = partition.value();
        out.push_back(std::move(row));
    }
    return out;
}

Result<std::uint64_t> number(const http::Call& call, const char* name) {
    const std::string text = service::parameter(call, name);
    std::uint64_t value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || end.ec != std::errc() || end.ptr != text.data() + text.size()) {
        return Error(service::parameter_bad, name);
    }
    return value;
}

Result<Json> heads(const AuditDesk& desk) {
    CHOPMARK_ASSIGN(const Heads found, desk.heads());
    return Json{{"now", heads_to_json(found.now)},
                {"cut", found.cut},
                {"of_cut", heads_to_json(found.of_cut)}};
}

Result<Json> consistency(const http::Call& call, const AuditDesk& desk) {
    CHOPMARK_ASSIGN(const std::uint64_t partition, number(call, "partition"));
    CHOPMARK_ASSIGN(const std::uint64_t older, number(call, "older"));
    CHOPMARK_ASSIGN(const std::uint64_t newer, number(call, "newer"));
    if (partition > UINT16_MAX) {
        return partition_unknown;
    }
    const PartitionId id(static_cast<std::uint16_t>(partition));
    CHOPMARK_ASSIGN(const tlog::TreeHead old_head, desk.head_at(id, older));
    CHOPMARK_ASSIGN(const tlog::TreeHead new_head, desk.head_at(id, newer));
    CHOPMARK_ASSIGN(const tlog::Proof proof, desk.consistency(id, older, newer));
    return Json{{"partition", partition},
                {"older", head_to_json(old_head)},
                {"newer", head_to_json(new_head)},
                {"consistency", proof_to_json(proof)}};
}

void finish(http::Reply& reply, const Result<Json>& body) {
    reply.finish(body ? Result<httplib::Response>(service::json_response(*body))
                      : Result<httplib::Response>(body.error()));
}

}  // namespace

Routes head_routes(const Ports& ports) {
    const AuditDesk& desk = ports.desk;
    Routes rows;
    rows.push_back(service::staff_route(
        "GET", "/audit/v1/heads", "audit.heads.show", "audit.heads.read",
        "Size and root of every partition's tree, now and as of the last cut.",
        [&desk](const http::CallPtr&, http::Reply reply) { finish(reply, heads(desk)); }));
    rows.push_back(service::staff_route(
        "GET", "/audit/v1/consistency", "audit.consistency.show", "audit.heads.read",
        "The proof that a partition's tree at one size continues that at a smaller one.",
        [&desk](const http::CallPtr& call, http::Reply reply) {
            finish(reply, consistency(*call, desk));
        }));
    constexpr auto integer = R"({"type":"integer"})";
    rows.back().query = {{"partition", true, integer, "0 is control"},
                         {"older", true, integer, "a size"},
                         {"newer", true, integer, "a size, not below `older`"}};
    return rows;
}

}  // namespace chopmark::audit
