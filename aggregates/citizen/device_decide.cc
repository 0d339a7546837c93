#include <algorithm>

#include "aggregates/citizen/device.h"
#include "aggregates/citizen/draft.h"
#include "aggregates/citizen/state.h"
#include "aggregates/citizen/testimony.h"
#include "aggregates/control/policy.h"
#include "aggregates/control/terminal.h"
#include "events/schema/event.h"

namespace chopmark::citizen {
namespace {

constexpr std::size_t point_bytes = 65;
constexpr char uncompressed = 0x04;

Result<void> check_voucher(const State& state, const DeviceVoucher& voucher,
                           const Context& context) {
    if (voucher.registered_by != state.account.registered_by) {
        return device_voucher_foreign;
    }
    if (voucher.issued_at + limits::device_voucher_life <= context.stamp.recorded_at) {
        return device_voucher_expired;
    }
    const auto* terminal = control::find_terminal(context.control, voucher.terminal);
    if (terminal == nullptr) {
        return terminal_unknown;
    }
    if (terminal->standing != control::Enrolment::active) {
        return terminal_not_active;
    }
    return {};
}

schema::DeviceBound bound(const Context& context, const NewDevice& device,
                          const schema::Endpoint& network) {
    auto event = draft<schema::DeviceBound>(context, schema::DONE);
    auto& link = *event.mutable_link();
    link.set_device_id(device.id.to_bytes());
    link.set_public_key(device.public_key);
    link.set_attestation_level(device.attestation);
    *link.mutable_network() = network;
    *link.mutable_app() = device.app;
    *link.mutable_hardware() = device.hardware;
    auto& personal = *event.mutable_personal();
    *personal.mutable_device() = device.facts.reveal();
    personal.set_device_signature(device.signature);
    return event;
}

Decision decide_one(const State& state, const BindDevice& command, const Context& context) {
    CHOPMARK_TRY(check_active(state));
    if (!state.devices.devices.empty()) {
        return device_already_bound;
    }
    CHOPMARK_TRY(check_voucher(state, command.voucher, context));
    CHOPMARK_TRY(check_new_device(state.devices, command.device, context.stamp.recorded_at));
    auto event = bound(context, command.device, command.network);
    event.mutable_link()->mutable_place()->set_terminal_id(command.voucher.terminal.to_bytes());
    return event;
}

Result<void> check_password(const State& state, const PasswordCheck& check,
                            const Context& context) {
    if (!state.account.password_verifier) {
        return device_no_password;
    }
    if (check.verifier != *state.account.password_verifier) {
        return evidence_stale;
    }
    CHOPMARK_TRY(check_age(check.checked_at, context));
    if (!check.good) {
        return device_password_wrong;
    }
    return {};
}

IdentityEvidence evidence_of(const RebindDevice& command) {
    return std::visit(
        [](const auto& one) -> IdentityEvidence {
            if constexpr (requires { one.password; }) {
                return one.identity;
            } else {
                return one;
            }
        },
        command.by);
}

Result<void> judge_rebind(const State& state, const RebindDevice& command,
                          const IdentityEvidence& evidence, const Context& context) {
    if (const auto* phone = std::get_if<ByPassword>(&command.by)) {
        CHOPMARK_TRY(check_password(state, phone->password, context));
    }
    CHOPMARK_TRY(judge(evidence, command.card.face.reveal(), context));
    return check_card(state, context);
}

bool binding_attempts_exhausted(const State& state, const Context& context) {
    const Instant begin = context.stamp.recorded_at - binding_refusals_window;
    const auto recent = std::count_if(state.devices.refusals.begin(), state.devices.refusals.end(),
                                      [&](Instant at) { return at > begin; });
    return static_cast<std::size_t>(recent) >=
           std::min<std::size_t>(control::policy(context.control).attempts_per_card_and_day,
                                 limits::binding_refusals_per_account);
}

Decision refuse_binding(const State& state, const RebindDevice& command,
                        const IdentityEvidence& evidence, const Reason& reason,
                        const Context& context) {
    auto event = draft<schema::DeviceBindingRefused>(
        context, recorded_outcome(reason).value_or(schema::REFUSED), &reason);
    auto& link = *event.mutable_link();
    if (const Device* old = current_device(state)) {
        link.set_old_device_id(old->id.to_bytes());
    }
    put_place(event, evidence, context);
    *link.mutable_network() = command.network;
    *link.mutable_app() = command.device.app;
    *link.mutable_hardware() = command.device.hardware;
    *event.mutable_personal()->mutable_checks() = checks_of(evidence);
    return event;
}

Decision decide_one(const State& state, const RebindDevice& command, const Context& context) {
    CHOPMARK_TRY(check_active(state));
    CHOPMARK_TRY(check_new_device(state.devices, command.device, context.stamp.recorded_at));
    const bool exhausted = binding_attempts_exhausted(state, context);
    if (exhausted && std::holds_alternative<ByPassword>(command.by)) {
        return device_attempts_exhausted;
    }
    const IdentityEvidence evidence = evidence_of(command);
    if (auto judged = judge_rebind(state, command, evidence, context); !judged) {
        const Reason reason = judged.error().reason;
        if (!recorded_outcome(reason)) {
            return std::move(judged).error();
        }
        if (exhausted) {
            return device_attempts_exhausted;
        }
        return refuse_binding(state, command, evidence, reason, context);
    }
    auto event = bound(context, command.device, command.network);
    auto& link = *event.mutable_link();
    if (const Device* old = current_device(state)) {
        link.set_old_device_id(old->id.to_bytes());
    }
    const Duration wait = control::policy(context.control).cooling_off;
    link.set_cooling_off_until_us((context.stamp.recorded_at + wait).micros());
    put_place(event, evidence, context);
    *event.mutable_personal()->mutable_checks() = checks_of(evidence);
    return event;
}

Decision decide_one(const State& state, const RevokeDevice& command, const Context& context) {
    CHOPMARK_TRY(check_stands(state));  // a suspended account may lose its phone too
    const auto known = state.devices.devices.find(command.device);
    if (known == state.devices.devices.end()) {
        return device_unknown;
    }
    if (!known->second.active) {
        return device_revoked;
    }
    CHOPMARK_TRY(check(state, command.by, context));
    auto event = draft<schema::DeviceRevoked>(context, schema::DONE);
    testify(event, command.by, context);
    // After the testimony, which names the device that signed.
    event.mutable_link()->set_device_id(command.device.to_bytes());
    return event;
}

Decision decide_one(const State& state, const SettleDeviceNotice& command, const Context& context) {
    const auto& notices = state.devices.notices;
    const auto notice = std::find_if(notices.begin(), notices.end(), [&](const DeviceNotice& owed) {
        return owed.cause == command.cause;
    });
    if (notice == notices.end()) {
        return device_notice_settled;
    }
    auto event = draft<schema::DeviceNoticeSettled>(
        context, command.delivered ? schema::DONE : schema::FAILED);
    event.mutable_leaf()->set_delivered(command.delivered);
    auto& link = *event.mutable_link();
    link.set_cause_event_id(command.cause.to_bytes());
    link.set_device_id(notice->to.to_bytes());
    link.set_attempts(command.attempts);
    return event;
}

}  // namespace

Decision decide(const State& state, const DeviceCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

std::vector<EventId> sources(const State&, const DeviceCommand&) { return {}; }

std::optional<CardToken> card_of(const DeviceCommand& command) {
    if (const auto* rebind = std::get_if<RebindDevice>(&command)) {
        return rebind->card.token;
    }
    const auto* revoke = std::get_if<RevokeDevice>(&command);
    return revoke != nullptr ? visitor(revoke->by) : std::nullopt;
}

const Device* active_device(const State& state, const DeviceId& device) {
    const auto known = state.devices.devices.find(device);
    return known != state.devices.devices.end() && known->second.active ? &known->second : nullptr;
}

const Device* current_device(const State& state) {
    for (const auto& [id, device] : state.devices.devices) {
        if (device.active) {
            return &device;
        }
    }
    return nullptr;
}

Result<void> check_proof(const State& state, const DeviceProof& proof, Instant now) {
    const auto known = state.devices.devices.find(proof.device);
    if (known == state.devices.devices.end()) {
        return device_unknown;
    }
    if (!known->second.active) {
        return device_revoked;
    }
    if (known->second.bound_by != proof.bound_by || proof.made_at + limits::challenge_life <= now ||
        proof.made_at > now + limits::clock_difference) {
        return evidence_stale;
    }
    return {};
}

bool cooling_off(const State& state, const DeviceId& device, Instant now) {
    const Device* active = active_device(state, device);
    return active != nullptr && now < active->cooling_off_until;
}

Result<void> check_may_sign(const State& state, const DeviceId& device, const Context& context) {
    const Device* active = active_device(state, device);
    if (active == nullptr) {
        return device_unknown;
    }
    if (context.stamp.recorded_at < active->cooling_off_until) {
        return device_cooling_off;
    }
    if (active->attestation <= schema::ATTESTATION_LEVEL_NONE &&
        !control::policy(context.control).unattested_devices_may_sign) {
        return device_not_attested;
    }
    return {};
}

Result<void> check_new_device(const DeviceState& state, const NewDevice& device, Instant now) {
    if (device.public_key.size() != point_bytes || device.public_key.front() != uncompressed) {
        return device_key_malformed;
    }
    if (state.devices.contains(device.id)) {
        return device_id_taken;
    }
    if (std::any_of(state.devices.begin(), state.devices.end(), [&](const auto& entry) {
            return entry.second.public_key == device.public_key;
        })) {
        return device_key_reused;
    }
    if (device.made_at + limits::challenge_life <= now ||
        device.made_at > now + limits::clock_difference) {
        return evidence_stale;
    }
    return {};
}

}  // namespace chopmark::citizen
