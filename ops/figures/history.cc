#include "ops/figures/history.h"

#include <fmt/format.h>

#include <chrono>
#include <random>

#include "events/crypto/digest.h"
#include "events/schema/event.h"
#include "ops/figures/report.h"

namespace chopmark::figures {
namespace {

constexpr std::uint64_t logins_per_citizen = 10;
constexpr std::uint64_t records_per_citizen = 1 + 2 * logins_per_citizen;
constexpr std::uint64_t records_per_cut = 50'000;

/// Ids need to differ here, not to be unguessable.
class Ids {
  public:
    template <class Id>
    Id draw() {
        return Id(bytes<Id::size>());
    }
    Bytes text(std::size_t length) {
        Bytes out;
        while (out.size() < length) {
            append_big_endian(out, generator_());
        }
        out.resize(length);
        return out;
    }
    std::uint64_t below(std::uint64_t bound) { return generator_() % bound; }

  private:
    template <std::size_t N>
    ByteArray<N> bytes() {
        return to_array<N>(text(N));
    }
    std::mt19937_64 generator_{20240105};
};

struct Citizen {
    AccountId account;
    KeyIndex key;
    DeviceId device;
    std::uint64_t version = 0;
};

Slot slot_of_number(std::uint64_t number) {
    return Slot(static_cast<std::uint16_t>(number % slot_count));
}

Citizen citizen_of(std::uint64_t number, Ids& ids) {
    const Slot slot = slot_of_number(number);
    ByteArray<16> bytes = ids.draw<AccountId>().array();
    bytes[0] = static_cast<std::uint8_t>(slot.value() >> 2);
    bytes[1] = static_cast<std::uint8_t>((slot.value() & 3U) << 6 | (bytes[1] & 0x3fU));
    const std::uint64_t serial = 1 + number / slot_count;
    return {AccountId(bytes), KeyIndex((std::uint64_t{slot.value()} << 24) | serial),
            ids.draw<DeviceId>()};
}

template <class E>
E begin(Citizen& citizen, schema::Channel channel, schema::Party::Kind caller, Ids& ids) {
    E event;
    auto& leaf = *event.mutable_leaf()->mutable_head();
    leaf.set_outcome(schema::DONE);
    leaf.set_channel(channel);
    leaf.set_basis(4);
    auto& link = *event.mutable_link()->mutable_head();
    link.set_account_id(citizen.account.to_bytes());
    link.set_key_index(citizen.key.value());
    link.set_citizen_version(++citizen.version);
    link.set_command_id(ids.text(32));
    link.set_command_digest(ids.text(32));
    for (schema::Party* party : {link.mutable_caller(), link.mutable_actor()}) {
        party->set_kind(caller);
        party->set_id(ids.text(16));
    }
    link.set_trace(ids.text(16));
    return event;
}

void fill(schema::Endpoint& endpoint, Ids& ids) {
    endpoint.set_asn(4760);
    endpoint.set_country("HK");
    endpoint.mutable_network()->set_current(ids.text(16));
    endpoint.mutable_agent()->set_current(ids.text(16));
}

schema::Event registered(Citizen& citizen, Ids& ids) {
    auto event =
        begin<schema::AccountRegistered>(citizen, schema::APP, schema::Party::CITIZEN, ids);
    event.mutable_leaf()->set_grade(schema::DEFAULT);
    auto& link = *event.mutable_link();
    link.set_person_id(ids.text(16));
    link.set_device_id(citizen.device.to_bytes());
    link.set_device_public_key("\x04" + ids.text(64));
    link.set_attestation_level(schema::ATTESTATION_LEVEL_TRUSTED_ENVIRONMENT);
    link.mutable_app()->set_current(ids.text(16));
    link.mutable_hardware()->set_current(ids.text(16));
    fill(*link.mutable_network(), ids);
    auto& personal = *event.mutable_personal();
    auto& card = *personal.mutable_card();
    card.set_document_type("HKIC");
    card.set_issuer("HKG");
    card.set_number("A1234563");
    card.set_english_name("CHAN, Tai Man");
    card.set_chinese_name("陳大文");
    card.set_sex("F");
    card.set_birth_date("19900517");
    card.set_issue_date("20240105");
    auto& checks = *personal.mutable_checks();
    checks.set_face_check(schema::IdentityChecks::FACE_CHECK_MATCHER);
    checks.set_face_score_permille(950);
    checks.set_liveness_score_permille(930);
    checks.set_register_answer("00");
    checks.set_register_reference(to_hex(ids.text(8)));
    checks.set_matcher_reference(to_hex(ids.text(8)));
    personal.set_pairwise_secret(ids.text(32));
    personal.mutable_device()->set_model("Model 12");
    personal.mutable_device()->set_system("Android");
    personal.mutable_device()->set_system_version("14");
    personal.set_device_signature(ids.text(71));
    return event;
}

schema::Event approved(Citizen& citizen, const ClientId& client, const RequestId& login,
                       std::uint64_t rp_seq, Ids& ids) {
    auto event = begin<schema::LoginApproved>(citizen, schema::APP, schema::Party::DEVICE, ids);
    auto& leaf = *event.mutable_leaf();
    leaf.set_client_id(client.to_bytes());
    leaf.set_rp_seq(rp_seq);
    leaf.set_flow(schema::QR);
    leaf.add_scopes("eidapi_auth");
    auto& traces = *event.mutable_link()->mutable_traces();
    traces.set_login_id(login.to_bytes());
    traces.set_device_id(citizen.device.to_bytes());
    fill(*traces.mutable_phone(), ids);
    fill(*traces.mutable_browser(), ids);
    traces.set_qr_age_ms(7000);
    traces.set_scan_delay_ms(3000);
    traces.set_distance_class(1);
    auto& details = *event.mutable_personal()->mutable_details();
    details.set_phone_address("203.0.113.7");
    details.set_browser_address("203.0.113.8");
    details.set_phone_agent("Chopmark/1 (Android 14)");
    details.set_browser_agent("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101");
    details.set_text_digest(ids.text(32));
    details.set_device_signature(ids.text(71));
    details.set_state_digest(ids.text(32));
    details.set_redirect_uri_digest(ids.text(32));
    return event;
}

schema::Event redeemed(Citizen& citizen, const ClientId& client, const RequestId& login,
                       std::uint64_t rp_seq, Ids& ids) {
    auto event =
        begin<schema::LoginRedeemed>(citizen, schema::RELYING_PARTY, schema::Party::CLIENT, ids);
    auto& leaf = *event.mutable_leaf();
    leaf.set_client_id(client.to_bytes());
    leaf.set_rp_seq(rp_seq);
    leaf.set_token_life_ms(14'400'000);
    leaf.mutable_head()->set_claims(ids.text(32));
    event.mutable_link()->set_login_id(login.to_bytes());
    fill(*event.mutable_link()->mutable_relying_party(), ids);
    return event;
}

}  // namespace

struct History::Writing {
    explicit Writing(LogHome& where) : home(where) {}

