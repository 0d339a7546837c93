#include "ops/wiring.h"

#include <array>

#include "events/crypto/p256.h"
#include "events/schema/genesis.pb.h"
#include "gateways/admin/admin_gateway.h"
#include "gateways/app/app_gateway.h"
#include "gateways/audit/audit_gateway.h"
#include "gateways/channel/channel_gateway.h"
#include "gateways/node/desk_follower.h"
#include "gateways/node/node_routes.h"
#include "gateways/outside/sandbox_cards.h"
#include "gateways/rp/rp_gateway.h"
#include "gateways/security/security_gateway.h"
#include "gateways/service/login_expiry.h"
#include "gateways/service/staff_session.h"
#include "ops/alert_news.h"
#include "ops/alerting.h"
#include "ops/bulk_signing.h"
#include "ops/callbacks.h"
#include "ops/config/read.h"
#include "ops/kek_authorities.h"
#include "ops/keyport_files.h"
#include "ops/outside_parties.h"
#include "ops/owed_answers.h"
#include "ops/publishing.h"
#include "ops/refusal_counts.h"
#include "ops/server_probes.h"
#include "ops/telemetry/process_probe.h"
#include "ops/tree_desk.h"
#include "ops/view_desk.h"

namespace chopmark::ops {
namespace {

using std::chrono::milliseconds;

/// What the configuration is for must be what the folder was founded as.
Result<void> check_environment(const config::Config& config, keys::Environment founded) {
    constexpr std::array as_founded{schema::PRODUCTION, schema::INTEGRATION, schema::SANDBOX};
    if (as_founded[static_cast<std::size_t>(config.node.environment)] != founded) {
        return Error(config::refused, "node.environment is not that of the data folder");
    }
    return {};
}

std::string origin_of(const config::GatewayConfig& gateway) {
    return gateway.origin.empty()
               ? std::string(gateway.listen.tls.on() ? "https://" : "http://") +
                     gateway.listen.address + ":" + std::to_string(gateway.listen.port)
               : gateway.origin;
}

}  // namespace

struct Server::Parts {
    Parts(const config::Config& settings, const Backbone::Process& around)
        : config(settings), process(around) {}
    ~Parts();
    Result<void> build(const DataFolder& folder);
    Result<void> build_upkeep(const DataFolder& folder);
    void build_relying_party_gateway();
    void build_citizens_gateways();
    void build_staff_gateways();
    Result<void> listen();
    Result<void> listen_to_peers(const DataFolder& folder);
    void keep_going();

    const config::Config config;
    Backbone::Process process;
    std::unique_ptr<Backbone> backbone;
    std::unique_ptr<OutsideParties> parties;
    std::unique_ptr<KeyRetirement> key_retirement;
    std::unique_ptr<RelyingPartyCalendar> calendar;
    admin::KekAuthorities kek_authorities;
    std::function<Result<admin::KekTrust>()> read_trust;
    std::unique_ptr<KekWatch> kek_watch;
    std::unique_ptr<Alerting> alerting;
    std::unique_ptr<Publishing> publishing;  // null: no cluster to publish on
    std::unique_ptr<ViewDesk> view_desk;
    std::unique_ptr<TreeDesk> tree_desk;

    const crypto::P256Verifier verifier;
    const service::SandboxAddressBook addresses;
    std::unique_ptr<service::Secrets> secrets;
    std::unique_ptr<service::Networks> networks;
    std::unique_ptr<service::RefusalTally> refusal_tally;
    std::unique_ptr<RefusalCounts> refusal_counts;
    std::unique_ptr<service::Queries> queries;
    std::unique_ptr<service::LoginDesk> login_desk;
    std::unique_ptr<service::LoginExpiry> login_expiry;
    std::unique_ptr<node::DeskFollower> desk_follower;      // null: this node is alone
    std::unique_ptr<node::NodeAuthorizer> node_authorizer;  // likewise
    std::unique_ptr<outside::ChipVerifier> chips;
    std::unique_ptr<outside::IdentityChecks> identity;

