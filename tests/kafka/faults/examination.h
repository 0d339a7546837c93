// What the fault suite asks after it has stopped hurting, while nobody commands anything: the views
// of every node are those that its log gives; then, with all nodes dead, every log – and the one
// that a reader with nothing reads from the topic – is the same byte for byte, `chopmark log
// verify` finds all good and the same roots everywhere, every answer that was ever given is held
// against the log, and detection that nothing interrupted finds the alerts that were raised. Says
// by test failures what is wrong. One thread.
#pragma once

#include "tests/kafka/faults/fault_cluster.h"
#include "tests/support/service_record.h"

namespace chopmark::test {

/// Afterwards the cluster is whole again.
void examine(FaultCluster& cluster, ServiceRecord& record);

}  // namespace chopmark::test
