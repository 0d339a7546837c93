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
constexpr Duration a_step_lasts = std::chrono::milliseconds(120);  // for clients of a cluster
constexpr unsigned rounds_to_settle = 40;

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
    deployment += other.deployment;
    for (const auto& [name, count] : other.types) {
        types[name] += count;
    }
    for (const auto& [name, count] : other.refusals) {
        refusals[name] += count;
    }
    return *this;
}

World::World(std::uint64_t seed, Ground ground)
    : seed_(seed),
      random_(seed),
      chance_of_fault_(seed + 1),
      acts_(acts_of(ground)),
      deployment_(ground == Ground::memory
                      ? nullptr
                      : std::make_unique<Deployment>(seed + 2, [this] { return is_unlucky(); })),
      bench_(bench_options()) {
    begin();
    given_phones();
    start_upkeep();
    if (deployment_) {
        deployment_->join(bench_);
    }
    observe();
    fault_percent_ = below(4) == 0 ? 0 : static_cast<unsigned>(below(30));
}

World::~World() {
    if (deployment_) {
        deployment_->part();
    }
}

GatewayBench::Options World::bench_options() {
    GatewayBench::Options options;
    options.seed = seed_;
    options.faults = [this](PartitionId, std::size_t) { return draw_fault(); };
    options.between = [this](runtime::CommandService& inner) -> runtime::CommandService& {
        return witness_.attach(deployment_ ? deployment_->attach(inner) : inner);
    };
    options.buffered_commits = buffered_commits;
    if (deployment_) {
        deployment_->set_up(options);
    }
    return options;
}

journal::Fault World::draw_fault() {
    using What = journal::Fault::What;
    if (!is_unlucky()) {
        return {};
    }
    static constexpr std::array whats{What::failed, What::failed_but_persisted,
                                      What::failed_but_late, What::delayed, What::delayed};
    return {whats.at(chance_of_fault_() % whats.size()),
            static_cast<std::uint32_t>(1 + chance_of_fault_() % 8)};
}

bool World::is_unlucky() {
    if (chance_of_fault_() % 100 >= fault_percent_) {
        return false;
    }
    ++tally_.faults;
    return true;
}

void World::begin() {
    control::RelyingPartyFacts facts;
    facts.redirect_uris = {"https://service.example/back"};
    facts.callback_uris = {"https://service.example/callback"};
    facts.direct_login_uris = {"https://service.example/direct"};
    for (const char* name : {"Library", "Clinic"}) {
        services_.push_back(bench_.entropy.draw<ClientId>());
        facts.name_english = facts.organisation = name;
        bench_.given_service(
            services_.back(), facts,
            {"eidapi_auth", "eidapi_profiles", "eidapi_formFilling", "eidapi_sign", "eidapi_fr"});
    }
    for (int count = 0; count < 2; ++count) {
        control::EnrolStaff enrol;
        enrol.public_key = crypto::P256PrivateKey::generate(bench_.entropy).point().to_bytes();
        enrol.staff = control::staff_id_of(enrol.public_key);
        enrol.roles = {schema::STAFF_ROLE_PRIVACY_OFFICER};
        officers_.push_back(enrol.staff);
        ensure(bench_.order(control::StaffCommand(enrol)).has_value(), "a privacy officer");
    }
}

void World::start_upkeep() {
    upkeep_ = std::make_unique<Upkeep>(bench_, [this] { return chance(60); });
}

