// What a simulated node has folded, held against a fold of the same journal from the beginning by
// somebody who has nothing but the log and the keys, or against what another node has folded.
#pragma once

#include "tests/support/gateway_bench.h"

namespace chopmark::test {

/// Rows of every view and of the event index.
void expect_views_rebuilt(GatewayBench& bench);
/// State rows of both citizen partitions, flushed before. All executors must be serving.
void expect_state_rebuilt(GatewayBench& bench);

/// Two nodes that have folded as much as each other, their state flushed before.
void expect_same_state(fold::RowStore& left, fold::RowStore& right);
/// The views of the bench and those of another node.
void expect_same_views(GatewayBench& bench, const fold::LiveTables& other);

}  // namespace chopmark::test
