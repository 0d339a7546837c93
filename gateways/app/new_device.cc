#include "gateways/app/new_device.h"

#include "events/keys/pseudonym.h"

namespace chopmark::app {
namespace {

constexpr std::size_t fact_bytes = 128;
constexpr std::size_t attestation_bytes = 8 * 1024;

Result<std::string> fact_of(const Json& device, const char* name) {
    CHOPMARK_ASSIGN(std::string text, service::text_or_empty(device, name));
    if (text.size() > fact_bytes) {
        return Error(service::json_member, name);
    }
    return text;
}

/// Keyed as user agents are: the key lives as long, and the prefix keeps them apart.
schema::KeyedToken token_of(const DeviceReading& with, const std::string& text) {
    const auto tokens = keys::agent_tokens(*with.ring.material(), with.now, Sensitive(text));
    return tokens ? outside::to_schema(*tokens) : schema::KeyedToken();
}

}  // namespace

Result<citizen::NewDevice> read_new_device(const Json& body, const DeviceReading& with) {
    CHOPMARK_ASSIGN(const Json device, service::object_of(body, "device"));
    citizen::NewDevice out;
    CHOPMARK_ASSIGN(out.id, service::id_of<DeviceId>(device, "id"));
    CHOPMARK_ASSIGN(out.public_key, service::bytes_of(device, "public_key"));
    schema::DeviceFacts facts;
    CHOPMARK_ASSIGN(*facts.mutable_model(), fact_of(device, "model"));
    CHOPMARK_ASSIGN(*facts.mutable_system(), fact_of(device, "os"));
    CHOPMARK_ASSIGN(*facts.mutable_system_version(), fact_of(device, "os_version"));
    CHOPMARK_ASSIGN(*facts.mutable_app_version(), fact_of(device, "app_version"));
    CHOPMARK_ASSIGN(const std::string hardware, fact_of(device, "hardware"));
    if (service::has(device, "attestation")) {
        CHOPMARK_ASSIGN(*facts.mutable_attestation(), service::bytes_of(device, "attestation"));
        if (facts.attestation().size() > attestation_bytes) {
            return Error(service::json_member, "attestation");
        }
    }
    out.attestation = with.attestation(facts.attestation(), out.public_key);
    out.app = token_of(with, "chopmark/app/1\n" + out.id.hex());
    out.hardware =
        token_of(with, "chopmark/hardware/1\n" + (hardware.empty() ? out.id.hex() : hardware));
    out.facts = Sensitive(std::move(facts));
    return out;
}

Result<citizen::NewDevice> new_device_of(const AppContext& context, const SignedCall& call) {
    CHOPMARK_ASSIGN(auto out,
                    read_new_device(call.body, {context.ports.ring, context.ports.attestation,
                                                context.ports.clock.now()}));
    if (out.id != call.signed_by.device) {
        return Error(call_header_malformed, std::string(device_header));
    }
    out.signature = call.signed_by.signature;
    out.made_at = call.signed_by.challenge.issued_at;
    return out;
}

}  // namespace chopmark::app
