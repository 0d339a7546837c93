#include "tests/simulation/world.h"

#include <gtest/gtest.h>

#include "events/crypto/digest.h"
#include "events/schema/event.h"
#include "tests/simulation/rebuilt.h"

namespace chopmark::test {
namespace {

constexpr std::size_t citizens = 3;
constexpr std::size_t buffered_commits = 32;
constexpr unsigned attempts_to_serve = 60;

/// A card number with its check character.
citizen::HkidNumber card_number(std::uint64_t number) {
    for (const char check : std::string_view("0123456789A")) {
        const auto parsed = citizen::HkidNumber::parse("C" + std::to_string(100'000 + number) +
                                                       "(" + std::string(1, check) + ")");
        if (parsed) {
            return *parsed;
        }
    }
    ensure(false, "every card number has a check character");
    return {};
}

}  // namespace

World::Tally& World::Tally::operator+=(const Tally& other) {
    records += other.records;
    commands += other.commands;
    acknowledged += other.acknowledged;
    kills += other.kills;
    fights += other.fights;
    faults += other.faults;
    for (const auto& [name, count] : other.types) {
        types[name] += count;
    }
    for (const auto& [name, count] : other.refusals) {
        refusals[name] += count;
    }
    return *this;
}

World::World(std::uint64_t seed)
    : seed_(seed), random_(seed), chance_of_fault_(seed + 1), bench_(bench_options()) {
    begin();
    given_phones();
    observe();
    fault_percent_ = below(4) == 0 ? 0 : static_cast<unsigned>(below(30));
}

GatewayBench::Options World::bench_options() {
    GatewayBench::Options options;
    options.seed = seed_;
    options.faults = [this](PartitionId, std::size_t) { return draw_fault(); };
    options.between = [this](runtime::CommandService& inner) -> runtime::CommandService& {
        return witness_.attach(inner);
    };
    options.buffered_commits = buffered_commits;
    return options;
}

journal::Fault World::draw_fault() {
    using What = journal::Fault::What;
    if (chance_of_fault_() % 100 >= fault_percent_) {
        return {};
    }
    ++tally_.faults;
    static constexpr std::array whats{What::failed, What::failed_but_persisted,
                                      What::failed_but_late, What::delayed, What::delayed};
    return {whats.at(chance_of_fault_() % whats.size()),
            static_cast<std::uint32_t>(1 + chance_of_fault_() % 8)};
}

void World::begin() {
    control::RelyingPartyFacts facts;
    facts.redirect_uris = {"https://service.example/back"};
    facts.callback_uris = {"https://service.example/callback"};
    facts.direct_login_uris = {"https://service.example/direct"};
    for (const char* name : {"Library", "Clinic"}) {
        services_.push_back(bench_.entropy.draw<ClientId>());
        facts.name_english = facts.organisation = name;
        bench_.given_service(services_.back(), facts,
                             {"eidapi_auth", "eidapi_profiles", "eidapi_formFilling"});
    }
}

void World::given_phones() {
    for (std::size_t number = 0; number < citizens; ++number) {
        TestPhone phone(bench_);
        phone.card.number = card_number(below(899'000));
        const auto answer = phone.register_by_chip("the long password of a citizen");
        ensure(answer.status == 200, "a citizen registers");
        holders_.push_back({phone.card, std::move(phone.key), phone.device, phone.account});
    }
    make_phones();
}

/// Phones hold ports of the bench, which a restart renews.
void World::make_phones() {
    for (std::size_t number = 0; number < holders_.size(); ++number) {
        auto phone = std::make_unique<TestPhone>(bench_);
        const Holder& holder = holders_[number];
        phone->card = holder.card;
        phone->key = crypto::P256PrivateKey::from_scalar(holder.key.scalar()).value();
        phone->device = holder.device;
        phone->account = holder.account;
        phones_.push_back(std::move(phone));
    }
}

// ---- stepping

void World::step() {
    std::uint64_t total = 0;
    for (const Weighted& one : acts()) {
        total += one.weight;
    }
    std::uint64_t at = below(total);
    for (const Weighted& one : acts()) {
        if (at < one.weight) {
            (this->*one.act)();
            break;
        }
        at -= one.weight;
    }
    if (chance(70)) {
        static_cast<void>(bench_.serve_again());
    }
    observe();
}

const std::vector<World::Weighted>& World::acts() {
    static const std::vector<Weighted> all{
        {14, &World::one_tap},
        {10, &World::qr_login},
        {16, &World::redeem},
        {10, &World::ask_consent},
        {10, &World::answer_consent},
        {3, &World::withdraw},
        {8, &World::change_profile},
        {3, &World::dispute},
        {4, &World::suspend_or_resume},
        {3, &World::end_or_revoke},
        {3, &World::sweep},
        {2, &World::order_control},
        {12, &World::repeat},
        {6, &World::burst},
        {8, &World::pass_time},
        {5, &World::flush},
        {3, &World::kill},
        {3, &World::fight},
        {2, &World::lose_disk},
    };
    return all;
}

/// Reads the log, and holds every answer that has come since the last time against it.
void World::observe() {
    ledger_.read(bench_.journal(), *bench_.vault);
    const auto& asked = witness_.asked();
    open_.insert(open_.end(), asked.begin() + static_cast<std::ptrdiff_t>(seen_), asked.end());
    seen_ = asked.size();
    std::vector<AskedCommandPtr> still;
    for (const AskedCommandPtr& one : open_) {
        if (!one->outcome) {
            still.push_back(one);
            continue;
        }
        ledger_.settle(*one, bench_.clock.now());
        if (*one->outcome) {
            learn(*one, **one->outcome);
        } else {
            ++tally_.refusals[std::string(one->outcome->error().reason.name)];
        }
    }
    open_ = std::move(still);
}

void World::learn(const AskedCommand& asked, const runtime::Receipt& receipt) {
    ++tally_.acknowledged;
    if (receipt.replayed) {
        return;
    }
    if (const auto* approved = std::get_if<schema::LoginApproved>(&*receipt.event)) {
        const auto client = ClientId::from_bytes(approved->leaf().client_id());
        codes_.push_back({receipt.event_id, asked.account, client.value()});
        disputable_.push_back(codes_.back());
    } else if (const auto* redeemed = std::get_if<schema::LoginRedeemed>(&*receipt.event)) {
        const auto client = ClientId::from_bytes(redeemed->leaf().client_id());
        tokens_.push_back({receipt.event_id, asked.account, client.value()});
    }
}

/// Until nothing is on its way any more and no term has ended meanwhile: a late batch may end one.
void World::serve_until_all() {
    unsigned attempt = 0;
    for (bench_.run(); !bench_.is_serving(); bench_.run()) {
        ensure(++attempt < attempts_to_serve, "without faults a node serves");
        static_cast<void>(bench_.serve_again());
    }
}

void World::come_to_rest() {
    fault_percent_ = 0;
    serve_until_all();
    observe();
    EXPECT_TRUE(open_.empty()) << open_.size() << " commands were never answered";
    expect_views_rebuilt(bench_);
    expect_state_rebuilt(bench_);
    ledger_.read_again(bench_.journal());
}

World::Tally World::tally() const {
    Tally out = tally_;
    out.records = ledger_.records();
    out.commands = witness_.asked().size();
    out.types = ledger_.types();
    return out;
}

// ---- what befalls the node

void World::pass_time() {
    const auto kind = below(20);
    if (kind < 14) {
        bench_.advance(std::chrono::seconds(1 + below(90)));
    } else if (kind < 19) {
        bench_.advance(std::chrono::minutes(2 + below(40)));
    } else {
        bench_.advance(std::chrono::hours(1 + below(12)));
    }
}

/// In the middle of whatever it was doing.
void World::kill() {
    ++tally_.kills;
    const unsigned percent = std::exchange(fault_percent_, 0);
    phones_.clear();
    bench_.restart({chance(50), below(buffered_commits)});
    make_phones();
    observe();
    open_.clear();  // whoever was not answered by then never will be
    serve_until_all();
    ledger_.read_again(bench_.journal());
    observe();
    expect_views_rebuilt(bench_);
    if (chance(50)) {
        expect_state_rebuilt(bench_);
    }
    fault_percent_ = percent;
}

/// A second node opens a term on a citizen partition while commands are on their way, and is given
/// some of them as well.
void World::fight() {
    ++tally_.fights;
    const PartitionId partition(static_cast<std::uint16_t>(1 + below(GatewayBench::partitions)));
    Rival rival(bench_, partition, random_(),
                [this](PartitionId, std::size_t) { return draw_fault(); });
    for (std::uint64_t count = 1 + below(3); count > 0; --count) {
        redeem();
        ask_consent();
    }
    rival.serve();
    bool lured = false;
    for (std::uint64_t turns = 10 + below(60); turns > 0; --turns) {
        static_cast<void>(chance(50) ? rival.step() : bench_.step());
        if (!lured && chance(10)) {
            lured = true;
            lure(rival);
        }
        if (chance(3)) {
            static_cast<void>(bench_.serve_again());
        }
    }
    while (rival.step() || bench_.step()) {
    }
    observe();
    for (const AskedCommandPtr& asked : rival.asked()) {
        if (asked->outcome) {
            ledger_.settle(*asked, bench_.clock.now());
        }
    }
}

/// Gives it the last commands that went to the partition, answered or not.
void World::lure(Rival& rival) {
    const auto& asked = witness_.asked();
    const std::size_t begin = asked.size() - std::min<std::size_t>(asked.size(), 1 + below(6));
    for (std::size_t at = begin; at < asked.size(); ++at) {
        AskedCommand& one = *asked[at];
        if (std::holds_alternative<citizen::Command>(one.command) &&
            partition_of(slot_of(one.account), GatewayBench::partitions) == rival.partition()) {
            one.sent_elsewhere = true;
            rival.submit(one);
        }
    }
}

void World::lose_disk() {
    bench_.journal().set_ready(false);
    some_steps(20);
    if (chance(50)) {
        one_tap();
    }
    bench_.journal().set_ready(true);
}

void World::some_steps(std::uint64_t most) {
    for (std::uint64_t left = holding_ ? 0 : below(most + 1); left > 0 && bench_.step(); --left) {
    }
}

}  // namespace chopmark::test
