// The rows of the audit gateway. Routes hold references to both arguments.
#pragma once

#include "gateways/audit/inquiry.h"

namespace chopmark::audit {

using Routes = std::vector<http::Route>;

/// The log of one citizen, with or without personal boxes.
Routes log_routes(const Ports& ports, const service::StaffCalls& calls);
/// Leaves of a partition, and the proof that an event is in its tree.
Routes leaf_routes(const Ports& ports, const service::StaffCalls& calls);
/// Sizes, roots, consistency: they identify nobody and are no questions.
Routes head_routes(const Ports& ports);
/// Questions that are open, and their approval by a second person.
Routes judgement_routes(const Ports& ports, const service::StaffCalls& calls);

service::Json head_to_json(const tlog::TreeHead& head);
service::Json proof_to_json(const tlog::Proof& proof);

}  // namespace chopmark::audit
