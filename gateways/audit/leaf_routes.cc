#include "aggregates/control/state.h"
#include "gateways/audit/audit_routes.h"
#include "gateways/audit/record_json.h"

namespace chopmark::audit {
namespace {

using service::Json;

struct RangeQuestion {
    PartitionId partition;
    Sequence from;
    std::size_t limit = limits::audit_range_leaves;
};

Result<RangeQuestion> range_of(const Json& body, const Ports& ports) {
    RangeQuestion out;
    CHOPMARK_ASSIGN(const std::int64_t partition, service::number_of(body, "partition"));
    if (partition < 0 || partition > ports.journal.partitions()) {
        return partition_unknown;
    }
    out.partition = PartitionId(static_cast<std::uint16_t>(partition));
    CHOPMARK_ASSIGN(const std::int64_t from, service::number_of(body, "from"));
    if (from < 0) {
        return Error(service::json_member, "from");
    }
    out.from = Sequence(static_cast<std::uint64_t>(from));
    if (service::has(body, "limit")) {
        CHOPMARK_ASSIGN(const std::int64_t limit, service::number_of(body, "limit"));
        if (limit < 1) {
            return Error(service::json_member, "limit");
        }
        out.limit = std::min(out.limit, static_cast<std::size_t>(limit));
    }
    return out;
}

Result<Answered> read_range(const RangeQuestion& question, const Ports& ports) {
    journal::ReadBudget budget;
    budget.records = question.limit;
    CHOPMARK_ASSIGN(const auto entries,
                    ports.journal.read(question.partition, question.from, budget));
    Json leaves = Json::array();
    for (const journal::EntryPtr& entry : entries) {
        CHOPMARK_ASSIGN(Json leaf, leaf_to_json(*entry, ports.vault));
        leaves.push_back(std::move(leaf));
    }
    Answered out;
    out.count = entries.size();
    out.body = {{"partition", question.partition.value()},
                {"from", question.from.value()},
                {"leaves", std::move(leaves)},
                {"next", entries.empty() ? Json() : Json(entries.back()->sequence.value() + 1)}};
    return out;
}

/// Against the last cut if that holds the event, else against the tree as it is now.
Result<Answered> verify(const EventId& event, const Ports& ports) {
    CHOPMARK_ASSIGN(const runtime::FoundEvent found, ports.events.find(event));
    const auto [partition, sequence] = found.place;
    CHOPMARK_ASSIGN(const auto entry, journal::read_one(ports.journal, partition, sequence));
    CHOPMARK_ASSIGN(const Heads heads, ports.desk.heads());
    const auto in_cut = heads.of_cut.find(partition);
    const bool cut = in_cut != heads.of_cut.end() && in_cut->second.size > sequence.value();
    const auto now = heads.now.find(partition);
    if (!cut && now == heads.now.end()) {
        return partition_unknown;
    }
    const tlog::TreeHead& head = cut ? in_cut->second : now->second;
    CHOPMARK_ASSIGN(const tlog::Proof proof,
                    ports.desk.inclusion(partition, sequence.value(), head.size));
    // What we hand out as a proof has passed the check that its reader will make.
    CHOPMARK_TRY(tlog::check_inclusion(sequence.value(), entry->leaf_hash, proof, head));
    CHOPMARK_ASSIGN(Json leaf, leaf_to_json(*entry, ports.vault));
    Answered out;
    out.count = 1;
    out.body = {{"partition", partition.value()},
                {"leaf", std::move(leaf)},
                {"tree", head_to_json(head)},
                {"inclusion", proof_to_json(proof)},
                {"cut", cut ? Json(heads.cut) : Json()}};
    return out;
}

void ask(const http::CallPtr& call, http::Reply reply, const Ports& ports,
         const service::StaffCalls& calls, Result<Inquiry> asked) {
    if (!asked) {
        reply.fail(asked.error());
        return;
    }
    asked->call = call;
    asked->reply = std::make_shared<http::Reply>(std::move(reply));
    pursue(std::make_shared<const Inquiry>(*std::move(asked)), ports, calls);
}

Result<Inquiry> range_inquiry(const http::CallPtr& call, const Ports& ports) {
    CHOPMARK_ASSIGN(const Json body, service::parse_object(call->request.body));
    CHOPMARK_ASSIGN(const RangeQuestion question, range_of(body, ports));
    CHOPMARK_ASSIGN(Inquiry out, inquiry_of(call, body, schema::QUERY_KIND_RECORDS, false, ports));
    out.answer = [&ports, question](const InquiryPtr&, const Inquiry::Done& done) {
        done(read_range(question, ports));
    };
    return out;
}

Result<Inquiry> verify_inquiry(const http::CallPtr& call, const Ports& ports) {
    CHOPMARK_ASSIGN(const Json body, service::parse_object(call->request.body));
    CHOPMARK_ASSIGN(const EventId event, service::id_of<EventId>(body, "event"));
    CHOPMARK_ASSIGN(Inquiry out, inquiry_of(call, body, schema::QUERY_KIND_RECORDS, false, ports));
    out.answer = [&ports, event](const InquiryPtr&, const Inquiry::Done& done) {
        done(verify(event, ports));
    };
    return out;
}

}  // namespace

Json head_to_json(const tlog::TreeHead& head) {
    return {{"size", head.size}, {"root", to_base64(head.root.bytes())}};
}

Json proof_to_json(const tlog::Proof& proof) {
    Json out = Json::array();
    for (const Digest& hash : proof) {
        out.push_back(to_base64(hash.bytes()));
    }
    return out;
}

Routes leaf_routes(const Ports& ports, const service::StaffCalls& calls) {
    Routes rows;
    rows.push_back(service::staff_route(
        "POST", "/audit/v1/queries/range", "audit.query.range", "audit.queries.ask",
        "Leaves of a partition in order, as bytes and as what they say.",
        [&ports, &calls](const http::CallPtr& call, http::Reply reply) {
            ask(call, std::move(reply), ports, calls, range_inquiry(call, ports));
        }));
    rows.push_back(service::staff_route(
        "POST", "/audit/v1/queries/verify", "audit.query.verify", "audit.queries.ask",
        "The leaf of an event and the proof that it is in the tree of its partition.",
        [&ports, &calls](const http::CallPtr& call, http::Reply reply) {
            ask(call, std::move(reply), ports, calls, verify_inquiry(call, ports));
        }));
    return rows;
}

}  // namespace chopmark::audit
