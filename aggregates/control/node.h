// The nodes of a deployment: enrolled by an administrator, withdrawn by order. Control orders a
// withdrawal; the owner of each partition appends NodesWithdrawn there (design 3). Types of events
// that came with a newer software are activated here, once every node has it (design-notes A9).
#pragma once

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

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

/// Type numbers that TypesActivated has named.
using ActiveTypes = std::set<std::uint32_t>;

inline constexpr Reason node_exists{"node.exists", Kind::conflict};
inline constexpr Reason node_unknown{"node.unknown", Kind::not_found};
inline constexpr Reason node_bad_certificate{"node.bad_certificate", Kind::invalid};

/// No type of this software, none at all, or too many at once.
inline constexpr Reason types_unknown{"types.unknown", Kind::invalid};
inline constexpr Reason types_active{"types.active", Kind::conflict};
/// The detail is an active node that was not said to know them.
inline constexpr Reason types_not_everywhere{"types.not_everywhere", Kind::refused};

inline constexpr std::size_t most_types_at_once = 64;

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
struct NodeVersion {
    NodeId node;
    std::string version;  // of its software
};
struct ActivateTypes {
    std::vector<std::uint32_t> types;
    /// Every active node, each having been asked whether it knows them.
    std::vector<NodeVersion> nodes;
};
using NodeCommand = std::variant<EnrolNode, WithdrawNode, ActivateTypes>;

Decision decide(const State& state, const NodeCommand& command, const Context& context);
void evolve(State& state, const schema::NodeEnrolled& event, const record::Stamp& stamp);
void evolve(State& state, const schema::NodeWithdrawalOrdered& event, const record::Stamp& stamp);
void evolve(State& state, const schema::TypesActivated& event, const record::Stamp& stamp);

}  // namespace chopmark::control
