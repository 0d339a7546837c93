#include "aggregates/citizen/state.h"
#include "events/schema/event.h"
#include "gateways/app/account_routes.h"
#include "gateways/app/new_device.h"
#include "gateways/app/phone_evidence.h"
#include "gateways/channel/voucher.h"

namespace chopmark::app {
namespace {

using CallPtr = std::shared_ptr<SignedCall>;
using StatePtr = std::shared_ptr<const citizen::State>;

Result<Json> render_bound(const runtime::Receipt& receipt) {
    CHOPMARK_TRY(check_recorded(*receipt.event));
    const auto* bound = std::get_if<schema::DeviceBound>(receipt.event.get());
    if (bound == nullptr) {
        return Json::object();
    }
    return Json{{"account", to_hex(bound->link().head().account_id())},
                {"device", to_hex(bound->link().device_id())},
                {"cooling_off_until", bound->link().cooling_off_until_us() / 1000}};
}

void submit_binding(const AppContext& context, const CallPtr& call, const AccountId& account,
                    citizen::DeviceCommand command, const SharedReply& reply) {
    call->head.actor = {schema::Party::CITIZEN, account.to_bytes()};
    submit(context, *call, account, std::move(command),
           answer_to(context.ports.queries, reply, render_bound));
}

// ---- the first phone
// -----------------------------------------------------------------------------

void bind(const AppContext& context, const CallPtr& call, const SharedReply& reply) {
    const auto text = service::text_of(call->body, "voucher");
    const auto voucher = text ? channel::check_voucher(context.ports.secrets.stamps, *text,
                                                       context.ports.clock.now())
                              : Result<channel::Voucher>(text.error());
    auto device = new_device_of(context, *call);
    if (!voucher || !device) {
        reply->fail(voucher ? device.error() : voucher.error());
        return;
    }
    submit_binding(context, call, voucher->account,
                   citizen::BindDevice{voucher->content, *std::move(device),
                                       endpoint_of(context, *call->call)},
                   reply);
}

// ---- another phone
// -------------------------------------------------------------------------------

/// Everything that needs no account yet.
struct Rebinding {
    citizen::CardFace card;
    citizen::RebindDevice command;
    Sensitive<std::string> password;
};

Result<Rebinding> read_rebinding(const AppContext& context, const SignedCall& call) {
    Rebinding out;
    CHOPMARK_ASSIGN(out.card, outside::card_of(call.body));
    CHOPMARK_ASSIGN(std::string password, service::text_of(call.body, "password"));
    if (password.size() > limits::password_bytes) {
        return Error(service::json_member, "password");
    }
    out.password = Sensitive(std::move(password));
    CHOPMARK_ASSIGN(out.command.device, new_device_of(context, call));
    CHOPMARK_ASSIGN(out.command.card, context.ports.identity.present(out.card));
    citizen::ByPassword by;
    CHOPMARK_ASSIGN(by.identity, chip_identity(context, call, out.card));
    out.command.by = std::move(by);
    out.command.network = endpoint_of(context, *call.call);
    return out;
}

/// Against the verifier that the account's state names.
Result<citizen::PasswordCheck> check_password(const AppContext& context,
                                              const citizen::State& state,
                                              const Sensitive<std::string>& password) {
    citizen::PasswordCheck out;
    out.verifier = state.account.password_verifier.value_or(CommandId());
    if (state.account.password_verifier) {
        CHOPMARK_ASSIGN(const auto verifier,
                        context.ports.passwords.get({state.account.person, out.verifier}));
        if (verifier) {
            CHOPMARK_ASSIGN(out.good, keys::check_password(*verifier, password));
        }
    }
    out.checked_at = context.ports.clock.now();
    return out;
}

void rebind_account(const AppContext& context, const CallPtr& call,
                    const std::shared_ptr<Rebinding>& rebinding, const AccountId& account,
                    const SharedReply& reply) {
    context.ports.commands.look(account, [&context, call, rebinding, account,
                                          reply](const Result<StatePtr>& state) {
        if (!state || !*state) {
            reply->fail(state ? Error(citizen::account_unknown) : state.error());
            return;
        }
        const bool taken =
            context.ports.work.try_post([&context, call, rebinding, account, reply, seen = *state] {
                auto check = check_password(context, *seen, rebinding->password);
                if (!check) {
                    reply->fail(check.error());
                    return;
                }
                std::get<citizen::ByPassword>(rebinding->command.by).password = *check;
                submit_binding(context, call, account, std::move(rebinding->command), reply);
            });
        if (!taken) {
            reply->fail(Error(runtime::executor_busy, "the work pool is full"));
        }
    });
}

/// The account is the body's, or that of the card's holder; who holds a card is told to nobody who
/// did not show it.
void rebind(const AppContext& context, const CallPtr& call, const SharedReply& reply) {
    auto read = read_rebinding(context, *call);
    if (!read) {
        reply->fail(read.error());
        return;
    }
    const auto rebinding = std::make_shared<Rebinding>(*std::move(read));
    if (service::has(call->body, "account")) {
        const auto account = service::id_of<AccountId>(call->body, "account");
        if (!account || slot_of(*account) != context.ports.identity.slot_of(rebinding->card)) {
            reply->fail(account ? Error(citizen::other_card) : account.error());
            return;
        }
        rebind_account(context, call, rebinding, *account, reply);
        return;
    }
    const auto& chip = std::get<citizen::ByPassword>(rebinding->command.by).identity.chip;
    if (!chip.issuer_signature_good || !chip.answered) {
        reply->fail(Error(citizen::chip_not_genuine));
        return;
    }
    context.ports.commands.look_card(
        context.ports.identity.slot_of(rebinding->card), rebinding->command.card.token,
        [&context, call, rebinding,
         reply](const Result<std::shared_ptr<const citizen::CardHolder>>& holder) {
            if (!holder || !*holder) {
                reply->fail(holder ? Error(citizen::account_unknown) : holder.error());
                return;
            }
            rebind_account(context, call, rebinding, (*holder)->account, reply);
        });
}

}  // namespace

std::vector<http::Route> binding_routes(const AppContext& context) {
    http::Route first = candidate_row(
        context, {"/app/v1/devices/bind", "app.device.bind", "Binds the first phone by a voucher"},
        [&context](const CallPtr& call, const SharedReply& reply) { bind(context, call, reply); });
    http::Route other = candidate_row(context,
                                      {"/app/v1/devices/rebind", "app.device.rebind",
                                       "Takes over from another phone by password, chip and face"},
                                      [&context](const CallPtr& call, const SharedReply& reply) {
                                          rebind(context, call, reply);
                                      });
    other.body_limit_bytes = image_body_bytes;
    return {std::move(first), std::move(other)};
}

}  // namespace chopmark::app
