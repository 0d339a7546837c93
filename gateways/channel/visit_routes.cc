#include "gateways/channel/visit_routes.h"

#include "aggregates/citizen/state.h"
#include "events/schema/event.h"
#include "gateways/app/new_device.h"
#include "gateways/app/password_change.h"
#include "gateways/app/registration.h"
#include "gateways/channel/voucher.h"

namespace chopmark::channel {
namespace {

using app::check_recorded;
using app::Render;
using app::SharedReply;
using CallPtr = std::shared_ptr<TerminalCall>;
using Visit = citizen::AtTerminal;

void submit(const ChannelContext& context, const TerminalCall& call, const AccountId& account,
            citizen::Command command, const SharedReply& reply,
            Render render = app::render_nothing) {
    CommandHead head = call.head;
    if (head.actor.id.empty()) {
        head.actor = {schema::Party::CITIZEN, account.to_bytes()};
    }
    context.ports.commands.submit(account, std::move(command), std::move(head),
                                  app::answer_to(context.ports.queries, reply, std::move(render)));
}

// ---- registration
// --------------------------------------------------------------------------------

Result<Json> render_registered(const ChannelContext& context, const TerminalId& terminal,
                               const runtime::Receipt& receipt) {
    CHOPMARK_TRY(check_recorded(*receipt.event));
    const auto* made = std::get_if<schema::AccountRegistered>(receipt.event.get());
    const auto account =
        made != nullptr ? AccountId::from_bytes(made->link().head().account_id()) : std::nullopt;
    if (!account) {
        return Json::object();
    }
    const Voucher voucher{*account, {receipt.event_id, terminal, receipt.recorded_at}};
    return Json{{"account", account->hex()},
                {"grade", app::grade_name(made->leaf().grade())},
                {"voucher", issue_voucher(context.ports.secrets.stamps, voucher)},
                {"voucher_until_at", (receipt.recorded_at + limits::device_voucher_life).millis()}};
}

void register_account(const ChannelContext& context, const CallPtr& call, Visit visit,
                      const SharedReply& reply) {
    Entropy& entropy = context.ports.entropy;
    citizen::RegisterAccount command;
    command.account =
        app::draw_account(context.ports.identity.slot_of(visit.card.face.reveal()), entropy);
    command.person = entropy.draw<PersonId>();
    command.pairwise_secret = Sensitive(entropy.draw<Digest>().array());
    command.card = std::move(visit.card);
    command.network = endpoint_of(context, *call->call);
    if (auto* kiosk = std::get_if<citizen::KioskIdentity>(&visit.identity)) {
        command.by = citizen::ByKiosk{std::move(*kiosk)};
    } else {
        command.by =
            citizen::ByStaff{std::get<citizen::StaffedIdentity>(std::move(visit.identity))};
    }
    const AccountId account = command.account;
    submit(context, *call, account, citizen::AccountCommand(std::move(command)), reply,
           [&context, terminal = call->signers.terminal.id](const runtime::Receipt& receipt) {
               return render_registered(context, terminal, receipt);
           });
}

// ---- accounts that are there
// ---------------------------------------------------------------------

void upgrade(const ChannelContext& context, const CallPtr& call, const AccountId& account,
             const Visit& visit, const SharedReply& reply) {
    citizen::UpgradeAccount command;
    command.card = visit.card;
    std::visit([&](const auto& identity) { command.by = identity; }, visit.identity);
    command.network = endpoint_of(context, *call->call);
    submit(context, *call, account, citizen::AccountCommand(std::move(command)), reply);
}

void resume(const ChannelContext& context, const CallPtr& call, const AccountId& account,
            const Visit& visit, const SharedReply& reply) {
    submit(context, *call, account, citizen::AccountCommand(citizen::ResumeAccount{visit}), reply);
}

void close(const ChannelContext& context, const CallPtr& call, const AccountId& account,
           const Visit& visit, const SharedReply& reply) {
    submit(context, *call, account,
           citizen::AccountCommand(citizen::CloseAccount{citizen::Closure::citizen_wish, visit}),
           reply);
}

using StatePtr = std::shared_ptr<const citizen::State>;

/// Back in the work pool, with the account's accepted state.
void with_state(const ChannelContext& context, const AccountId& account, const SharedReply& reply,
                std::function<void(const StatePtr&)> act) {
    context.ports.commands.look(
        account, [&context, reply, act = std::move(act)](const Result<StatePtr>& state) {
            if (!state || !*state) {
                reply->fail(state ? Error(citizen::account_unknown) : state.error());
                return;
            }
            if (!context.ports.work.try_post([act, seen = *state] { act(seen); })) {
                reply->fail(Error(runtime::executor_busy, "the work pool is full"));
            }
        });
}

void set_password(const ChannelContext& context, const CallPtr& call, const AccountId& account,
                  const Visit& visit, const SharedReply& reply) {
    with_state(
        context, account, reply, [&context, call, account, visit, reply](const StatePtr& state) {
            const auto& ports = context.ports;
            const app::PasswordDesk desk{ports.passwords, context.password, ports.clock,
                                         ports.entropy, ports.work};
            auto password = service::text_of(call->body, "password");
            const auto change =
                password ? app::PasswordChange::store(desk, {state->account.person, call->head.id},
                                                      Sensitive(*std::move(password)))
                         : Result<app::PasswordChange>(password.error());
            if (!change) {
                reply->fail(change.error());
                return;
            }
            ports.commands.submit(
                account, citizen::AccountCommand(citizen::SetPassword{visit}), call->head,
                change->tidying(app::answer_to(ports.queries, reply, app::render_nothing)));
        });
}

// ---- phones
// --------------------------------------------------------------------------------------

Result<citizen::NewDevice> read_device(const ChannelContext& context, const TerminalCall& call) {
    CHOPMARK_ASSIGN(auto out,
                    app::read_new_device(call.body, {context.ports.ring, context.ports.attestation,
                                                     context.ports.clock.now()}));
    CHOPMARK_ASSIGN(out.signature, service::bytes_of(call.body, "device_signature"));
    const std::string challenge = app::header_of(*call.call, app::challenge_header);
    service::SignedMessage message;
    message.signer = service::Signer::device;
    message.environment = context.ports.secrets.environment;
    message.command = call.call->route->name;
    message.challenge = challenge;
    const auto point = crypto::P256Point::from_bytes(out.public_key);
    if (!point || !context.ports.verifier.verify_der(*point, service::signed_message(message),
                                                     out.signature)) {
        return Error(terminal_unauthenticated, "device_signature");
    }
    out.made_at = call.signers.challenge.issued_at;
    return out;
}

void rebind(const ChannelContext& context, const CallPtr& call, const AccountId& account,
            const Visit& visit, const SharedReply& reply) {
    auto device = read_device(context, *call);
    if (!device) {
        reply->fail(device.error());
        return;
    }
    citizen::RebindDevice command;
    std::visit([&](const auto& identity) { command.by = identity; }, visit.identity);
    command.card = visit.card;
    command.device = *std::move(device);
    command.network = endpoint_of(context, *call->call);
    submit(context, *call, account, citizen::DeviceCommand(std::move(command)), reply,
           [account](const runtime::Receipt& receipt) -> Result<Json> {
               CHOPMARK_TRY(check_recorded(*receipt.event));
               return Json{{"account", account.hex()}};
           });
}

/// Member `device`, or the phone that is bound.
void revoke(const ChannelContext& context, const CallPtr& call, const AccountId& account,
            const Visit& visit, const SharedReply& reply) {
    with_state(
        context, account, reply, [&context, call, account, visit, reply](const StatePtr& state) {
            citizen::RevokeDevice command{{}, visit};
            if (service::has(call->body, "device")) {
                const auto device = service::id_of<DeviceId>(call->body, "device");
                if (!device) {
                    reply->fail(device.error());
                    return;
                }
                command.device = *device;
            } else if (const auto* current = citizen::current_device(*state)) {
                command.device = current->id;
            }
            submit(context, *call, account, citizen::DeviceCommand(std::move(command)), reply);
        });
}

// ---- rows
// ----------------------------------------------------------------------------------------

using Act = void (*)(const ChannelContext&, const CallPtr&, const AccountId&, const Visit&,
                     const SharedReply&);

struct VisitRow {
    const char* path;
    const char* name;
    const char* summary;
    Act act;
};

constexpr VisitRow rows[] = {
    {"/channel/v1/upgrades", "channel.upgrade", "Raises an account to grade sign", upgrade},
    {"/channel/v1/accounts/resume", "channel.account.resume", "Lifts a suspension", resume},
    {"/channel/v1/accounts/close", "channel.account.close", "Closes an account", close},
    {"/channel/v1/accounts/password", "channel.account.password", "Sets the password",
     set_password},
    {"/channel/v1/devices/rebind", "channel.device.rebind", "Puts another phone on", rebind},
    {"/channel/v1/devices/revoke", "channel.device.revoke", "Takes the phone off", revoke},
};

http::Route registration_row(const ChannelContext& context) {
    return terminal_row(context, "/channel/v1/registrations", "channel.registration",
                        "Makes an account; the answer has the voucher for its first phone",
                        [&context](const CallPtr& call, const SharedReply& reply) {
                            auto visit = read_visit(context, *call);
                            if (!visit) {
                                reply->fail(visit.error());
                                return;
                            }
                            register_account(context, call, *std::move(visit), reply);
                        });
}

http::Route visit_row(const ChannelContext& context, const VisitRow& row) {
    return terminal_row(context, row.path, row.name, row.summary,
                        [&context, act = row.act](const CallPtr& call, const SharedReply& reply) {
                            auto visit = read_visit(context, *call);
                            if (!visit) {
                                reply->fail(visit.error());
                                return;
                            }
                            const auto shown = std::make_shared<const Visit>(*std::move(visit));
                            find_account(
                                context, call, *shown, reply,
                                [&context, act, call, shown, reply](const AccountId& account) {
                                    act(context, call, account, *shown, reply);
                                });
                        });
}

}  // namespace

std::vector<http::Route> visit_routes(const ChannelContext& context) {
    std::vector<http::Route> out{registration_row(context)};
    for (const VisitRow& row : rows) {
        out.push_back(visit_row(context, row));
    }
    return out;
}

}  // namespace chopmark::channel
