// Everything control knows, as one value: parties, people, policies, alerts and cases, audit
// queries, erasures, cuts (design 6). Every record makes a new State that shares with the old one
// what it did not touch. Executors of citizens decide on it through control::Snapshots.
#pragma once

#include "aggregates/control/alert_case.h"
#include "aggregates/control/audit_query.h"
#include "aggregates/control/copy_on_write.h"
#include "aggregates/control/cut.h"
#include "aggregates/control/erasure.h"
#include "aggregates/control/node.h"
#include "aggregates/control/operator.h"
#include "aggregates/control/policy.h"
#include "aggregates/control/relying_party.h"
#include "aggregates/control/relying_party_life.h"
#include "aggregates/control/staff.h"
#include "aggregates/control/terminal.h"
#include "events/schema/genesis.pb.h"

namespace chopmark::control {

struct State {
    CopyOnWrite<RelyingParties> relying_parties;
    CopyOnWrite<Terminals> terminals;
    CopyOnWrite<Operators> operators;
    CopyOnWrite<Staff> staff;
    CopyOnWrite<Policies> policies;
    CopyOnWrite<Alerts> alerts;
    CopyOnWrite<Cases> cases;
    CopyOnWrite<AuditQueries> queries;
    CopyOnWrite<Erasures> erasures;
    CopyOnWrite<Nodes> nodes;
    Cuts cuts;
    schema::Environment environment = schema::PRODUCTION;  // as the genesis record says
    CopyOnWrite<ActiveTypes> types;  // in a row of its own: not among the fields

    static void fields(auto& archive, State& row) {
        archive(row.relying_parties, row.terminals, row.operators, row.staff, row.policies,
                row.alerts, row.cases, row.queries, row.erasures, row.nodes, row.cuts,
                row.environment);
    }
    friend bool operator==(const State&, const State&) = default;
};

}  // namespace chopmark::control
