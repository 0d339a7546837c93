#include "gateways/app/signed_call.h"

#include "aggregates/citizen/state.h"
#include "events/crypto/digest.h"

namespace chopmark::app {
namespace {

template <class Id>
Result<Id> id_header(const http::Call& call, std::string_view name) {
    const auto id = Id::from_hex(header_of(call, name));
    return id ? Result<Id>(*id) : Result<Id>(Error(call_header_malformed, std::string(name)));
}

/// A member that is part of the signed text: it has to be there as hex or not at all.
template <class Id>
Result<Id> id_or_zero(const Json& body, const char* name) {
    return service::has(body, name) ? service::id_of<Id>(body, name) : Result<Id>(Id());
}

std::string hex_or_empty(const Json& body, const char* name) {
    const auto at = body.find(name);
    return at != body.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::string message_of(const AppContext& context, const SignedCall& call) {
    const std::string challenge = header_of(*call.call, challenge_header);
    const std::string client = hex_or_empty(call.body, "client");
    const std::string text_digest = hex_or_empty(call.body, "text_digest");
    service::SignedMessage message;
    message.signer = service::Signer::device;
    message.environment = context.ports.secrets.environment;
    message.command = call.call->route->name;
    message.challenge = challenge;
    message.client = client;
    message.text_digest = text_digest;
    message.body = call.call->request.body;
    return service::signed_message(message);
}

/// Everything but who signed it.
Result<std::shared_ptr<SignedCall>> read_call(const AppContext& context, const http::CallPtr& call,
                                              bool bound) {
    auto out = std::make_shared<SignedCall>();
    out->call = call;
    CHOPMARK_ASSIGN(out->signed_by, read_signed_headers(*call, context.ports.secrets.stamps, bound,
                                                        context.ports.clock.now()));
    CHOPMARK_ASSIGN(out->body, service::parse_object(call->request.body));
    CHOPMARK_ASSIGN(out->text_digest, id_or_zero<Digest>(out->body, "text_digest"));
    CHOPMARK_TRY(id_or_zero<ClientId>(out->body, "client"));
    out->head.id = out->signed_by.challenge.command;
    out->head.digest = crypto::sha256(message_of(context, *out));
    out->head.issued_at = out->signed_by.challenge.issued_at;
    out->head.caller = {schema::Party::DEVICE, out->signed_by.device.to_bytes()};
    out->head.actor = bound ? Party{schema::Party::CITIZEN, out->account().to_bytes()} : Party();
    out->head.trace = call->trace.trace.array();
    out->head.channel = schema::APP;
    return out;
}

bool verifies(const AppContext& context, const SignedCall& call, ByteView public_key) {
    const auto point = crypto::P256Point::from_bytes(public_key);
    return point && context.ports.verifier.verify_der(*point, message_of(context, call),
                                                      call.signed_by.signature);
}

/// Hands `task` to the work pool, or answers that there is no room.
void post(const AppContext& context, const SharedReply& reply, Task task) {
    if (!context.ports.work.try_post(std::move(task))) {
        reply->fail(Error(runtime::executor_busy, "the work pool is full"));
    }
}

void handle_bound(const AppContext& context, const std::shared_ptr<SignedCall>& call,
                  const SharedReply& reply, const SignedHandler& handler) {
    const citizen::Device* device =
        call->state ? citizen::active_device(*call->state, call->signed_by.device) : nullptr;
    if (device == nullptr || !verifies(context, *call, device->public_key)) {
        reply->fail(Error(call_unauthenticated));
        return;
    }
    reply->vouch();
    call->bound_by = device->bound_by;
    handler(call, reply);
}

http::Route row(RowName name, std::string permission, http::AsyncHandler handler) {
    http::Route out;
    out.method = "POST";
    out.path = std::move(name.path);
    out.name = std::move(name.name);
    out.summary = std::move(name.summary);
    out.permission = std::move(permission);
    out.handler = std::move(handler);
    return out;
}

}  // namespace

std::string header_of(const http::Call& call, std::string_view name) {
    const auto [begin, end] = call.request.headers.equal_range(std::string(name));
    return begin != end && std::next(begin) == end ? begin->second : std::string();
}

Result<SignedHeaders> read_signed_headers(const http::Call& call, const keys::Stamps& stamps,
                                          bool bound, Instant now) {
    SignedHeaders out;
    if (bound) {
        CHOPMARK_ASSIGN(out.account, id_header<AccountId>(call, account_header));
    } else if (call.request.has_header(std::string(account_header))) {
        return Error(call_header_malformed, std::string(account_header));
    }
    CHOPMARK_ASSIGN(out.device, id_header<DeviceId>(call, device_header));
    CHOPMARK_ASSIGN(out.challenge,
                    service::check_challenge(stamps, service::ChallengePurpose::app,
                                             header_of(call, challenge_header), now));
    auto signature = from_base64(header_of(call, signature_header));
    if (!signature || signature->empty() || signature->size() > limits::signature_bytes) {
        return Error(call_header_malformed, std::string(signature_header));
    }
    out.signature = *std::move(signature);
    return out;
}

citizen::DeviceProof SignedCall::proof() const {
    return {signed_by.device, bound_by, signed_by.signature, text_digest,
            signed_by.challenge.issued_at};
}

http::Route signed_row(const AppContext& context, RowName name, SignedHandler handler) {
    return row(
        std::move(name), "app.signed",
        [&context, handler = std::move(handler)](const http::CallPtr& call, http::Reply reply) {
            auto read = read_call(context, call, /*bound=*/true);
            if (!read) {
                reply.fail(read.error());
                return;
            }
            const auto shared = share(std::move(reply));
            const AccountId account = (*read)->account();
            context.ports.commands.look(
                account, [&context, handler, shared, signed_call = *std::move(read)](
                             Result<std::shared_ptr<const citizen::State>> state) {
                    if (!state) {
                        shared->fail(state.error());
                        return;
                    }
                    signed_call->state = *std::move(state);
                    post(context, shared, [&context, handler, shared, signed_call] {
                        handle_bound(context, signed_call, shared, handler);
                    });
                });
        });
}

http::Route candidate_row(const AppContext& context, RowName name, SignedHandler handler) {
    return row(
        std::move(name), "app.candidate",
        [&context, handler = std::move(handler)](const http::CallPtr& call, http::Reply reply) {
            auto read = read_call(context, call, /*bound=*/false);
            if (!read) {
                reply.fail(read.error());
                return;
            }
            const auto shared = share(std::move(reply));
            post(context, shared, [&context, handler, shared, signed_call = *std::move(read)] {
                const auto device = service::object_of(signed_call->body, "device");
                const auto key = device ? service::bytes_of(*device, "public_key") : device.error();
                if (!key || !verifies(context, *signed_call, *key)) {
                    shared->fail(key ? Error(call_unauthenticated) : key.error());
                    return;
                }
                handler(signed_call, shared);
            });
        });
}

void submit(const AppContext& context, const SignedCall& call, const AccountId& account,
            citizen::Command command, runtime::Answer answer) {
    context.ports.commands.submit(account, std::move(command), call.head, std::move(answer));
}

schema::Endpoint endpoint_of(const AppContext& context, const http::Call& call) {
    return context.ports.networks.endpoint(call.request.remote_addr, header_of(call, "User-Agent"),
                                           context.ports.clock.now());
}

}  // namespace chopmark::app
