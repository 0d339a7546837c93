#include "gateways/app/registration.h"

#include "aggregates/citizen/account_register.h"
#include "aggregates/citizen/state.h"
#include "events/schema/event.h"
#include "gateways/app/new_device.h"
#include "gateways/app/password_change.h"
#include "gateways/app/phone_evidence.h"

namespace chopmark::app {
namespace {

using CallPtr = std::shared_ptr<SignedCall>;

Result<Json> render_registered(const runtime::Receipt& receipt) {
    CHOPMARK_TRY(check_recorded(*receipt.event));
    Json body;
    if (const auto* made = std::get_if<schema::AccountRegistered>(receipt.event.get())) {
        body["account"] = to_hex(made->link().head().account_id());
        body["grade"] = grade_name(made->leaf().grade());
        body["device"] = to_hex(made->link().device_id());
        body["attestation"] = made->link().attestation_level();
    } else if (const auto* raised = std::get_if<schema::AccountUpgraded>(receipt.event.get())) {
        body["account"] = to_hex(raised->link().head().account_id());
        body["grade"] = grade_name(raised->leaf().grade());
    }
    return body;
}

PasswordDesk desk_of(const AppContext& context) {
    return {context.ports.passwords, context.options.password, context.ports.clock,
            context.ports.entropy, context.ports.work};
}

/// `password` is what the command brings, if it brings one.
void submit_with_password(const AppContext& context, const CallPtr& call, const AccountId& account,
                          citizen::AccountCommand command,
                          const std::optional<PasswordChange>& password, const SharedReply& reply) {
    runtime::Answer answer = answer_to(context.ports.queries, reply, render_registered);
    submit(context, *call, account, citizen::Command(std::move(command)),
           password ? password->tidying(std::move(answer)) : std::move(answer));
}

struct Registration {
    citizen::RegisterAccount command;
    citizen::CardFace card;
    std::optional<Sensitive<std::string>> password;
};

Result<Registration> read_registration(const AppContext& context, const SignedCall& call) {
    CHOPMARK_ASSIGN(const std::string channel, service::text_of(call.body, "channel"));
    CHOPMARK_ASSIGN(auto device, new_device_of(context, call));
    Registration out;
    CHOPMARK_ASSIGN(out.card, outside::card_of(call.body));
    auto& command = out.command;
    Entropy& entropy = context.ports.entropy;
    command.account = draw_account(context.ports.identity.slot_of(out.card), entropy);
    command.person = entropy.draw<PersonId>();
    command.pairwise_secret = Sensitive(entropy.draw<Digest>().array());
    CHOPMARK_ASSIGN(command.card, context.ports.identity.present(out.card));
    command.network = endpoint_of(context, *call.call);
    if (channel == "app") {
        CHOPMARK_ASSIGN(auto identity, photo_identity(context, call, out.card));
        command.by = citizen::ByApp{std::move(identity), std::move(device)};
        return out;
    }
    if (channel != "nfc") {
        return Error(service::json_member, "channel");
    }
    CHOPMARK_ASSIGN(std::string email, service::text_of(call.body, "email"));
    CHOPMARK_ASSIGN(std::string password, service::text_of(call.body, "password"));
    CHOPMARK_ASSIGN(auto identity, chip_identity(context, call, out.card));
    out.password.emplace(std::move(password));
    command.by =
        citizen::ByNfc{std::move(identity), std::move(device), Sensitive(std::move(email)), true};
    return out;
}

using RegistrationPtr = std::shared_ptr<Registration>;

/// The verifier lies under the person whom the record will name: the card's earlier holder, if it
/// had one.
void store_and_register(const AppContext& context, const CallPtr& call,
                        const RegistrationPtr& registration, const citizen::CardHolder* holder,
                        const SharedReply& reply) {
    auto& command = registration->command;
    if (holder != nullptr) {
        command.person = holder->person;
        command.pairwise_secret = Sensitive(citizen::earlier_secret);
    }
    auto change = PasswordChange::store(desk_of(context), {command.person, call->head.id},
                                        *registration->password);
    if (!change) {
        reply->fail(change.error());
        return;
    }
    const AccountId account = command.account;
    submit_with_password(context, call, account, std::move(command), *change, reply);
}

void register_by_chip(const AppContext& context, const CallPtr& call,
                      const RegistrationPtr& registration, const SharedReply& reply) {
    const auto& command = registration->command;
    const auto& chip = std::get<citizen::ByNfc>(command.by).identity.chip;
    if (!chip.issuer_signature_good || !chip.answered) {
        // Will be refused, and recorded as such. Who did not show the card gets nothing stored, and
        // nobody is looked up for.
        const AccountId account = command.account;
        registration->command.pairwise_secret = Sensitive(citizen::earlier_secret);
        submit_with_password(context, call, account, std::move(registration->command), {}, reply);
        return;
    }
    context.ports.commands.look_card(
        context.ports.identity.slot_of(registration->card), command.card.token,
        [&context, call, registration,
         reply](const Result<std::shared_ptr<const citizen::CardHolder>>& holder) {
            if (!holder) {
                reply->fail(holder.error());
                return;
            }
            const bool taken =
                context.ports.work.try_post([&context, call, registration, reply, seen = *holder] {
                    store_and_register(context, call, registration, seen.get(), reply);
                });
            if (!taken) {
                reply->fail(Error(runtime::executor_busy, "the work pool is full"));
            }
        });
}

void register_account(const AppContext& context, const CallPtr& call, const SharedReply& reply) {
    auto read = read_registration(context, *call);
    if (!read) {
        reply->fail(read.error());
        return;
    }
    const auto registration = std::make_shared<Registration>(*std::move(read));
    const AccountId account = registration->command.account;
    call->head.actor = {schema::Party::CITIZEN, account.to_bytes()};
    if (registration->password) {
        register_by_chip(context, call, registration, reply);
        return;
    }
    submit_with_password(context, call, account, std::move(registration->command), {}, reply);
}

Result<citizen::UpgradeAccount> read_upgrade(const AppContext& context, const SignedCall& call) {
    CHOPMARK_ASSIGN(const auto card, outside::card_of(call.body));
    citizen::UpgradeAccount command;
    CHOPMARK_ASSIGN(command.card, context.ports.identity.present(card));
    citizen::UpgradeByNfc by;
    by.proof = call.proof();
    CHOPMARK_ASSIGN(by.identity, chip_identity(context, call, card));
    CHOPMARK_ASSIGN(std::string email, service::text_of(call.body, "email"));
    by.email = Sensitive(std::move(email));
    by.password_stored = true;
    command.by = std::move(by);
    command.network = endpoint_of(context, *call.call);
    return command;
}

Result<PasswordChange> store_password(const AppContext& context, const SignedCall& call,
                                      const PersonId& person) {
    CHOPMARK_ASSIGN(std::string password, service::text_of(call.body, "password"));
    return PasswordChange::store(desk_of(context), {person, call.head.id},
                                 Sensitive(std::move(password)));
}

void upgrade_account(const AppContext& context, const CallPtr& call, const SharedReply& reply) {
    auto command = read_upgrade(context, *call);
    const auto password = command ? store_password(context, *call, call->state->account.person)
                                  : Result<PasswordChange>(command.error());
    if (!password) {
        reply->fail(password.error());
        return;
    }
    call->head.channel = schema::NFC;
    submit_with_password(context, call, call->account(), *std::move(command), *password, reply);
}

}  // namespace

AccountId draw_account(Slot slot, Entropy& entropy) {
    ByteArray<AccountId::size> bytes = entropy.draw<AccountId>().array();
    bytes[0] = static_cast<std::uint8_t>(slot.value() >> 2);
    bytes[1] = static_cast<std::uint8_t>((slot.value() & 3U) << 6 | (bytes[1] & 0x3fU));
    return AccountId(bytes);
}

std::string_view grade_name(schema::Grade grade) {
    return grade == schema::SIGN ? "sign" : "default";
}

std::vector<http::Route> registration_routes(const AppContext& context) {
    http::Route make =
        candidate_row(context,
                      {"/app/v1/registrations", "app.registration",
                       "Makes an account, by photograph (channel app) or by chip (channel nfc)"},
                      [&context](const CallPtr& call, const SharedReply& reply) {
                          register_account(context, call, reply);
                      });
    http::Route raise = signed_row(context,
                                   {"/app/v1/account/upgrade", "app.account.upgrade",
                                    "Raises an account to grade sign by the card's chip"},
                                   [&context](const CallPtr& call, const SharedReply& reply) {
                                       upgrade_account(context, call, reply);
                                   });
    make.body_limit_bytes = raise.body_limit_bytes = image_body_bytes;
    return {std::move(make), std::move(raise)};
}

}  // namespace chopmark::app
