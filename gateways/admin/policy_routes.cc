#include "gateways/admin/admin_routes.h"

namespace chopmark::admin {
namespace {

using service::Json;

std::int64_t millis(Duration duration) { return duration.count() / 1000; }

/// Names and units are those that SetPolicy takes: milliseconds, numbers, flags as 0 or 1.
Json in_force_to_json(const control::Policy& policy) {
    return {{"code_life", millis(policy.code_life)},
            {"token_life", millis(policy.token_life)},
            {"qr_life", millis(policy.qr_life)},
            {"request_life", millis(policy.request_life)},
            {"anonymous_request_life", millis(policy.anonymous_request_life)},
            {"cooling_off", millis(policy.cooling_off)},
            {"evidence_age", millis(policy.evidence_age)},
            {"content_key_life", millis(policy.content_key_life)},
            {"declaration_period", millis(policy.declaration_period)},
            {"attempts_per_card_and_day", policy.attempts_per_card_and_day},
            {"attempts_per_terminal_and_hour", policy.attempts_per_terminal_and_hour},
            {"code_replays_per_hour", policy.code_replays_per_hour},
            {"card_mismatches_per_hour", policy.card_mismatches_per_hour},
            {"face_score_permille", policy.face_score_permille},
            {"liveness_score_permille", policy.liveness_score_permille},
            {"unattested_devices_may_sign", policy.unattested_devices_may_sign ? 1 : 0}};
}

Result<control::Command> set(const http::Call&, const Json& body) {
    control::SetPolicy command;
    CHOPMARK_ASSIGN(command.version, service::count_or_zero(body, "version"));
    CHOPMARK_ASSIGN(const Json settings, service::object_of(body, "settings"));
    for (const auto& [name, value] : settings.items()) {
        CHOPMARK_ASSIGN(const std::int64_t number, service::number_of(settings, name.c_str()));
        if (number < 0) {
            return Error(control::policy_bad_value, name);
        }
        command.settings[name] = static_cast<std::uint64_t>(number);
    }
    CHOPMARK_ASSIGN(command.note, service::note_of(body));
    return control::Command(control::PolicyCommand(std::move(command)));
}

}  // namespace

Routes policy_routes(const Ports& ports, const service::StaffCalls& calls) {
    Routes rows;
    rows.push_back(
        calls.command_row("/admin/v1/policy", "admin.policy.set", "admin.policy.write",
                          "Sets some settings; `version` is one above the version in force.", set));
    rows.push_back(service::staff_route(
        "GET", "/admin/v1/policy", "admin.policy.show", "admin.policy.read",
        "The settings that were set, and all that are in force.",
        [&control = ports.control](const http::CallPtr&, http::Reply reply) {
            const control::SnapshotPtr now = control.latest();
            const control::Policies& policies = *now->state->policies;
            reply.send(service::json_response({{"version", policies.version},
                                               {"settings", policies.settings},
                                               {"in_force", in_force_to_json(policies.in_force)}}));
        }));
    return rows;
}

}  // namespace chopmark::admin