void World::given_phones() {
    for (std::size_t number = 0; number < citizens; ++number) {
        TestPhone phone(bench_);
        phone.card.number = card_number(below(899'000));
        // The last has an account of the lower grade, and may upgrade it.
        const auto answer = number + 1 < citizens
                                ? phone.register_by_chip("the long password of a citizen")
                                : phone.register_by_photo();
        ensure(answer.status == 200, "a citizen registers");
        holders_.push_back(
            {phone.card, {std::move(phone.key), phone.device}, phone.account, std::nullopt});
    }
    make_phones();
}

/// Phones hold ports of the bench, which a restart renews.
void World::make_phones() {
    for (std::size_t number = 0; number < holders_.size(); ++number) {
        auto phone = std::make_unique<TestPhone>(bench_);
        const Holder& holder = holders_[number];
        phone->card = holder.card;
        Handset handset = copy_of(holder.handset);
        phone->key = std::move(handset.key);
        phone->device = handset.device;
        phone->account = holder.account;
        phones_.push_back(std::move(phone));
    }
}

// ---- stepping

void World::step() {
    if (deployment_) {
        deployment_->pass(a_step_lasts);
    }
    std::uint64_t total = 0;
    for (const Weighted& one : acts_) {
        total += one.weight;
    }
    std::uint64_t at = below(total);
    for (const Weighted& one : acts_) {
        if (at < one.weight) {
            (this->*one.act)();
            break;
        }
        at -= one.weight;
    }
    if (chance(70)) {
        serve_again();
    }
    observe();
}

std::vector<World::Weighted> World::acts_of(Ground ground) {
    std::vector<Weighted> all{
        {14, &World::one_tap},        {10, &World::qr_login},
        {16, &World::redeem},         {10, &World::ask_consent},
        {10, &World::answer_consent}, {3, &World::withdraw},
        {12, &World::ask_signature},  {8, &World::ask_step_up},
        {20, &World::answer_request}, {4, &World::acknowledge},
        {3, &World::ask_anonymously}, {5, &World::claim_anonymous},
        {4, &World::open_claimed},    {8, &World::change_profile},
        {3, &World::dispute},         {3, &World::suspend_or_resume},
        {3, &World::end_or_revoke},   {1, &World::close_account},
        {4, &World::register_again},  {2, &World::rebind},
        {2, &World::upgrade},         {3, &World::sweep},
        {2, &World::order_control},   {12, &World::repeat},
        {6, &World::burst},           {12, &World::keep_up},
        {8, &World::pass_time},       {5, &World::flush},
    };
    const std::vector<Weighted> befall =
        ground == Ground::memory
            ? std::vector<Weighted>{{2, &World::order_erasure},
                                    {3, &World::approve_erasure},
                                    {3, &World::kill},
                                    {3, &World::fight},
                                    {2, &World::lose_disk}}
            : std::vector<Weighted>{{2, &World::kill_front},       {4, &World::kill_node},
                                    {10, &World::start_node},      {8, &World::move_partition},
                                    {6, &World::settle_ownership}, {5, &World::cut_tail},
                                    {3, &World::silence}};
    all.insert(all.end(), befall.begin(), befall.end());
    return all;
}

/// Reads the log, and holds every answer that has come since the last time against it.
void World::observe() {
    read_logs();
    const auto& asked = witness_.asked();
    open_.insert(open_.end(), asked.begin() + static_cast<std::ptrdiff_t>(seen_), asked.end());
    seen_ = asked.size();
    std::vector<AskedCommandPtr> still;
    for (const AskedCommandPtr& one : open_) {
        if (!one->outcome) {
            still.push_back(one);
            continue;
        }
        one->sent_elsewhere =
            one->sent_elsewhere || (deployment_ && deployment_->went_astray(one->head.id));
        ledger_.settle(*one, bench_.clock.now());
        if (*one->outcome) {
            learn(*one, **one->outcome);
        } else {
            ++tally_.refusals[std::string(one->outcome->error().reason.name)];
        }
    }
    open_ = std::move(still);
}

void World::read_logs() {
    ledger_.read(bench_.journal(), *bench_.vault);
    if (deployment_) {
        for (const auto* journal : deployment_->journals()) {
            ledger_.read(*journal, *bench_.vault);
        }
    }
}

void World::learn(const AskedCommand& asked, const runtime::Receipt& receipt) {
    ++tally_.acknowledged;
    learn_claim(asked, receipt);
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
    if (deployment_) {
        rest_together();
        if (testing::Test::HasFailure()) {
            return;  // who is not at rest cannot be compared
        }
    } else {
        serve_until_all();
    }
    observe();
    settle_what_is_owed();
    expect_settled();
}

void World::expect_settled() {
    EXPECT_TRUE(open_.empty()) << open_.size() << " commands were never answered";
    expect_views_rebuilt(bench_);
    expect_state_rebuilt(bench_);
    expect_erased_stays_erased(bench_);
    ledger_.read_again(bench_.journal());
    if (deployment_) {
        deployment_->expect_equal_nodes();
        for (const auto* journal : deployment_->journals()) {
            ledger_.read_again(*journal);
        }
    }
}

/// Outside parties answer from now on: nothing may stay owed, no approved erasure undone.
void World::settle_what_is_owed() {
    for (unsigned round = 0; round < rounds_to_settle; ++round) {
        serve_again();  // a term that ended late, by one that was on its way, is opened anew
        upkeep_->tick();
        sweep();
        bench_.run();
        observe();
        if (upkeep_->owed().empty() && upkeep_->erasing().empty()) {
            return;
        }
        advance(std::chrono::minutes(6));
    }
    EXPECT_TRUE(upkeep_->erasing().empty())
        << "an approved erasure was not carried out: " << why_not_erased();
    for (const ops::OwedAnswer& owed : upkeep_->owed()) {
        ADD_FAILURE() << "owed for ever: " << owed.follow_up.name;
    }
}

std::string World::why_not_erased() const {
    std::string why = "never tried";
    for (const AskedCommandPtr& asked : witness_.asked()) {
        const auto* command = std::get_if<citizen::Command>(&asked->command);
        const auto* about = command ? std::get_if<citizen::AccountCommand>(command) : nullptr;
        if (about != nullptr && std::holds_alternative<citizen::EraseSubject>(*about) &&
            asked->outcome && !*asked->outcome) {
            why = to_string(asked->outcome->error());
        }
    }
    return why;
}

World::Tally World::tally() const {
    Tally out = tally_;
    out.records = ledger_.records();
    out.commands = witness_.asked().size();
    out.types = ledger_.types();
    if (deployment_) {
        out.deployment = deployment_->counts();
    }
    return out;
}

// ---- what befalls the node

void World::keep_up() {
    upkeep_->tick();
    some_steps(60);
}

void World::pass_time() {
    const auto kind = below(20);
    if (kind < 14) {
        advance(std::chrono::seconds(1 + below(90)));
    } else if (kind < 19) {
        advance(std::chrono::minutes(2 + below(40)));
    } else {
        advance(std::chrono::hours(1 + below(12)));
    }
}

void World::advance(Duration by) {
    if (deployment_) {
        deployment_->pass(by);
    }
    bench_.advance(by);
}

void World::serve_again() {
    static_cast<void>(bench_.serve_again());
    if (deployment_) {
        deployment_->keep_serving();
    }
}

/// In the middle of whatever it was doing.
void World::kill() {
    ++tally_.kills;
    const unsigned percent = std::exchange(fault_percent_, 0);
    phones_.clear();
    upkeep_.reset();
    bench_.restart({chance(50), below(buffered_commits)});
    make_phones();
    start_upkeep();
    observe();
    open_.clear();  // whoever was not answered by then never will be
    serve_until_all();
    ledger_.read_again(bench_.journal());
    observe();
    expect_views_rebuilt(bench_);
    expect_erased_stays_erased(bench_);
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
    bench_.memory_journal().set_ready(false);
    some_steps(20);
    if (chance(50)) {
        one_tap();
    }
    bench_.memory_journal().set_ready(true);
}

void World::some_steps(std::uint64_t most) {
    for (std::uint64_t left = holding_ ? 0 : below(most + 1); left > 0 && bench_.step(); --left) {
    }
}

}  // namespace chopmark::test