    std::unique_ptr<rp::RpGateway> rp;
    std::unique_ptr<rp::RpCallbacks> callbacks;
    std::unique_ptr<rp::CallbackSender> callback_sender;
    std::unique_ptr<rp::SentCallbacks> sent_callbacks;
    std::unique_ptr<app::AppAuthorizer> app_authorizer;
    std::unique_ptr<app::AppGateway> app;
    std::unique_ptr<channel::ChannelAuthorizer> channel_authorizer;
    std::unique_ptr<channel::ChannelGateway> channel;
    std::unique_ptr<service::StaffSessions> staff;
    std::unique_ptr<audit::AuditGateway> audit;
    security::AlertFeed alert_feed;
    std::unique_ptr<AlertNewsReader> alert_news;
    std::unique_ptr<security::SecurityGateway> security;
    std::unique_ptr<admin::AdminGateway> admin;

    telemetry::Metrics metrics;
    std::unique_ptr<Listeners> listeners;
};

/// Listeners first, then every thread, then what they worked on.
Server::Parts::~Parts() {
    listeners.reset();
    view_desk.reset();
    if (key_retirement != nullptr) {
        key_retirement->stop();
    }
    if (backbone != nullptr) {
        backbone->threads().stop();
    }
    publishing.reset();
    if (alerting != nullptr) {
        alerting->stop();
    }
    if (backbone != nullptr) {
        backbone->stop();
    }
}

Result<void> Server::Parts::build(const DataFolder& folder) {
    CHOPMARK_TRY(check_epoch_keys(folder, config.keys));
    CHOPMARK_ASSIGN(backbone, Backbone::open(config, folder, process));
    CHOPMARK_TRY(check_environment(config, backbone->storage().genesis().facts().environment));
    Storage& storage = backbone->storage();
    Deciding& deciding = backbone->deciding();
    const Clock& clock = process.clock;
    CHOPMARK_ASSIGN(parties, OutsideParties::open(config, storage.genesis().facts().environment,
                                                  folder, clock, process.entropy));
    // Real cards' issuer and real phones' makers have no adapters yet.
    CHOPMARK_TRY(keys::require_sandbox(storage.genesis().facts().environment,
                                       "the sandbox's cards, phones and addresses"));
    CHOPMARK_ASSIGN(alerting, Alerting::open(backbone->folding(), backbone->commands(), clock, {}));
    if (storage.kafka() != nullptr) {
        CHOPMARK_ASSIGN(
            publishing,
            Publishing::open(config.kafka, {storage.journal(), storage.vault(), storage.tables(),
                                            storage.genesis().facts().origin,
                                            [&deciding](PartitionId partition) {
                                                return deciding.serves(partition);
                                            },
                                            process.log}));
        metrics.add([this](auto& samples) { publishing->probe(samples); });
    }
    view_desk = std::make_unique<ViewDesk>(*backbone, folder.root() / "scratch");
    tree_desk = std::make_unique<TreeDesk>(backbone->proving(), deciding.control());

    secrets = std::make_unique<service::Secrets>(
        *storage.ring().material(),
        std::string(keys::to_string(storage.genesis().facts().environment)));
    networks = std::make_unique<service::Networks>(addresses, storage.ring());
    refusal_tally = std::make_unique<service::RefusalTally>(*networks, deciding.control(), clock);
    refusal_counts = std::make_unique<RefusalCounts>(*refusal_tally, backbone->commands(), clock,
                                                     storage.node().node());
    queries = std::make_unique<service::Queries>(
        storage.tables(),
        [&views = backbone->views()](std::string_view view, const fold::Positions& wanted,
                                     Instant deadline, fold::Reached reached) {
            views.wait(view, wanted, deadline, std::move(reached));
        },
        *secrets, clock);
    service::LoginDesk::Options desk;
    if (Peers* peers = backbone->peers()) {
        desk.node = node::number_of(storage.node().node());
        desk.others = &peers->desks();
    }
    login_desk = std::make_unique<service::LoginDesk>(desk, *secrets, clock, process.entropy);
    if (backbone->peers() != nullptr) {
        desk_follower = std::make_unique<node::DeskFollower>(storage.journal(), storage.vault(),
                                                             *secrets, *login_desk);
        node_authorizer =
            std::make_unique<node::NodeAuthorizer>(storage.authority(), deciding.control());
    }
    login_expiry = std::make_unique<service::LoginExpiry>(
        *login_desk, backbone->commands(), clock, [&entropy = process.entropy](Instant now) {
            return timer_command(entropy.draw<CommandId>(), now);
        });
    chips = std::make_unique<outside::ChipVerifier>(outside::sandbox_issuer(), verifier);
    identity = std::make_unique<outside::IdentityChecks>(outside::IdentityChecks::Ports{
        parties->immigration(), parties->matcher(), *chips, storage.ring(), clock});
    handle_owed_answers(backbone->follow_ups(), backbone->threads().outside(),
                        {backbone->commands(), deciding.events(), deciding.control(),
                         storage.key_port(), parties->authority(), parties->push(), clock});
    handle_bulk_signing(
        backbone->follow_ups(), backbone->threads().outside(),
        {backbone->commands(), deciding.events(), storage.key_port(), parties->authority(), clock});

    CHOPMARK_TRY(build_upkeep(folder));
    metrics.add([this](auto& samples) { backbone->probe(samples); });
    metrics.add([this](auto& samples) { probe_calendar(samples, calendar->probe()); });
    metrics.add([this](auto& samples) { probe_keks(samples, kek_watch->probe()); });
    metrics.add([this](auto& samples) { probe_retired(samples, key_retirement->probe()); });
    metrics.add([this](auto& samples) { probe_desk(samples, login_desk->probe()); });
    metrics.add([this](auto& samples) { probe_calls(samples, rp->probe()); });
    metrics.add(telemetry::probe_process);
    build_relying_party_gateway();
    build_citizens_gateways();
    build_staff_gateways();
    return {};
}

/// What looks after keys and dates.
Result<void> Server::Parts::build_upkeep(const DataFolder& folder) {
    Storage& storage = backbone->storage();
    Deciding& deciding = backbone->deciding();
    const Clock& clock = process.clock;
    CHOPMARK_ASSIGN(
        key_retirement,
        KeyRetirement::open({storage.journal(), storage.vault(), storage.rows(), storage.key_port(),
                             parties->authority(), clock, backbone->threads().outside()}));

    calendar =
        std::make_unique<RelyingPartyCalendar>(backbone->commands(), deciding.control(), clock);
    read_trust = [this, folder, environment = storage.genesis().facts().environment] {
        return read_kek_trust(config, environment, folder);
    };
    CHOPMARK_ASSIGN(auto trust, read_trust());
    kek_authorities.renew(std::move(trust));
    kek_watch = std::make_unique<KekWatch>(KekWatch::Surroundings{
        deciding.control(), *queries, deciding.events(), kek_authorities, process.log});
    return {};
}

void Server::Parts::build_relying_party_gateway() {
    Storage& storage = backbone->storage();
    Deciding& deciding = backbone->deciding();
    const Clock& clock = process.clock;
    const rp::Ports rp_ports{backbone->commands(),
                             deciding.events(),
                             deciding.control(),
                             *secrets,
                             *queries,
                             *login_desk,
                             *networks,
                             storage.vault(),
                             clock,
                             process.entropy,
                             backbone->threads().work()};
    rp::Options rp_options;
    rp_options.origin = origin_of(config.rp);
    rp = std::make_unique<rp::RpGateway>(rp_ports, rp_options);
    callbacks = std::make_unique<rp::RpCallbacks>(rp_ports, rp_options);
    rp::CallbackSender::Options sending;
    sending.sandbox = storage.genesis().facts().environment == schema::SANDBOX;
    callback_sender = std::make_unique<rp::CallbackSender>(sending);
    FollowUps& follow_ups = backbone->follow_ups();
    WorkPool& outside = backbone->threads().outside();
    sent_callbacks = std::make_unique<rp::SentCallbacks>(
        rp::SentCallbacks::Parts{backbone->commands(), *callbacks, *callback_sender, clock,
                                 outside},
        [&follow_ups](const AccountId& account, const EventId& asked) {
            return follow_ups.next_of(account, asked, citizen::callback);
        });
    handle_callbacks(follow_ups, outside,
                     {backbone->commands(), *callbacks, *callback_sender, *sent_callbacks, clock});
}

void Server::Parts::build_citizens_gateways() {
    Storage& storage = backbone->storage();
    Deciding& deciding = backbone->deciding();
    const Clock& clock = process.clock;
    app_authorizer = std::make_unique<app::AppAuthorizer>(*secrets, *queries, clock);
    app = std::make_unique<app::AppGateway>(app::AppPorts{
        backbone->commands(), deciding.events(), *queries, deciding.control(), *secrets,
        *login_desk, *networks, *identity, outside::read_sandbox_attestation, storage.passwords(),
        storage.key_port(), parties->authority(), storage.vault(), storage.ring(), verifier, clock,
        process.entropy, backbone->threads().work()});
    const channel::ChannelPorts channel_ports{backbone->commands(),
                                              *queries,
                                              deciding.control(),
                                              *secrets,
                                              *networks,
                                              *identity,
                                              outside::read_sandbox_attestation,
                                              storage.passwords(),
                                              storage.ring(),
                                              verifier,
                                              clock,
                                              process.entropy,
                                              backbone->threads().work()};
    channel_authorizer = std::make_unique<channel::ChannelAuthorizer>(channel_ports);
    channel = std::make_unique<channel::ChannelGateway>(channel_ports);
}

void Server::Parts::build_staff_gateways() {
    Storage& storage = backbone->storage();
    Deciding& deciding = backbone->deciding();
    const Clock& clock = process.clock;
    staff = std::make_unique<service::StaffSessions>(*secrets, deciding.control(), verifier, clock,
                                                     process.entropy);
    audit = std::make_unique<audit::AuditGateway>(audit::Ports{
        backbone->commands(), *queries, deciding.control(), storage.vault(), deciding.events(),
        storage.journal(), *tree_desk, clock, backbone->threads().work(), storage.node().node()});
    alert_news = std::make_unique<AlertNewsReader>(storage.journal(), storage.vault(), alert_feed);
    security = std::make_unique<security::SecurityGateway>(
        security::Ports{backbone->commands(), *queries, storage.vault(), clock, process.entropy,
                        backbone->threads().work(), alert_feed});
    admin = std::make_unique<admin::AdminGateway>(
        admin::Ports{backbone->commands(), *queries, deciding.control(), storage.vault(),
                     deciding.events(), clock, process.entropy, backbone->threads().work(),
                     *view_desk, kek_authorities, *sent_callbacks});
}

/// Before any term of ours tells them where we are.
Result<void> Server::Parts::listen_to_peers(const DataFolder& folder) {
    listeners = std::make_unique<Listeners>(
        config, Listeners::Shared{process.entropy, process.clock, process.log, metrics,
                                  [this] { return backbone->not_ready(); }, refusal_tally.get()});
    Peers* peers = backbone->peers();
    if (peers == nullptr) {
        return {};
    }
    CHOPMARK_ASSIGN(const auto files, node_files(folder, backbone->storage().genesis()));
    return listeners->open_peers(
        node::node_routes({backbone->deciding().commands(), peers->routes(), *login_desk,
                           backbone->deciding().control(), backbone->storage().kafka()}),
        *node_authorizer, http::peer_front(files, config.node.peer_address, config.node.peer_port));
}

Result<void> Server::Parts::listen() {
    const auto staffed = [this](std::vector<http::Route> rows) {
        for (http::Route& row : staff->routes()) {
            rows.push_back(std::move(row));
        }
        return rows;
    };
    std::vector<http::Route> online_services = rp->routes();
    for (http::Route& row : rp->own_routes(*sent_callbacks)) {
        online_services.push_back(std::move(row));
    }
    CHOPMARK_TRY(listeners->open(
        {"rp",
         {"Chopmark: relying parties", "1", "The iAM Smart wire protocol for online services.", {}},
         config.rp,
         std::move(online_services),
         nullptr}));
    CHOPMARK_TRY(listeners->open({"app",
                                  {"Chopmark: phones", "1", "For the citizens' app.", {}},
                                  config.app,
                                  app->routes(),
                                  app_authorizer.get()}));
    CHOPMARK_TRY(
        listeners->open({"channel",
                         {"Chopmark: terminals", "1", "For kiosks, counters and mobile teams.", {}},
                         config.channel,
                         channel->routes(),
                         channel_authorizer.get()}));
    CHOPMARK_TRY(listeners->open({"audit",
                                  {"Chopmark: auditors", "1", "Every look is recorded.", {}},
                                  config.audit,
                                  staffed(audit->routes()),
                                  staff.get()}));
    CHOPMARK_TRY(listeners->open({"security",
                                  {"Chopmark: security teams", "1", "Alerts and cases.", {}},
                                  config.security,
                                  staffed(security->routes()),
                                  staff.get()}));
    CHOPMARK_TRY(listeners->open({"admin",
                                  {"Chopmark: operators", "1", "For those who run it.", {}},
                                  config.admin,
                                  staffed(admin->routes()),
                                  staff.get()}));
    return {};
}

void Server::Parts::keep_going() {
    Threads& threads = backbone->threads();
    // Every node folds; one raises.
    threads.every(milliseconds(500), [this] {
        if (backbone->deciding().serves(control_partition)) {
            alerting->raise();
        }
    });
    threads.every(milliseconds(1000), [this] {
        if (backbone->deciding().serves(control_partition)) {
            key_retirement->tick();
        }
    });
    threads.every(milliseconds(2000), [this] {
        if (backbone->deciding().serves(control_partition)) {
            calendar->tick();
        }
    });
    threads.every(std::chrono::minutes(1), [this] { kek_watch->tick(); });
    threads.every(milliseconds(200), [this] { alert_news->read(); });
    threads.every(milliseconds(1000), [this] { login_expiry->tick(); });
    if (desk_follower != nullptr) {
        threads.every(milliseconds(50), [this] { desk_follower->read(); });
    }
    threads.every(milliseconds(1000), [this] { refusal_counts->tick(); });
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(const config::Config& config,
                                              const DataFolder& folder,
                                              const Backbone::Process& process) {
    auto parts = std::make_unique<Parts>(config, process);
    CHOPMARK_TRY(parts->build(folder));
    CHOPMARK_TRY(parts->listen_to_peers(folder));
    CHOPMARK_TRY(parts->backbone->start());
    parts->alerting->start();
    if (parts->publishing != nullptr) {
        parts->publishing->start();
    }
    parts->keep_going();
    CHOPMARK_TRY(parts->listen());
    parts->listeners->announce();
    return std::unique_ptr<Server>(new Server(std::move(parts)));
}

/// Others take over while this node still answers; then it stops to.
bool Server::drain(Duration within) {
    parts_->listeners->withdraw();
    const bool handed_over = parts_->backbone->hand_over(within);
    if (!handed_over) {
        parts_->process.log.warn("node.not_handed_over", {});
    }
    return parts_->listeners->drain(within);
}

bool Server::renew_files() {
    const bool listening = parts_->listeners->renew_tls();
    auto trust = parts_->read_trust();
    if (!trust) {
        parts_->process.log.error("relying_parties.kek_authorities_kept",
                                  {{"error", to_string(trust.error())}});
        return false;
    }
    parts_->kek_authorities.renew(*std::move(trust));
    parts_->kek_watch->tick();
    return listening;
}

std::vector<Listeners::Address> Server::addresses() const { return parts_->listeners->addresses(); }

Backbone& Server::backbone() { return *parts_->backbone; }

}  // namespace chopmark::ops
