#include "ops/figures/people.h"

#include <fmt/format.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "events/crypto/digest.h"
#include "gateways/outside/identity_checks.h"
#include "ops/joining.h"
#include "ops/sandbox_founding.h"

namespace chopmark::figures {
namespace {

constexpr std::size_t registrations_in_flight = 512;
constexpr std::uint64_t told_every = 50'000;

schema::Endpoint endpoint_of(std::string_view network, std::string_view agent) {
    schema::Endpoint out;
    out.set_asn(4760);
    out.set_country("HK");
    out.mutable_network()->set_current(Bytes(crypto::sha256(network).bytes().substr(0, 16)));
    out.mutable_agent()->set_current(Bytes(crypto::sha256(agent).bytes().substr(0, 16)));
    return out;
}

/// A card like no other: letter and six digits count up.
Result<citizen::CardFace> card_of(std::uint64_t number) {
    constexpr std::uint64_t per_letter = 1'000'000;
    const std::string body =
        fmt::format("{}{:06}", static_cast<char>('A' + number / per_letter), number % per_letter);
    CHOPMARK_ASSIGN(auto hkid,
                    citizen::HkidNumber::parse(body + citizen::hkid_check_character(body)));
    CHOPMARK_ASSIGN(const auto born, citizen::parse_date("19900517"));
    CHOPMARK_ASSIGN(const auto issued, citizen::parse_date("20240105"));
    return citizen::CardFace{std::move(hkid), "CHAN, Tai Man", "陳大文", 'F', born, issued};
}

/// Answers counted down to zero, and the first that was none.
class Window {
  public:
    void begin() {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [this] { return open_ < registrations_in_flight; });
        ++open_;
    }
    void end(const Result<runtime::Receipt>& outcome) {
        const std::lock_guard lock(mutex_);
        if (!outcome && !failed_) {
            failed_ = outcome.error();
        }
        --open_;
        room_.notify_one();
    }
    Result<void> drain() {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [this] { return open_ == 0; });
        return failed_ ? Result<void>(*failed_) : Result<void>();
    }

  private:
    std::mutex mutex_;
    std::condition_variable room_;
    std::size_t open_ = 0;
    std::optional<Error> failed_;
};

}  // namespace

People::People(NodeHome& node)
    : node_(node),
      commands_(node.backbone().commands()),
      keys_(node.backbone().storage().ring().material()) {}

CommandHead People::head(const Party& by, schema::Channel channel) {
    CommandHead out;
    out.id = draw<CommandId>();
    out.digest = Digest(out.id.array());
    out.issued_at = node_.clock().now();
    out.caller = out.actor = by;
    out.channel = channel;
    return out;
}

CommandHead People::head_of(const Person& person) {
    CommandHead out = head({schema::Party::CITIZEN, person.account.to_bytes()}, schema::APP);
    out.caller = {schema::Party::DEVICE, person.device.to_bytes()};
    return out;
}

CommandHead People::head_of(const Service& service) {
    return head({schema::Party::CLIENT, service.client.to_bytes()}, schema::RELYING_PARTY);
}

Result<void> People::order(control::Command command, const StaffId& by) {
    std::promise<Result<void>> answered;
    auto outcome = answered.get_future();
    commands_.submit(
        std::move(command),
        head({schema::Party::STAFF_MEMBER, by.to_bytes()}, schema::STAFF_CONSOLE),
        [&answered](const Result<runtime::Receipt>& receipt) {
            answered.set_value(receipt ? Result<void>() : Result<void>(receipt.error()));
        });
    return outcome.get();
}

Result<Service> People::open_service(const Bytes& kek, const ServiceWants& wants) {
    CHOPMARK_ASSIGN(const auto first_key, ops::sandbox_operator_key(node_.folder()));
    const StaffId first = control::staff_id_of(first_key.point().bytes());
    const auto second_key = crypto::P256PrivateKey::generate(node_.entropy());
    control::EnrolStaff enrol;
    enrol.public_key = second_key.point().to_bytes();
    enrol.staff = control::staff_id_of(enrol.public_key);
    enrol.roles = {schema::STAFF_ROLE_ADMINISTRATOR};
    const StaffId second = enrol.staff;
    CHOPMARK_TRY(order(control::StaffCommand(std::move(enrol)), first));

    Service service{draw<ClientId>(), to_hex(draw<Digest>().bytes()),
                    "https://service.example/back"};
    control::ApplyRelyingParty apply;
    apply.client = service.client;
    const std::set<std::string> scopes(wants.scopes.begin(), wants.scopes.end());
    apply.scopes = scopes;
    apply.facts.name_english = "Figures";
    apply.facts.redirect_uris = {service.redirect_uri};
    apply.facts.callback_uris = wants.callback_uris;
    apply.kek = kek;
    CHOPMARK_TRY(order(control::RelyingPartyCommand(std::move(apply)), first));
    control::ApproveRelyingParty approve;
    approve.client = service.client;
    approve.scopes = scopes;
    approve.client_secret = Sensitive(service.secret);
    CHOPMARK_TRY(order(control::RelyingPartyCommand(std::move(approve)), second));
    return service;
}

Result<void> People::admit(NodeHome& other, unsigned peer_port) {
    CHOPMARK_ASSIGN(const auto first_key, ops::sandbox_operator_key(node_.folder()));
    CHOPMARK_ASSIGN(const auto joining, ops::read_joining_node(other.folder()));
    control::EnrolNode enrol;
    enrol.node = joining.node;
    enrol.endpoint = fmt::format("127.0.0.1:{}", peer_port);
    enrol.certificate = joining.certificate.der();
    return order(control::NodeCommand(std::move(enrol)),
                 control::staff_id_of(first_key.point().bytes()));
}

