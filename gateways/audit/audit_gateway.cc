#include "gateways/audit/audit_gateway.h"

#include <iterator>

#include "gateways/audit/audit_routes.h"
#include "gateways/audit/audit_schemas.h"

namespace chopmark::audit {

AuditGateway::AuditGateway(const Ports& ports)
    : ports_(ports), calls_(ports.commands, ports.queries, ports.clock, ports.work) {}

std::vector<http::Route> AuditGateway::routes() const {
    Routes all = log_routes(ports_, calls_);
    for (Routes rows :
         {leaf_routes(ports_, calls_), head_routes(ports_), judgement_routes(ports_, calls_)}) {
        std::move(rows.begin(), rows.end(), std::back_inserter(all));
    }
    http::words::describe(all, audit_schemas());
    return all;
}

}  // namespace chopmark::audit
