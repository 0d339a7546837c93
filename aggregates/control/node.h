// The nodes of a deployment: enrolled by an administrator, withdrawn by order. Control orders a
// withdrawal; the owner of each partition appends NodesWithdrawn there (design 3).
#pragma once

#include <map>
#include <string>
#include <variant>

#include "aggregates/control/terminal.h"

namespace chopmark::control {

struct Node {
    NodeId id;
    Enrolment standing = Enrolment::active;
    std::string endpoint;
    Digest certificate_digest;
    Instant changed_at;

    static void fields(auto& archive, Node& row) {
        archive(row.id, row.standing, row.endpoint, row.certificate_digest, row.changed_at);
    }
    friend bool operator==(const Node&, const Node&) = default;
};
using Nodes = std::map<NodeId, Node>;

inline constexpr Reason node_exists{"node.exists", Kind::conflict};
inline constexpr Reason node_unknown{"node.unknown", Kind::not_found};
inline constexpr Reason node_bad_certificate{"node.bad_certificate", Kind::invalid};

struct EnrolNode {
    NodeId node;
    std::string endpoint;
    Bytes certificate;  // X.509 DER, checked by the caller against the node CA
};
struct WithdrawNode {
    NodeId node;
    Bytes case_id;
    Sensitive<std::string> note;
};
using NodeCommand = std::variant<EnrolNode, WithdrawNode>;

Decision decide(const State& state, const NodeCommand& command, const Context& context);
void evolve(State& state, const schema::NodeEnrolled& event, const record::Stamp& stamp);
void evolve(State& state, const schema::NodeWithdrawalOrdered& event, const record::Stamp& stamp);

}  // namespace chopmark::control
