// The steps of a World around what online services ask for beyond a login: signatures, step-ups,
// and requests that nobody is named in until a citizen claims them.
#include "events/crypto/digest.h"
#include "events/schema/event.h"
#include "ops/owed_answers.h"
#include "tests/simulation/world.h"

namespace chopmark::test {
namespace {

schema::SignatureSubject document(bool wants_face) {
    schema::SignatureSubject subject;
    subject.set_document_digest(crypto::sha256("document").to_bytes());
    subject.set_algorithm("SHA256withRSA");
    subject.set_text_digest(crypto::sha256("text").to_bytes());
    subject.set_document_name("Lease");
    if (wants_face) {
        subject.set_step_up_method(std::string(citizen::step_up_face));
    }
    return subject;
}

Json answer_body(const RequestId& id, const ClientId& client) {
    return {{"request", id.hex()},
            {"client", client.hex()},
            {"text_digest", crypto::sha256("text").hex()}};
}

std::string selfie_of(const TestPhone& phone, std::uint32_t match) {
    return to_base64(outside::sandbox_selfie(phone.card.number, match, 900));
}

}  // namespace

Json World::chip_of(const TestPhone& phone, const std::string& challenge) const {
    const auto chip = outside::sandbox_chip(phone.card, *from_base64(challenge));
    return {{"issuer_signature", to_base64(chip.issuer_signature)},
            {"chip_key", to_base64(chip.chip_key)},
            {"answer", to_base64(chip.answer)}};
}

void World::ask_signature() {
    EventId token;
    ClientId client;
    const AccountId* account = newest_token(token, client);
    if (account == nullptr) {
        return;
    }
    citizen::AskSignature command;
    command.head = request_head(client, token);
    command.kind = chance(70) ? schema::SIGNATURE_KIND_HASH : schema::SIGNATURE_KIND_PDF;
    command.subject = Sensitive(document(chance(30)));
    schema::SignatureDelivery delivery;
    delivery.set_business_id("S" + std::to_string(commands_));
    command.delivery = Sensitive(delivery);
    signatures_.push_back({*account, client, command.head.business_id});
    submit(*account, citizen::SignatureCommand(std::move(command)), head_of(client));
}

void World::ask_step_up() {
    EventId token;
    ClientId client;
    const AccountId* account = newest_token(token, client);
    if (account == nullptr) {
        return;
    }
    citizen::AskStepUp command;
    command.head = request_head(client, token);
    command.methods = {schema::STEP_UP_METHOD_FACE};
    if (chance(50)) {
        command.methods.push_back(schema::STEP_UP_METHOD_NFC);
    }
    command.text_digest = crypto::sha256("text");
    submit(*account, citizen::StepUpCommand(std::move(command)), head_of(client));
}

/// The first signature or step-up that is open.
void World::answer_request() {
    TestPhone& phone = *any(phones_);
    const auto state = state_of(phone);
    for (const auto& [id, request] : state->requests.requests) {
        if (!request.open() || request.subject == citizen::RequestSubject::consent || chance(10)) {
            continue;
        }
        if (request.subject == citizen::RequestSubject::signature) {
            answer_signature(phone, id, request);
        } else {
            answer_step_up(phone, id, request);
        }
        return;
    }
}

void World::answer_signature(TestPhone& phone, const RequestId& id,
                             const citizen::Request& request) {
    Json body = answer_body(id, request.client);
    if (chance(15)) {
        phone.act("app.signature.refuse", "/app/v1/signatures/refuse", body);
        return;
    }
    if (chance(70)) {
        body["selfie"] = selfie_of(phone, chance(90) ? 900 : 100);
    }
    phone.act("app.signature.approve", "/app/v1/signatures/approve", body);
}

void World::answer_step_up(TestPhone& phone, const RequestId& id, const citizen::Request& request) {
    Json body = answer_body(id, request.client);
    if (chance(15)) {
        phone.act("app.step_up.refuse", "/app/v1/step-ups/refuse", body);
        return;
    }
    const std::string challenge = bench_.challenge(service::ChallengePurpose::app);
    body["selfie"] = selfie_of(phone, chance(80) ? 900 : 100);
    body["chip"] = chip_of(phone, challenge);
    phone.send("app.step_up.pass", "/app/v1/step-ups/pass", body, challenge, body);
}

/// ackResult of a signature that was asked for, made or not.
void World::acknowledge() {
    if (signatures_.empty()) {
        return;
    }
    const std::size_t newest = std::min<std::size_t>(signatures_.size(), 6);
    const AskedSignature& asked = signatures_[signatures_.size() - 1 - below(newest)];
    citizen::AcknowledgeSignature command{asked.client, asked.business_id,
                                          schema::SIGNING_RESULT_ACCEPTED};
    submit(asked.account, citizen::SignatureCommand(command), head_of(asked.client));
}

// ---- anonymous requests

/// The request's own id is the address of its slot.
void World::ask_anonymously() {
    Anonymous asked;
    asked.request = bench_.entropy.draw<RequestId>();
    asked.client = any(services_);
    asked.business_id = bench_.entropy.draw<citizen::BusinessIdToken>();
    asked.signing = chance(50);
    citizen::OpenRequest command{asked.request, asked.client, asked.business_id, {}};
    using Content = std::variant<citizen::FormFillingContent, citizen::SigningContent>;
    if (asked.signing) {
        citizen::SigningContent content;
        content.kind = schema::SIGNATURE_KIND_HASH;
        content.subject = document(false);
        content.card_token = "keyed";
        command.content = Sensitive<Content>(std::move(content));
    } else {
        citizen::FormFillingContent content;
        content.field_names = {"enName"};
        content.delivery.set_text("text");
        command.content = Sensitive<Content>(std::move(content));
    }
    anonymous_.push_back(asked);
    submit(AccountId(asked.request.array()), citizen::AnonymousCommand(std::move(command)),
           head_of(asked.client));
}

/// Somebody scans it, or nobody does in time.
void World::claim_anonymous() {
    if (anonymous_.empty()) {
        return;
    }
    const std::size_t newest = std::min<std::size_t>(anonymous_.size(), 4);
    const Anonymous& asked = anonymous_[anonymous_.size() - 1 - below(newest)];
    const AccountId address(asked.request.array());
    if (chance(20)) {
        submit(address, citizen::AnonymousCommand(citizen::ExpireOpenRequest{asked.request}),
               head({schema::Party::TIMER, {}}, schema::PLATFORM_TIMER));
        return;
    }
    citizen::ClaimRequest command{asked.request, any(phones_)->account, std::nullopt};
    if (asked.signing) {
        command.card_matches = chance(80);
    }
    submit(address, citizen::AnonymousCommand(command),
           head({schema::Party::CITIZEN, command.claimer.to_bytes()}, schema::APP));
}

/// Receipts of both say what the follow-up needs, those that were given again too.
void World::learn_claim(const AskedCommand&, const runtime::Receipt& receipt) {
    const auto find = [this](const auto& event) {
        const auto id = RequestId::from_bytes(event.link().request_id());
        return std::find_if(anonymous_.begin(), anonymous_.end(),
                            [&](const Anonymous& one) { return one.request == id; });
    };
    if (const auto* opened = std::get_if<schema::RequestOpened>(&*receipt.event)) {
        if (const auto at = find(*opened); at != anonymous_.end()) {
            at->due = Instant::from_micros(opened->link().due_us());
        }
        return;
    }
    const auto* claimed = std::get_if<schema::RequestClaimed>(&*receipt.event);
    if (claimed == nullptr || claimed->leaf().head().outcome() != schema::DONE) {
        return;
    }
    if (const auto at = find(*claimed); at != anonymous_.end()) {
        const auto claimer = AccountId::from_bytes(claimed->link().claimer_account_id());
        at->claimed.emplace(receipt.event_id, claimer.value());
    }
}

/// The follow-up of a claim, sent again and again: the request opens in its claimer's slot once.
void World::open_claimed() {
    std::vector<const Anonymous*> claimed;
    for (const Anonymous& one : anonymous_) {
        if (one.claimed) {
            claimed.push_back(&one);
        }
    }
    if (claimed.empty()) {
        return;
    }
    const Anonymous& one =
        *claimed[claimed.size() - 1 - below(std::min<std::size_t>(claimed.size(), 3))];
    const auto& [cause, claimer] = *one.claimed;
    const CommandHead head = ops::head_of({cause, citizen::open_claimed, {}}, bench_.clock.now());
    citizen::RequestHead request = request_head(one.client, {});
    request.request = one.request;
    request.business_id = one.business_id;
    request.origin = citizen::ByClaim{one.due};
    if (one.signing) {
        citizen::AskSignature command;
        command.head = request;
        command.kind = schema::SIGNATURE_KIND_HASH;
        command.subject = Sensitive(document(false));
        submit(claimer, citizen::SignatureCommand(std::move(command)), head);
        return;
    }
    citizen::AskConsent command;
    command.head = request;
    command.purpose = schema::PURPOSE_FORM_FILLING;
    command.field_names = {"enName"};
    command.text_digest = crypto::sha256("text");
    submit(claimer, citizen::ConsentCommand(std::move(command)), head);
}

}  // namespace chopmark::test
