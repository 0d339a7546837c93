// Disks, topics and clocks.
#include <fmt/format.h>

#include "tests/kafka/faults/fault_list.h"

namespace chopmark::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A node comes back with an empty mirror and no rows: all is read again.
Result<std::string> mirror_lost(Striking& with) {
    const unsigned victim = with.some_node();
    with.avoid = static_cast<int>(victim);
    FaultNode& node = with.cluster.node(victim);
    node.kill();
    for (const auto& folder : {node.data().journal(), node.data().rows()}) {
        std::filesystem::remove_all(folder);
    }
    return fmt::format("node {} lost its mirror and all rows", victim);
}

constexpr std::array faults{
    Fault{"mirror-lost", mirror_lost},
};

}  // namespace

std::span<const Fault> storage_faults() { return faults; }

}  // namespace chopmark::test
