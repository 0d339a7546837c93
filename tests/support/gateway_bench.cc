#include "tests/support/gateway_bench.h"

#include <algorithm>

#include "events/core/ensure.h"
#include "events/crypto/digest.h"
#include "events/schema/genesis.pb.h"

namespace chopmark::test {
namespace {

/// Founding an authority takes 0.3 s: once a process.
keys::Folder& authority_folder() {
    static keys::MemoryFolder folder;
    return folder;
}

journal::Founding founding_with(const crypto::P256Point& first) {
    schema::Genesis genesis;
    genesis.set_environment(schema::SANDBOX);
    genesis.set_partitions(GatewayBench::partitions);
    genesis.set_first_operator_public_key(first.to_bytes());
    genesis.set_version(1);
    const Bytes document = genesis.SerializeAsString();
    return {crypto::sha256(document), document, GatewayBench::partitions};
}

std::string text_member(const Json& body, const char* name) {
    return body.is_object() ? body.value(name, "") : std::string();
}

}  // namespace

bool PumpedPool::run_one() {
    if (tasks_.empty()) {
        return false;
    }
    const Task task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
    return true;
}

GatewayBench::GatewayBench(Options options)
    : options_(std::move(options)),
      entropy(options_.seed),
      first(crypto::P256PrivateKey::generate(entropy)),
      second(crypto::P256PrivateKey::generate(entropy)),
      state_rows_(fold::MemoryRows::Options{options_.buffered_commits}),
      view_rows_(fold::MemoryRows::Options{options_.buffered_commits}),
      scheduler_(options_.seed),
      log_(std::make_shared<journal::MemoryLog>(partitions)) {
    open_keys();
    open_services();
    open_journal();
    open_executors();
    open_views();
    serve_again();
    run();
    ensure(is_serving(), "all executors serve");
    control::EnrolStaff enrol;
    enrol.public_key = second.point().to_bytes();
    enrol.staff = control::staff_id_of(enrol.public_key);
    enrol.roles = {schema::STAFF_ROLE_ADMINISTRATOR};
    ensure(order(control::StaffCommand(enrol)).has_value(), "a second administrator");
}

GatewayBench::~GatewayBench() = default;

void GatewayBench::open_keys() {
    epochs_ = std::make_unique<keys::FileEpochStore>(
        keys::FileEpochStore::open(epoch_folder_, entropy, schema::SANDBOX).value());
    ring = keys::KeyRing::create({key_folder_, *epochs_, entropy}, clock.now()).value();
}

/// What hangs on the keys; the authority and the sandbox's parties are other machines.
void GatewayBench::open_services() {
    vault = std::make_unique<keys::KeyVault>(*ring);
    secrets = std::make_unique<service::Secrets>(*ring->material(), "sandbox");
    authority = outside::SandboxAuthority::open(authority_folder(), clock).value();
    chips = std::make_unique<outside::ChipVerifier>(outside::sandbox_issuer(), verifier);
    identity = std::make_unique<outside::IdentityChecks>(
        outside::IdentityChecks::Ports{immigration, matcher, *chips, *ring, clock});
    networks = std::make_unique<service::Networks>(addresses, *ring);
    desk = std::make_unique<service::LoginDesk>(service::LoginDesk::Options(), *secrets, clock,
                                                entropy);
}

void GatewayBench::open_journal() {
    const journal::Surroundings around{ca_, node_, clock, entropy};
    if (options_.shared_journal) {
        SharedJournal shared = options_.shared_journal(founding(), around);
        journal_ = std::move(shared.journal);
        step_journal_ = std::move(shared.step);
        return;
    }
    auto opened =
        journal::MemoryJournal::open(log_, founding(), around, journal_options(options_.faults));
    ensure(opened.has_value(), "a memory journal opens");
    memory_journal_ = opened->get();
    journal_ = *std::move(opened);
    step_journal_ = [this] { return memory_journal_->step(); };
}

journal::Founding GatewayBench::founding() const { return founding_with(first.point()); }

GatewayBench::Enrolled GatewayBench::enrol(const std::string& name, const std::string& endpoint) {
    Enrolled out;
    out.epochs = std::make_unique<keys::FileEpochStore>(
        keys::FileEpochStore::open(epoch_folder_, entropy, schema::SANDBOX).value());
    out.ring =
        keys::KeyRing::open({key_folder_, *out.epochs, entropy}, ring->commitments()).value();
    out.identity = ca_.issue(name, endpoint);
    return out;
}

journal::MemoryJournal::Options GatewayBench::journal_options(journal::FaultPlan faults) const {
    journal::MemoryJournal::Options options;
    options.own_thread = false;
    options.faults = std::move(faults);
    return options;
}

std::unique_ptr<journal::MemoryJournal> GatewayBench::rival_journal(journal::FaultPlan faults) {
    return journal::MemoryJournal::open(log_, founding_with(first.point()),
                                        {ca_, rival_, clock, entropy},
                                        journal_options(std::move(faults)))
        .value();
}

std::unique_ptr<runtime::CitizenDomain> GatewayBench::make_domain(PartitionId partition,
                                                                  fold::RowStore& rows) {
    auto domain = std::make_unique<runtime::CitizenDomain>(
        partition, rows, snapshots, *vault, [this](const schema::CardFacts& card) {
            return outside::card_token(*ring->material(), card);
        });
    ensure(domain->open().has_value(), "a citizen domain opens");
    return domain;
}

void GatewayBench::open_executors() {
    control_ = std::make_unique<runtime::ControlDomain>(state_rows(), snapshots);
    ensure(control_->open().has_value(), "control opens");
    control_executor_ = std::make_unique<ControlExecutor>(
        control_partition, *control_, *journal_, scheduler_.make_strand(), clock, entropy, *vault);
    for (std::uint16_t number = 1; number <= partitions; ++number) {
        Lane lane;
        lane.domain = make_domain(PartitionId(number), state_rows());
        lane.executor =
            std::make_unique<CitizenExecutor>(PartitionId(number), *lane.domain, *journal_,
                                              scheduler_.make_strand(), clock, entropy, *vault);
        lanes_.push_back(std::move(lane));
    }
    if (options_.shared_journal) {
        control_executor_->follow();
        for (Lane& lane : lanes_) {
            lane.executor->follow();
        }
    }
}

void GatewayBench::open_views() {
    fold::RowStore& rows = options_.view_rows != nullptr ? *options_.view_rows : view_rows_;
    tables_ = fold::LiveTables::open(rows).value();
    std::vector<fold::Runner::Assigned> assigned;
    const auto adopt = [&](const fold::View& view) {
        assigned.push_back({&view, tables_->adopt(view.name(), view.version()).value()});
    };
    for (const fold::View* view : folded()) {
        adopt(*view);
    }
    runner_ = fold::Runner::open({*journal_, *tables_, *vault, clock}, assigned, {}).value();
    finder = std::make_unique<runtime::EventFinder>(*journal_, *tables_, *vault);
    std::vector<runtime::LocalCommands::CitizenLane> lanes;
    for (Lane& lane : lanes_) {
        lanes.push_back({*lane.executor, *lane.domain});
    }
    commands = std::make_unique<runtime::LocalCommands>(*control_executor_, lanes, *finder, work);
    service_ = options_.between ? &options_.between(*commands) : commands.get();
    queries = std::make_unique<service::Queries>(
        *tables_,
        [this](std::string_view view, const fold::Positions& wanted, Instant deadline,
               fold::Reached reached) {
            runner_->wait(view, wanted, deadline, std::move(reached));
        },
        *secrets, clock);
}

std::vector<const fold::View*> GatewayBench::folded() const {
    const auto views = views_.all();
    std::vector<const fold::View*> out(views.begin(), views.end());
    out.push_back(&event_index_);
    return out;
}

bool GatewayBench::is_serving() const {
    return control_executor_->probe().serving &&
           std::all_of(lanes_.begin(), lanes_.end(),
                       [](const Lane& lane) { return lane.executor->probe().serving; });
}

bool GatewayBench::serves(PartitionId partition) const {
    return partition == control_partition ? control_executor_->serving()
                                          : lanes_.at(partition.value() - 1U).executor->serving();
}

bool GatewayBench::is_folded() const {
    const auto folded = [this](const auto& executor) {
        return executor.probe().folded >= journal_->head(executor.partition())->next.value();
    };
    return folded(*control_executor_) &&
           std::all_of(lanes_.begin(), lanes_.end(),
                       [&](const Lane& lane) { return folded(*lane.executor); });
}

bool GatewayBench::serve_again() {
    const auto serve = [&](auto& executor) {
        const PartitionId partition = executor.partition();
        if (executor.probe().serving) {
            return;
        }
        if (!options_.shared_journal) {
            executor.serve([](const Result<void>&) {});
            run();
        } else if ((!options_.owns || options_.owns(partition)) &&
                   opening_.insert(partition).second) {
            executor.serve([this, partition](const Result<void>&) { opening_.erase(partition); });
        }
    };
    serve(*control_executor_);
    for (Lane& lane : lanes_) {
        serve(*lane.executor);
    }
    return is_serving();
}

void GatewayBench::flush() {
    ensure(control_->flush().has_value(), "control's row is written back");
    for (Lane& lane : lanes_) {
        ensure(lane.domain->flush().has_value(), "state rows are written back");
    }
}

void GatewayBench::restart(const Crash& crash) {
    queries.reset();
    commands.reset();
    finder.reset();
    runner_.reset();
    tables_.reset();
    lanes_.clear();
    control_executor_.reset();
    control_.reset();
    scheduler_.forget();
    work.forget();
    opening_.clear();
    journal_.reset();
    if (crash.power_cut) {
        log_->crash(entropy);
        state_rows_.lose_buffered(crash.lost_commits);
        view_rows_.lose_buffered(crash.lost_commits);
    }
    const keys::KeyCommitments expected = ring->commitments();
    epochs_ = std::make_unique<keys::FileEpochStore>(
        keys::FileEpochStore::open(epoch_folder_, entropy, schema::SANDBOX).value());
    ring = keys::KeyRing::open({key_folder_, *epochs_, entropy}, expected).value();
    open_services();
    open_journal();
    open_executors();
    open_views();
}

void GatewayBench::run() {
    while (step()) {
    }
}

bool GatewayBench::step() {
    return options_.step_among ? options_.step_among([this] { return own_step(); }) : own_step();
}

/// Whoever stands by has no better knowledge than what it has read.
bool GatewayBench::knows_control() const {
    return control_executor_->probe().serving ||
           (options_.shared_journal &&
            control_executor_->probe().folded >= journal_->head(control_partition)->next.value());
}

bool GatewayBench::own_step() {
    if (control_executor_ != nullptr && knows_control()) {
        snapshots.confirm(clock.now());
    }
    return scheduler_.run_one() || step_journal_() || work.run_one() ||
           (runner_ != nullptr && runner_->pump().value());
}

void GatewayBench::advance(Duration by) {
    clock.advance(by);
    run();
}

CommandHead GatewayBench::staff_head(bool by_second) {
    const auto& key = by_second ? second : first;
    const StaffId staff = control::staff_id_of(key.point().to_bytes());
    CommandHead head;
    head.id = CommandId(crypto::sha256("order " + std::to_string(++orders_)).array());
    head.digest = crypto::sha256("content");
    head.issued_at = clock.now();
    head.caller = head.actor = {schema::Party::STAFF_MEMBER, staff.to_bytes()};
    head.channel = schema::STAFF_CONSOLE;
    return head;
}

Result<runtime::Receipt> GatewayBench::order(control::Command command, bool by_second) {
    std::optional<Result<runtime::Receipt>> outcome;
    service_->submit(std::move(command), staff_head(by_second),
                     [&](Result<runtime::Receipt> answer) { outcome = std::move(answer); });
    run();
    ensure(outcome.has_value(), "a command is answered");
    return *outcome;
}

Result<runtime::Receipt> GatewayBench::send(const AccountId& account, citizen::Command command,
                                            const CommandHead& head) {
    std::optional<Result<runtime::Receipt>> outcome;
    service_->submit(account, std::move(command), head,
                     [&](Result<runtime::Receipt> answer) { outcome = std::move(answer); });
    run();
    ensure(outcome.has_value(), "a command is answered");
    return *outcome;
}

crypto::P256PrivateKey GatewayBench::given_terminal(const TerminalId& id, schema::TerminalKind kind,
                                                    const std::string& place) {
    auto key = crypto::P256PrivateKey::generate(entropy);
    control::EnrolTerminal enrol;
    enrol.terminal = id;
    enrol.kind = kind;
    enrol.public_key = key.point().to_bytes();
    (kind == schema::TERMINAL_KIND_MOBILE_TEAM ? enrol.team : enrol.site) = place;
    ensure(order(control::TerminalCommand(enrol)).has_value(), "a terminal is enrolled");
    return key;
}

crypto::P256PrivateKey GatewayBench::given_operator(const OperatorId& id,
                                                    const std::string& place) {
    auto key = crypto::P256PrivateKey::generate(entropy);
    control::EnrolOperator enrol;
    enrol.op = id;
    enrol.public_key = key.point().to_bytes();
    enrol.sites = {place};
    ensure(order(control::OperatorCommand(enrol)).has_value(), "an operator is enrolled");
    return key;
}

control::RelyingPartyFacts library() {
    control::RelyingPartyFacts facts;
    facts.name_english = facts.organisation = "Library";
    facts.redirect_uris = {"https://library.example/back"};
    facts.callback_uris = {"https://library.example/callback"};
    facts.direct_login_uris = {"https://library.example/direct"};
    return facts;
}

void GatewayBench::given_service(const ClientId& id, const control::RelyingPartyFacts& facts,
                                 const std::set<std::string>& scopes) {
    control::ApplyRelyingParty apply;
    apply.client = id;
    apply.scopes = scopes;
    apply.facts = facts;
    apply.kek = "a key that nobody wraps for";
    ensure(order(control::RelyingPartyCommand(apply), true).has_value(), "a service applies");
    control::ApproveRelyingParty approve;
    approve.client = id;
    approve.scopes = scopes;
    approve.client_secret = Sensitive(Bytes("the secret of this service alone"));
    ensure(order(control::RelyingPartyCommand(approve)).has_value(), "a service is approved");
}

std::string GatewayBench::challenge(service::ChallengePurpose purpose) {
    return service::issue_challenge(secrets->stamps, purpose, clock.now(), entropy).text;
}

Bytes GatewayBench::sign(const crypto::P256PrivateKey& key, service::Signer signer,
                         const std::string& command, const std::string& challenge,
                         const Json& body) const {
    const std::string text = body.is_string() ? body.get<std::string>() : body.dump();
    const std::string client = text_member(body, "client");
    const std::string digest = text_member(body, "text_digest");
    service::SignedMessage message;
    message.signer = signer;
    message.environment = secrets->environment;
    message.command = command;
    message.challenge = challenge;
    message.client = client;
    message.text_digest = digest;
    message.body = text;
    return key.sign_der(service::signed_message(message));
}

std::shared_ptr<const citizen::State> GatewayBench::state_of(const AccountId& account) {
    std::shared_ptr<const citizen::State> out;
    service_->look(account, [&](Result<std::shared_ptr<const citizen::State>> state) {
        out = state ? *std::move(state) : nullptr;
    });
    run();
    return out;
}

app::AppPorts GatewayBench::app_ports() {
    return {*service_, *finder,      *queries,
            snapshots, *secrets,     *desk,
            *networks, *identity,    outside::read_sandbox_attestation,
            passwords, signing_keys, *authority,
            *vault,    *ring,        verifier,
            clock,     entropy,      work};
}

channel::ChannelPorts GatewayBench::channel_ports() {
    return {*service_,
            *queries,
            snapshots,
            *secrets,
            *networks,
            *identity,
            outside::read_sandbox_attestation,
            passwords,
            *ring,
            verifier,
            clock,
            entropy,
            work};
}

}  // namespace chopmark::test
