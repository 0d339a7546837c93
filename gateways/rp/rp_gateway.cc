#include "gateways/rp/rp_gateway.h"

#include "gateways/rp/anonymous_routes.h"
#include "gateways/rp/bulk_routes.h"
#include "gateways/rp/key_routes.h"
#include "gateways/rp/login_routes.h"
#include "gateways/rp/profile_route.h"
#include "gateways/rp/request_routes.h"
#include "gateways/rp/signed_routes.h"
#include "gateways/rp/token_route.h"
#include "gateways/rp/view_of_service.h"

namespace chopmark::rp {

RpGateway::RpGateway(const Ports& ports, const Options& options)
    : parts_(std::make_unique<Parts>(ports, options)) {}

RpGateway::~RpGateway() = default;

std::vector<http::Route> RpGateway::routes() {
    std::vector<http::Route> all = key_routes(*parts_);
    for (auto& route : login_routes(*parts_)) {
        all.push_back(std::move(route));
    }
    for (auto& route : request_routes(*parts_)) {
        all.push_back(std::move(route));
    }
    for (auto& route : bulk_routes(*parts_)) {
        all.push_back(std::move(route));
    }
    for (auto& route : anonymous_routes(*parts_)) {
        all.push_back(std::move(route));
    }
    all.push_back(profile_route(*parts_));
    all.push_back(token_route(*parts_));
    return all;
}

std::vector<http::Route> RpGateway::own_routes(CallbackDesk& callbacks) {
    return view_of_service_routes(*parts_, callbacks);
}

RpGateway::Probe RpGateway::probe() const {
    const CallChecks::Probe counted = parts_->checks.probe();
    return {counted.passed, counted.wrong_signature, counted.repeated, counted.too_many};
}

}  // namespace chopmark::rp
