#include "anomaly/rules/new_device_signature.h"

#include "events/core/limits.h"

namespace chopmark::anomaly {
namespace {

constexpr std::size_t most_devices = 8;

struct YoungDevice {
    Bytes device;
    Instant bound_at;
    Instant young_until;
    Instant cooling_off_until;
    bool unfamiliar_network = false;
    bool weak_key = false;
    std::uint32_t refusals = 0;
    std::uint32_t signatures = 0;
    Raised raised;
    EvidenceList evidence;

    static void fields(auto& archive, YoungDevice& row) {
        archive(row.device, row.bound_at, row.young_until, row.cooling_off_until,
                row.unfamiliar_network, row.weak_key, row.refusals, row.signatures, row.raised,
                row.evidence);
    }
};

struct Bindings {
    std::vector<YoungDevice> devices;
    RecentCount refusals;

    static void fields(auto& archive, Bindings& row) { archive(row.devices, row.refusals); }
};

constexpr Duration refusal_step = std::chrono::hours(1);

/// As long as a device of it is young, and no shorter than the window of its alerts.
Duration life_of(const Bindings& bindings, Instant now, Duration window) {
    Duration life = window;
    for (const YoungDevice& device : bindings.devices) {
        life = std::max(life, device.young_until - now);
    }
    return life;
}

/// Signs that the device is not its citizen's; each makes the finding one grade graver.
std::vector<Measure> signs_of(const YoungDevice& device, const schema::Endpoint& phone, bool bulk,
                              const Observed& seen, std::uint64_t many) {
    std::vector<Measure> signs;
    const auto add = [&](bool applies, const char* name, std::int64_t observed,
                         const char* unit = "") {
        if (applies) {
            signs.push_back({name, observed, 0, unit});
        }
    };
    const bool elsewhere = seen.habits().settled() && !seen.habits().knows_phone(phone);
    add(seen.habits().signatures == 0, "first_signature", 1);
    add(device.unfamiliar_network || elsewhere, "unfamiliar_network", 1);
    add(device.weak_key, "weak_attestation", 1);
    add(device.refusals > 0, "refused_bindings", device.refusals, "count");
    add(bulk, "bulk_signature", 1);
    add(device.signatures >= many, "signatures", device.signatures, "count");
    return signs;
}

schema::Severity severity_of(std::size_t signs) {
    return signs == 0 ? schema::SEVERITY_LOW
                      : (signs == 1 ? schema::SEVERITY_MEDIUM : schema::SEVERITY_HIGH);
}

}  // namespace

NewDeviceSignature::NewDeviceSignature(const Options& options)
    : options_(options),
      text_{"signature.new_device",
            1,
            3,
            "D04",
            "T1098.005, T1657",
            "A device bound a short while ago made a signature. By itself it is what somebody does "
            "who has a new phone; each further sign makes it likelier that the phone is another's.",
            options.keys} {}

Result<void> NewDeviceSignature::on(const schema::DeviceBound& event, StateRows& state,
                                    const Observed& seen, Findings&) const {
    const auto& link = event.link();
    CHOPMARK_ASSIGN(auto cell,
                    state.open<Bindings>(Key::person(KeyIndex(link.head().key_index()))));
    auto& devices = cell.state.devices;
    std::erase_if(devices, [&](const YoungDevice& one) {
        return one.device == link.device_id() || one.young_until <= seen.at();
    });
    if (devices.size() >= most_devices) {
        devices.erase(devices.begin());
    }
    YoungDevice device;
    device.device = link.device_id();
    device.bound_at = seen.at();
    device.cooling_off_until = Instant::from_micros(link.cooling_off_until_us());
    device.young_until =
        std::max(seen.at() + options_.young, device.cooling_off_until + options_.after_cooling_off);
    device.unfamiliar_network =
        seen.habits().settled() && !seen.habits().knows_phone(link.network());
    device.weak_key = link.attestation_level() <= schema::ATTESTATION_LEVEL_SOFTWARE;
    device.refusals =
        static_cast<std::uint32_t>(cell.state.refusals.within(seen.at(), options_.refusals_before));
    device.evidence.add(seen.evidence(), limits::alert_evidence);
    devices.push_back(device);
    return state.store(cell, life_of(cell.state, seen.at(), options_.young));
}

Result<void> NewDeviceSignature::on(const schema::DeviceBindingRefused& event, StateRows& state,
                                    const Observed& seen, Findings&) const {
    const KeyIndex person(event.link().head().key_index());
    CHOPMARK_ASSIGN(auto cell, state.open<Bindings>(Key::person(person)));
    cell.state.refusals.add(seen.at(), refusal_step, options_.refusals_before);
    return state.store(cell, life_of(cell.state, seen.at(), options_.young));
}

Result<void> NewDeviceSignature::on(const schema::DeviceRevoked& event, StateRows& state,
                                    const Observed& seen, Findings&) const {
    const KeyIndex person(event.link().head().key_index());
    CHOPMARK_ASSIGN(auto cell, state.open<Bindings>(Key::person(person)));
    const auto gone = std::erase_if(cell.state.devices, [&](const YoungDevice& one) {
        return one.device == event.link().device_id();
    });
    return gone == 0 ? Result<void>()
                     : state.store(cell, life_of(cell.state, seen.at(), options_.young));
}

Result<void> NewDeviceSignature::on(const schema::SignatureMade& event, StateRows& state,
                                    const Observed& seen, Findings& findings) const {
    const auto& link = event.link();
    return judge({link.head(), link.device_id(), link.phone(), event.leaf().client_id()}, state,
                 seen, findings);
}

Result<void> NewDeviceSignature::on(const schema::BulkApproved& event, StateRows& state,
                                    const Observed& seen, Findings& findings) const {
    const auto& link = event.link();
    return judge({link.head(), link.device_id(), link.phone(), event.leaf().client_id(), true},
                 state, seen, findings);
}

Result<void> NewDeviceSignature::judge(const Signature& made, StateRows& state,
                                       const Observed& seen, Findings& findings) const {
    const KeyIndex person(made.head.key_index());
    CHOPMARK_ASSIGN(auto cell, state.open<Bindings>(Key::person(person)));
    auto& devices = cell.state.devices;
    const auto found = std::find_if(devices.begin(), devices.end(), [&](const YoungDevice& one) {
        return one.device == made.device;
    });
    if (found == devices.end() || seen.at() >= found->young_until) {
        return {};
    }
    YoungDevice& device = *found;
    ++device.signatures;
    device.evidence.add(seen.evidence(), limits::alert_evidence);
    auto signs = signs_of(device, made.phone, made.bulk, seen, options_.many_signatures);
    const bool too_early = seen.at() < device.cooling_off_until;
    const auto severity = too_early ? schema::SEVERITY_CRITICAL : severity_of(signs.size());
    // Two new devices are two matters, and so are two bindings of one: its revisions begin anew.
    Key matter{cell.key.name + device.device};
    append_big_endian(matter.name, device.bound_at.micros());
    if (auto draft =
            device.raised.due(matter, seen.at(), options_.young, severity, device.signatures)) {
        draft->grade = too_early ? Grade::invariant : Grade::statistical;
        draft->entity = {schema::Entity::KIND_ACCOUNT, made.head.account_id()};
        draft->others = {{schema::Entity::KIND_DEVICE, device.device},
                         {schema::Entity::KIND_CLIENT, made.client}};
        draft->score_permille =
            too_early ? 1000
                      : std::min<std::uint32_t>(300 + 150 * std::uint32_t(signs.size()), 950);
        draft->evidence = device.evidence.records;
        draft->measures = std::move(signs);
        const auto age = (seen.at() - device.bound_at) / std::chrono::minutes(1);
        draft->measures.push_back(
            {"device_age", age, options_.young / std::chrono::minutes(1), "minute"});
        draft->explanation =
            too_early ? "A rebound device made a signature before its cooling-off was over."
                      : "A device bound a short while ago made a signature.";
        findings.push_back(*std::move(draft));
    }
    return state.store(cell, life_of(cell.state, seen.at(), options_.young));
}

}  // namespace chopmark::anomaly
