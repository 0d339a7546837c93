// What software the nodes of a deployment run: its version and the types of events that it knows,
// as one node tells another, and a survey of all of them. A type may be written only once every
// node that control knows to be active has said that it knows it (design-notes A9). In JSON, unlike
// everything else between nodes, because nodes of different versions have to understand it.
//
//   software = {"version": text, "types": [number, …]}
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "aggregates/control/node.h"
#include "aggregates/control/snapshot.h"
#include "gateways/node/node_client.h"

namespace chopmark::node {

inline constexpr const char* software_version = "1";
inline constexpr const char* software_path = "/node/v1/software";
/// A peer's answer that is none.
inline constexpr Reason software_untold{"node.software_untold", Kind::unavailable};

struct Software {
    std::string version;
    std::set<std::uint32_t> types;
};
/// Of this process.
Software own_software();
Bytes encode_software(const Software& software);
/// node.software_untold.
Result<Software> decode_software(ByteView bytes);

/// Safe from any thread; never blocks.
class SoftwareSurvey {
  public:
    /// `client` may be null: then there is nobody else to ask. All must outlive the survey, and the
    /// client every answer.
    SoftwareSurvey(const control::Snapshots& control, const NodeId& self, NodeClient* client)
        : control_(control), self_(self), client_(client) {}

    /// The versions of all active nodes, if all of them know the types. types.not_everywhere with
    /// the node that does not; whatever kept one from answering. Called once, on any thread.
    using Surveyed = std::function<void(Result<std::vector<control::NodeVersion>>)>;
    void ask(const std::vector<std::uint32_t>& types, Surveyed surveyed) const;

  private:
    struct Round;
    static void ask_next(const std::shared_ptr<Round>& round);

    const control::Snapshots& control_;
    const NodeId self_;
    NodeClient* const client_;
};

}  // namespace chopmark::node
