#include "gateways/app/registration.h"

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

PersonId person_in(const schema::Event& event) {
    if (const auto* made = std::get_if<schema::AccountRegistered>(&event)) {
        return PersonId::from_bytes(made->link().person_id()).value_or(PersonId());
    }
    const auto* raised = std::get_if<schema::AccountUpgraded>(&event);
    return raised == nullptr
               ? PersonId()
               : PersonId::from_bytes(raised->link().person_id()).value_or(PersonId());
}

/// The store blocks, so it is settled in the pool before the citizen is told; with a full pool on
/// the strand, which is better than a record of a password that is not there.
runtime::Answer settling(const AppContext& context, const SharedReply& reply,
                         PasswordChange change) {
    const auto answer = answer_to(context.ports.queries, reply, render_registered);
    const auto kept = std::make_shared<PasswordChange>(std::move(change));
    return [&context, reply, answer, kept](const Result<runtime::Receipt>& outcome) {
        const auto settle = [reply, answer, kept, outcome] {
            // Of an outcome that is not known the record may still come: the verifier stays.
            const bool unknown = !outcome && outcome.error().kind() == Kind::unknown;
            const bool accepted = outcome && !person_in(*outcome->event).is_zero();
            const auto settled = accepted  ? kept->keep_for(person_in(*outcome->event))
                                 : unknown ? Result<void>()
                                           : kept->take_back();
            if (accepted && !settled) {
                reply->fail(settled.error());
                return;
            }
            answer(outcome);
        };
        if (!context.ports.work.try_post(settle)) {
            settle();
        }
    };
}

Result<PasswordChange> store_password(const AppContext& context, const SignedCall& call,
                                      const PersonId& person) {
    CHOPMARK_ASSIGN(std::string password, service::text_of(call.body, "password"));
    return PasswordChange::store(context.ports.passwords, context.options.password,
                                 context.ports.entropy, person, Sensitive(std::move(password)));
}

struct Registration {
    citizen::RegisterAccount command;
    std::optional<PasswordChange> password;
};

Result<Registration> read_registration(const AppContext& context, const SignedCall& call) {
    CHOPMARK_ASSIGN(const std::string channel, service::text_of(call.body, "channel"));
    CHOPMARK_ASSIGN(auto device, new_device_of(context, call));
    CHOPMARK_ASSIGN(const auto card, outside::card_of(call.body));
    Registration out;
    auto& command = out.command;
    Entropy& entropy = context.ports.entropy;
    command.account = draw_account(context.ports.identity.slot_of(card), entropy);
    command.person = entropy.draw<PersonId>();
    command.pairwise_secret = Sensitive(entropy.draw<Digest>().array());
    CHOPMARK_ASSIGN(command.card, context.ports.identity.present(card));
    command.network = endpoint_of(context, *call.call);
    if (channel == "app") {
        CHOPMARK_ASSIGN(auto identity, photo_identity(context, call, card));
        command.by = citizen::ByApp{std::move(identity), std::move(device)};
        return out;
    }
    if (channel != "nfc") {
        return Error(service::json_member, "channel");
    }
    CHOPMARK_ASSIGN(std::string email, service::text_of(call.body, "email"));
    CHOPMARK_ASSIGN(auto identity, chip_identity(context, call, card));
    CHOPMARK_ASSIGN(auto password, store_password(context, call, command.person));
    out.password.emplace(std::move(password));
    command.by =
        citizen::ByNfc{std::move(identity), std::move(device), Sensitive(std::move(email)), true};
    return out;
}

void submit_with_password(const AppContext& context, const CallPtr& call, const AccountId& account,
                          citizen::Command command, std::optional<PasswordChange> password,
                          const SharedReply& reply) {
    runtime::Answer answer = password ? settling(context, reply, *std::move(password))
                                      : answer_to(context.ports.queries, reply, render_registered);
    submit(context, *call, account, std::move(command), std::move(answer));
}

void register_account(const AppContext& context, const CallPtr& call, const SharedReply& reply) {
    auto read = read_registration(context, *call);
    if (!read) {
        reply->fail(read.error());
        return;
    }
    const AccountId account = read->command.account;
    call->head.actor = {schema::Party::CITIZEN, account.to_bytes()};
    submit_with_password(context, call, account, citizen::AccountCommand(std::move(read->command)),
                         std::move(read->password), reply);
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

void upgrade_account(const AppContext& context, const CallPtr& call, const SharedReply& reply) {
    auto command = read_upgrade(context, *call);
    auto password = command ? store_password(context, *call, call->state->account.person)
                            : Result<PasswordChange>(command.error());
    if (!password) {
        reply->fail(password.error());
        return;
    }
    call->head.channel = schema::NFC;
    submit_with_password(context, call, call->account(),
                         citizen::AccountCommand(*std::move(command)), *std::move(password), reply);
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
