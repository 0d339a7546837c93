#include <algorithm>

#include "aggregates/citizen/device.h"
#include "events/schema/event.h"

namespace chopmark::citizen {
namespace {

void end(Device& device, Instant now) {
    if (device.active) {
        device.active = false;
        device.ended_at = now;
    }
}

void end_all(DeviceState& state, Instant now) {
    for (auto& [id, device] : state.devices) {
        end(device, now);
    }
}

/// Binds it as the only active one; of too many, the one that ended first is forgotten.
void bind(DeviceState& state, Device device) {
    end_all(state, device.bound_at);
    state.devices[device.id] = device;
    while (state.devices.size() > limits::devices_per_account) {
        auto oldest = state.devices.end();
        for (auto at = state.devices.begin(); at != state.devices.end(); ++at) {
            if (!at->second.active &&
                (oldest == state.devices.end() || at->second.ended_at < oldest->second.ended_at)) {
                oldest = at;
            }
        }
        state.devices.erase(oldest);
    }
}

}  // namespace

void evolve(DeviceState& state, const schema::AccountRegistered& event,
            const record::Stamp& stamp) {
    const auto& link = event.link();
    const auto id = DeviceId::from_bytes(link.device_id());
    if (!id) {
        return;  // registered at a terminal
    }
    bind(state, {*id, link.device_public_key(), link.attestation_level(), stamp.event_id,
                 stamp.recorded_at, stamp.recorded_at, true, Instant()});
}

void evolve(DeviceState& state, const schema::AccountClosed&, const record::Stamp& stamp) {
    end_all(state, stamp.recorded_at);
    state.notices.clear();
}

void evolve(DeviceState& state, const schema::SubjectErased&, const record::Stamp&) {
    state = DeviceState();
}

void evolve(DeviceState& state, const schema::DeviceBound& event, const record::Stamp& stamp) {
    const auto& link = event.link();
    const auto id = DeviceId::from_bytes(link.device_id());
    if (!id) {
        return;
    }
    const Instant cooling_off_until = Instant::from_micros(link.cooling_off_until_us());
    bind(state,
         {*id, link.public_key(), link.attestation_level(), stamp.event_id, stamp.recorded_at,
          std::max(cooling_off_until, stamp.recorded_at), true, Instant()});
    state.refusals.clear();
    if (const auto old = DeviceId::from_bytes(link.old_device_id())) {
        if (state.notices.size() == limits::devices_per_account) {
            state.notices.erase(state.notices.begin());
        }
        state.notices.push_back({stamp.event_id, *old, stamp.recorded_at});
    }
}

void evolve(DeviceState& state, const schema::DeviceRevoked& event, const record::Stamp& stamp) {
    const auto id = DeviceId::from_bytes(event.link().device_id());
    const auto known = id ? state.devices.find(*id) : state.devices.end();
    if (known != state.devices.end()) {
        end(known->second, stamp.recorded_at);
    }
}

void evolve(DeviceState& state, const schema::DeviceBindingRefused&, const record::Stamp& stamp) {
    std::erase_if(state.refusals,
                  [&](Instant at) { return at + binding_refusals_window <= stamp.recorded_at; });
    if (state.refusals.size() == limits::binding_refusals_per_account) {
        state.refusals.erase(state.refusals.begin());
    }
    state.refusals.push_back(stamp.recorded_at);
}

void evolve(DeviceState& state, const schema::DeviceNoticeSettled& event, const record::Stamp&) {
    std::erase_if(state.notices, [&](const DeviceNotice& notice) {
        return notice.cause.bytes() == event.link().cause_event_id();
    });
}

std::vector<FollowUp> outstanding(const DeviceState& state) {
    std::vector<FollowUp> out;
    for (const DeviceNotice& notice : state.notices) {
        out.push_back({notice.cause, device_notice, notice.since});
    }
    return out;
}

}  // namespace chopmark::citizen