Result<citizen::RegisterAccount> People::registration(std::uint64_t number, const Bytes& public_key,
                                                      schema::Grade grade, const CommandId& id) {
    CHOPMARK_ASSIGN(const citizen::CardFace card, card_of(number));
    const Instant now = node_.clock().now();
    const schema::CardFacts facts = citizen::facts_of(card);
    const keys::Card named{facts.document_type(), facts.issuer(), facts.number()};
    CHOPMARK_ASSIGN(const auto attempt,
                    keys::attempt_tokens(*keys_, now, Sensitive<keys::Card>(named)));
    const Slot slot = outside::slot_of_card(*keys_, card);
    ByteArray<16> account = draw<AccountId>().array();
    account[0] = static_cast<std::uint8_t>(slot.value() >> 2);
    account[1] = static_cast<std::uint8_t>((slot.value() & 3U) << 6 | (account[1] & 0x3fU));

    const Digest about = citizen::digest_of(card);
    citizen::NewDevice device;
    device.id = draw<DeviceId>();
    device.public_key = public_key;
    device.attestation = schema::ATTESTATION_LEVEL_TRUSTED_ENVIRONMENT;
    device.app.set_current(draw<EventId>().to_bytes());
    device.hardware.set_current(draw<EventId>().to_bytes());
    schema::DeviceFacts phone;
    phone.set_model("Model 12");
    phone.set_system("Android");
    device.facts = Sensitive(phone);
    device.signature = Bytes(71, 's');
    device.made_at = now;
    const citizen::FaceCheck face{true, 950, 930, "M-1", about, now};
    const citizen::RegisterCheck registered{citizen::RegisterCheck::Verdict::matched, "00", "R-1",
                                            about, now};
    using By = decltype(citizen::RegisterAccount::by);
    By by = citizen::ByApp{{face, registered}, device};
    if (grade == schema::SIGN) {
        const citizen::ChipCheck chip{true, true, id, "chip.genuine", about, now};
        by = citizen::ByNfc{{{citizen::PhoneSystem::Maker::android, 14}, chip, face, registered},
                            std::move(device),
                            Sensitive<std::string>("tai.man@example.hk"),
                            /*password_stored=*/true};
    }
    return citizen::RegisterAccount{
        AccountId(account),
        draw<PersonId>(),
        Sensitive(draw<Digest>().array()),
        {Sensitive(card), outside::card_token(*keys_, facts), outside::to_schema(attempt)},
        std::move(by),
        endpoint_of("203.0.113.0/24", "app")};
}

Result<std::vector<Person>> People::register_citizens(
    std::uint64_t number, const std::function<Bytes(std::uint64_t)>& public_key,
    const std::function<void(std::uint64_t)>& told, schema::Grade grade) {
    std::vector<Person> people(number);
    Window window;
    for (std::uint64_t i = 0; i < number; ++i) {
        const auto id = draw<CommandId>();
        CHOPMARK_ASSIGN(auto command, registration(registered_++, public_key(i), grade, id));
        Person& person = people[i];
        person.account = command.account;
        const auto* app = std::get_if<citizen::ByApp>(&command.by);
        person.device =
            (app != nullptr ? app->device : std::get<citizen::ByNfc>(command.by).device).id;
        CommandHead by = head_of(person);
        by.id = id;
        by.digest = Digest(id.array());
        window.begin();
        commands_.submit(person.account, citizen::AccountCommand(std::move(command)), by,
                         [&window, &person](const Result<runtime::Receipt>& receipt) {
                             if (receipt) {
                                 person.bound_by = receipt->event_id;
                             }
                             window.end(receipt);
                         });
        if ((i + 1) % told_every == 0) {
            told(i + 1);
        }
    }
    CHOPMARK_TRY(window.drain());
    return people;
}

citizen::Command People::approval(const Person& person, const Service& service) {
    const Instant now = node_.clock().now();
    citizen::ApproveLogin command;
    command.offer = {draw<RequestId>(), service.client, schema::QR,    {"eidapi_auth"}, now,
                     person.device,     draw<Digest>(), draw<Digest>()};
    static const schema::Endpoint phone = endpoint_of("203.0.113.0/24", "app");
    static const schema::Endpoint browser = endpoint_of("198.51.100.0/24", "browser");
    command.ends.phone = phone;
    command.ends.browser = browser;
    command.ends.qr_age = std::chrono::seconds(7);
    command.ends.scan_delay = std::chrono::seconds(3);
    command.ends.distance_class = 1;
    command.ends.phone_address = Sensitive<std::string>("203.0.113.7");
    command.ends.browser_address = Sensitive<std::string>("198.51.100.8");
    command.ends.phone_agent = Sensitive<Bytes>("Chopmark/1 (Android 14)");
    command.ends.browser_agent =
        Sensitive<Bytes>("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101");
    command.proof = {person.device, person.bound_by, Bytes(71, 's'), draw<Digest>(), now};
    return citizen::LoginCommand(std::move(command));
}

citizen::Command People::redemption(const EventId& approved, const Service& service) {
    static const schema::Endpoint server = endpoint_of("192.0.2.0/24", "server");
    return citizen::LoginCommand(
        citizen::RedeemCode{approved, service.client, server, draw<Digest>()});
}

}  // namespace chopmark::figures
