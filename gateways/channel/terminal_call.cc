#include "gateways/channel/terminal_call.h"

#include "aggregates/citizen/account.h"
#include "events/crypto/digest.h"
#include "gateways/app/signed_call.h"

namespace chopmark::channel {
namespace {

using app::header_of;
using app::SharedReply;
using CallPtr = std::shared_ptr<TerminalCall>;

constexpr std::size_t shift_bytes = 64;

std::string message_of(const ChannelPorts& ports, const http::Call& call, service::Signer signer) {
    const std::string challenge = header_of(call, app::challenge_header);
    service::SignedMessage message;
    message.signer = signer;
    message.environment = ports.secrets.environment;
    message.command = call.route->name;
    message.challenge = challenge;
    message.body = call.request.body;
    return service::signed_message(message);
}

Result<void> verify(const ChannelPorts& ports, const http::Call& call, service::Signer signer,
                    std::string_view header, ByteView public_key) {
    const auto signature = from_base64(header_of(call, header));
    if (!signature || signature->empty() || signature->size() > limits::signature_bytes) {
        return Error(terminal_header_malformed, std::string(header));
    }
    const auto point = crypto::P256Point::from_bytes(public_key);
    if (!point || !ports.verifier.verify_der(*point, message_of(ports, call, signer), *signature)) {
        return terminal_unauthenticated;
    }
    return {};
}

schema::Channel channel_of(schema::TerminalKind kind) {
    switch (kind) {
        case schema::TERMINAL_KIND_KIOSK:
            return schema::KIOSK;
        case schema::TERMINAL_KIND_MOBILE_TEAM:
            return schema::MOBILE_TEAM;
        default:
            return schema::COUNTER;
    }
}

Result<CallPtr> read_call(const ChannelContext& context, const http::CallPtr& call) {
    auto out = std::make_shared<TerminalCall>();
    out->call = call;
    CHOPMARK_ASSIGN(out->signers, verify_terminal(context.ports, *call));
    CHOPMARK_ASSIGN(out->body, service::parse_object(call->request.body));
    const TerminalSigners& by = out->signers;
    out->head.id = by.challenge.command;
    out->head.digest = crypto::sha256(message_of(context.ports, *call, service::Signer::terminal));
    out->head.issued_at = by.challenge.issued_at;
    out->head.caller = {schema::Party::TERMINAL, by.terminal.id.to_bytes()};
    out->head.actor = by.op ? Party{schema::Party::OPERATOR, by.op->id.to_bytes()} : Party();
    out->head.trace = call->trace.trace.array();
    out->head.channel = channel_of(by.terminal.kind);
    return out;
}

void post(const ChannelContext& context, const SharedReply& reply, Task task) {
    if (!context.ports.work.try_post(std::move(task))) {
        reply->fail(Error(runtime::executor_busy, "the work pool is full"));
    }
}

Result<citizen::TerminalProof> terminal_proof(const TerminalCall& call) {
    citizen::TerminalProof out;
    out.terminal = call.signers.terminal.id;
    out.public_key = call.signers.terminal.public_key;
    CHOPMARK_ASSIGN(out.shift, service::text_or_empty(call.body, "shift"));
    if (out.shift.size() > shift_bytes) {
        return Error(service::json_member, "shift");
    }
    out.made_at = call.signers.challenge.issued_at;
    return out;
}

Result<citizen::OperatorProof> operator_proof(const TerminalCall& call) {
    if (!call.signers.op) {
        return operator_missing;
    }
    citizen::OperatorProof out;
    out.op = call.signers.op->id;
    out.public_key = call.signers.op->public_key;
    CHOPMARK_ASSIGN(out.same_face, service::flag_of(call.body, "same_face"));
    out.made_at = call.signers.challenge.issued_at;
    return out;
}

const citizen::ChipCheck& chip_of(const citizen::AtTerminal& visit) {
    return std::visit([](const auto& one) -> const citizen::ChipCheck& { return one.chip; },
                      visit.identity);
}

}  // namespace

Result<TerminalSigners> verify_terminal(const ChannelPorts& ports, const http::Call& call) {
    TerminalSigners out;
    const auto id = TerminalId::from_hex(header_of(call, "Chopmark-Terminal"));
    if (!id) {
        return Error(terminal_header_malformed, "Chopmark-Terminal");
    }
    CHOPMARK_ASSIGN(out.challenge, service::check_challenge(
                                       ports.secrets.stamps, service::ChallengePurpose::channel,
                                       header_of(call, app::challenge_header), ports.clock.now()));
    const auto control = ports.control.latest();
    const auto* terminal = control::find_terminal(*control->state, *id);
    if (terminal == nullptr || terminal->standing == control::Enrolment::withdrawn) {
        return terminal_unauthenticated;
    }
    CHOPMARK_TRY(verify(ports, call, service::Signer::terminal, app::signature_header,
                        terminal->public_key));
    out.terminal = *terminal;
    if (!call.request.has_header("Chopmark-Operator")) {
        return out;
    }
    const auto op = OperatorId::from_hex(header_of(call, "Chopmark-Operator"));
    const auto* known = op ? control::find_operator(*control->state, *op) : nullptr;
    if (known == nullptr) {
        return terminal_unauthenticated;
    }
    CHOPMARK_TRY(
        verify(ports, call, service::Signer::op, "Chopmark-Operator-Signature", known->public_key));
    out.op = *known;
    return out;
}

http::Route terminal_row(const ChannelContext& context, std::string path, std::string name,
                         std::string summary, TerminalHandler handler) {
    http::Route row;
    row.method = "POST";
    row.path = std::move(path);
    row.name = std::move(name);
    row.summary = std::move(summary);
    row.permission = "channel.terminal";
    row.body_limit_bytes = app::image_body_bytes;
    row.handler = [&context, handler = std::move(handler)](const http::CallPtr& call,
                                                           http::Reply reply) {
        const auto shared = app::share(std::move(reply));
        post(context, shared, [&context, handler, call, shared] {
            auto read = read_call(context, call);
            if (!read) {
                shared->fail(read.error());
                return;
            }
            handler(*read, shared);
        });
    };
    return row;
}

Result<citizen::AtTerminal> read_visit(const ChannelContext& context, const TerminalCall& call) {
    const auto& identity = context.ports.identity;
    CHOPMARK_ASSIGN(const auto card, outside::card_of(call.body));
    CHOPMARK_ASSIGN(const auto reading, outside::chip_of(call.body));
    CHOPMARK_ASSIGN(auto terminal, terminal_proof(call));
    citizen::AtTerminal out;
    CHOPMARK_ASSIGN(out.card, identity.present(card));
    const auto chip = identity.check_chip(call.signers.challenge, card, reading);
    const bool kiosk = call.signers.terminal.kind == schema::TERMINAL_KIND_KIOSK;
    if (!kiosk) {
        CHOPMARK_ASSIGN(auto op, operator_proof(call));
        auto registered = identity.ask_register(call.head.id, card);
        CHOPMARK_TRY(outside::check_reached(registered));
        out.identity = citizen::StaffedIdentity{std::move(terminal), std::move(op), chip,
                                                std::move(registered)};
        return out;
    }
    CHOPMARK_ASSIGN(const auto selfie,
                    outside::image_of(call.body, "selfie", limits::selfie_bytes));
    auto registered = identity.ask_register(call.head.id, card);
    CHOPMARK_TRY(outside::check_reached(registered));
    auto face = identity.compare(call.head.id, card, selfie, outside::picture_reference(card));
    CHOPMARK_TRY(outside::check_reached(face));
    out.identity =
        citizen::KioskIdentity{std::move(terminal), chip, std::move(face), std::move(registered)};
    return out;
}

void find_account(const ChannelContext& context, const CallPtr& call,
                  const citizen::AtTerminal& visit, const SharedReply& reply,
                  std::function<void(const AccountId&)> found) {
    const Slot slot = context.ports.identity.slot_of(visit.card.face.reveal());
    if (service::has(call->body, "account")) {
        const auto account = service::id_of<AccountId>(call->body, "account");
        if (!account || slot_of(*account) != slot) {
            reply->fail(account ? Error(citizen::other_card) : account.error());
            return;
        }
        found(*account);
        return;
    }
    const citizen::ChipCheck& chip = chip_of(visit);
    if (!chip.issuer_signature_good || !chip.answered) {
        reply->fail(Error(citizen::chip_not_genuine));
        return;
    }
    context.ports.commands.look_card(
        slot, visit.card.token,
        [&context, reply, found = std::move(found)](
            const Result<std::shared_ptr<const citizen::CardHolder>>& holder) {
            if (!holder || !*holder) {
                reply->fail(holder ? Error(citizen::account_unknown) : holder.error());
                return;
            }
            post(context, reply, [found, account = (*holder)->account] { found(account); });
        });
}

schema::Endpoint endpoint_of(const ChannelContext& context, const http::Call& call) {
    return context.ports.networks.endpoint(call.request.remote_addr, header_of(call, "User-Agent"),
                                           context.ports.clock.now());
}

}  // namespace chopmark::channel