    Result<void> append(const Citizen& citizen, schema::Event event) {
        const PartitionId partition = partition_of(slot_of(citizen.account), home.partitions());
        CHOPMARK_TRY(append(partition, std::move(event), citizen.key));
        return ++written % records_per_cut == 0 ? cut() : Result<void>();
    }
    Result<void> append(PartitionId partition, schema::Event event, KeyIndex person) {
        // The clock may stand still or go back; recorded_at may not.
        at = std::max(at + Duration(1), home.clock().now());
        CHOPMARK_ASSIGN(auto record,
                        home.vault().seal(event, {partition, {ids.draw<EventId>(), at}, person}));
        return home.append_in_time(partition, std::move(record));
    }
    Result<void> register_citizen() {
        citizens.push_back(citizen_of(citizens.size(), ids));
        return append(citizens.back(), registered(citizens.back(), ids));
    }
    Result<void> log_in() {
        Citizen& citizen = citizens[ids.below(citizens.size())];
        const auto login = ids.draw<RequestId>();
        CHOPMARK_TRY(append(citizen, approved(citizen, client, login, written + 1, ids)));
        return append(citizen, redeemed(citizen, client, login, written + 1, ids));
    }
    Result<void> cut();

    LogHome& home;
    Ids ids;
    ClientId client = ids.draw<ClientId>();
    std::vector<Citizen> citizens;
    Instant at;
    std::uint64_t written = 0;
    std::uint64_t cuts = 0;
    std::vector<std::uint64_t> counted = std::vector<std::uint64_t>(home.partitions() + 1U);
};

Result<void> History::Writing::cut() {
    home.drain();
    schema::CutRecorded event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_number(++cuts);
    for (std::uint16_t p = 0; p <= home.partitions(); ++p) {
        const tlog::TreeHead head = home.tree(PartitionId(p));
        if (std::exchange(counted[p], head.size) != head.size) {
            auto& one = *event.mutable_leaf()->add_partitions();
            one.set_partition(p);
            one.set_size(head.size);
            one.set_root(head.root.to_bytes());
        }
    }
    return append(control_partition, std::move(event), KeyIndex());
}

Result<std::unique_ptr<History>> History::make(const std::filesystem::path& root,
                                               std::uint64_t events) {
    using SteadyClock = std::chrono::steady_clock;
    const auto begin = SteadyClock::now();
    CHOPMARK_ASSIGN(auto home, LogHome::make(
                                   root, [](const auto&) {}, true));
    auto history = std::unique_ptr<History>(new History(std::move(home)));
    Writing writing(history->home());
    const std::uint64_t citizens = std::max<std::uint64_t>(1, events / records_per_citizen);
    const std::uint64_t step = std::max<std::uint64_t>(1, events / 4);
    std::uint64_t told = step;
    while (writing.written < events) {
        CHOPMARK_TRY(writing.citizens.size() < citizens ? writing.register_citizen()
                                                        : writing.log_in());
        if (writing.written >= told) {
            Report::say(fmt::format("         {} of {} events written", writing.written, events));
            told += step;
        }
    }
    CHOPMARK_TRY(writing.cut());
    history->home().drain();
    history->home().close();
    history->events_ = writing.written;
    const double seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
    Report::say(fmt::format("         {} events of {} citizens, {} cuts: generated in {:.1f} s",
                            writing.written, writing.citizens.size(), writing.cuts, seconds));
    return history;
}

Result<LoginRecords> sample_login(const LogHome& home, PartitionId partition) {
    Ids ids;
    std::uint64_t number = 0;
    while (partition_of(slot_of_number(number), home.partitions()) != partition) {
        ++number;
    }
    Citizen citizen = citizen_of(number, ids);
    const auto client = ids.draw<ClientId>();
    const auto login = ids.draw<RequestId>();
    schema::Event first = approved(citizen, client, login, 1, ids);
    schema::Event second = redeemed(citizen, client, login, 2, ids);
    const auto seal = [&](schema::Event& event) {
        return home.vault().seal(
            event, {partition, {ids.draw<EventId>(), home.clock().now()}, citizen.key});
    };
    LoginRecords out;
    CHOPMARK_ASSIGN(out.approved, seal(first));
    CHOPMARK_ASSIGN(out.redeemed, seal(second));
    return out;
}

}  // namespace chopmark::figures
