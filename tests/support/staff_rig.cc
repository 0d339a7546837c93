#include "tests/support/staff_rig.h"

#include "gateways/http/problem.h"
#include "gateways/service/signed_message.h"
#include "tests/support/http_openapi.h"

namespace chopmark::test {
namespace {

/// Keeps the one answer; streams are not for it.
class KeptReply final : public http::ReplyTarget {
  public:
    explicit KeptReply(http::TraceContext trace) : trace_(trace) {}
    void answer(httplib::Response response) override { take(std::move(response)); }
    void fail(const Error& error) override { take(http::problem(error, trace_)); }
    void drop() override { got.status = 500; }
    void park(http::Park) override {}
    http::Stream open_stream(httplib::Response, http::StreamHooks) override { return {}; }
    [[nodiscard]] bool is_open() const override { return got.status == 0; }

    Got got;

  private:
    void take(httplib::Response response) {
        ensure(got.status == 0, "a request is answered once");
        got.status = response.status <= 0 ? 200 : response.status;
        got.text = response.body;
        got.body = nlohmann::json::parse(response.body, nullptr, false);
        got.position = response.get_header_value("Chopmark-Position");
    }
    http::TraceContext trace_;
};

}  // namespace

void BenchCommands::submit(const AccountId& account, citizen::Command command, CommandHead head,
                           runtime::Answer answer) {
    sent.push_back({account, std::move(command), std::move(head)});
    answer(decide ? decide(sent.back()) : Result<runtime::Receipt>(runtime::not_serving));
}

void BenchCommands::submit(control::Command command, CommandHead head, runtime::Answer answer) {
    auto shared = std::make_shared<runtime::Answer>(std::move(answer));
    const auto taken =
        bench_.executor().submit({std::move(command),
                                  std::move(head),
                                  {},
                                  [](auto) {},
                                  [shared](auto outcome) { (*shared)(std::move(outcome)); }});
    if (!taken) {
        (*shared)(taken.error());
    }
}

void BenchCommands::look(const AccountId& account, Seen seen) {
    const auto at = known.find(account);
    seen(at == known.end() ? std::shared_ptr<const citizen::State>()
                           : std::make_shared<const citizen::State>(at->second));
}

void BenchCommands::look_card(Slot, const citizen::CardToken&, HolderSeen seen) {
    seen(std::shared_ptr<const citizen::CardHolder>());
}

BenchDesk::BenchDesk(ControlBench& bench) : bench_(bench) {
    tree_ = tlog::PartitionTree::open(control_partition, rows_).value();
}

Result<audit::Heads> BenchDesk::heads() const {
    CHOPMARK_TRY(tree_->catch_up(bench_.journal()));
    audit::Heads heads;
    heads.now[control_partition] = tree_->head();
    heads.cut = bench_.snapshots.latest()->state->cuts.number;
    for (const auto& [partition, size] : bench_.snapshots.latest()->state->cuts.sizes) {
        CHOPMARK_ASSIGN(heads.of_cut[partition], tree_->head_at(size));
    }
    return heads;
}

Result<tlog::TreeHead> BenchDesk::head_at(PartitionId partition, std::uint64_t size) const {
    if (partition != control_partition) {
        return audit::partition_unknown;
    }
    CHOPMARK_TRY(tree_->catch_up(bench_.journal()));
    return tree_->head_at(size);
}

Result<tlog::Proof> BenchDesk::inclusion(PartitionId, std::uint64_t index,
                                         std::uint64_t size) const {
    return tree_->inclusion(index, size);
}

Result<tlog::Proof> BenchDesk::consistency(PartitionId, std::uint64_t older,
                                           std::uint64_t newer) const {
    return tree_->consistency(older, newer);
}

std::vector<admin::ViewState> BenchDesk::views() const {
    admin::ViewState state;
    state.name = "alerts_view";
    return {state};
}

Result<void> BenchDesk::begin(admin::ViewWork work, std::string_view view) {
    if (view != "alerts_view") {
        return admin::view_unknown;
    }
    begun.emplace_back(work, view);
    return {};
}

Result<void> BenchDesk::begin_checkpoint() {
    if (!made.kept.empty()) {
        return admin::checkpoint_running;
    }
    const tlog::TreeHead head = tree_->head();
    made.kept.push_back({"/data/checkpoints/20261121T164500.000000Z",
                         Instant::from_millis(1795279500000),
                         4096,
                         2,
                         {{control_partition, head.size, head.root}}});
    return {};
}

admin::NodeState BenchDesk::status() const {
    admin::NodeState state;
    state.environment = "sandbox";
    state.ready = true;
    return state;
}

std::vector<admin::PartitionState> BenchDesk::partitions() const {
    admin::PartitionState control;
    control.partition = control_partition;
    control.owner = StaffRig::node;
    control.endpoint = "10.0.0.1:8110";
    const auto head = bench_.journal().head(control_partition);
    control.term = head->term;
    control.head = head->next;
    control.served = !drained;
    return {control};
}

void BenchDesk::drain(std::function<void(Result<Duration>)> told) {
    told(std::exchange(drained, true) ? Result<Duration>(admin::node_draining)
                                      : Result<Duration>(Duration(250'000)));
}

Result<void> BenchDesk::resume() {
    return std::exchange(drained, false) ? Result<void>() : Result<void>(admin::node_not_drained);
}

void BenchDesk::survey(const std::vector<std::uint32_t>&, Surveyed surveyed) {
    surveyed(software.empty()
                 ? Result<std::vector<control::NodeVersion>>(control::types_not_everywhere)
                 : Result<std::vector<control::NodeVersion>>(software));
}

Result<EventId> BenchDesk::receipt_of(const control::OrderId&) const {
    return admin::receipt_unknown;
}

std::optional<rp::CallbackStory> BenchCallbacks::story(const EventId& asked) const {
    for (const auto& [client, one] : known) {
        if (one.asked == asked) {
            return one;
        }
    }
    return std::nullopt;
}

std::vector<rp::CallbackStory> BenchCallbacks::waiting(const ClientId& client) const {
    const auto at = known.find(client);
    return at == known.end() ? std::vector<rp::CallbackStory>() : std::vector{at->second};
}

void BenchCallbacks::send_again(const AccountId& account, const ClientId& client,
                                const EventId& asked, std::uint32_t sequence, Sent sent) {
    sent_again.push_back({account, client, asked, sequence});
    sent(outcome);
}

StaffRig::StaffRig() {
    ensure(bench.serve().has_value(), "control serves");
    const auto material = keys::KeyMaterial::draw(bench.entropy, bench.clock.now());
    secrets = std::make_unique<service::Secrets>(material, "sandbox");
    sessions = std::make_unique<service::StaffSessions>(*secrets, bench.snapshots, verifier,
                                                        bench.clock, bench.entropy);
    open_views();
    admin_ = std::make_unique<admin::AdminGateway>(
        admin::Ports{commands, *queries_, bench.snapshots, bench.vault, *events_, bench.clock,
                     bench.entropy, pool, desk, kek_authorities, callbacks});
    audit_ = std::make_unique<audit::AuditGateway>(
        audit::Ports{commands, *queries_, bench.snapshots, bench.vault, *events_, bench.journal(),
                     desk, bench.clock, pool, node});
    security_ = std::make_unique<security::SecurityGateway>(
        security::Ports{commands, *queries_, bench.vault, bench.clock, bench.entropy, pool, feed});
    routes = sessions->routes();
    for (auto rows : {admin_->routes(), audit_->routes(), security_->routes()}) {
        routes.insert(routes.end(), rows.begin(), rows.end());
    }
    table_ = std::make_unique<http::RouteTable>(http::RouteTable::build(routes).value());
}

void StaffRig::open_views() {
    tables_ = fold::LiveTables::open(view_rows_).value();
    std::vector<fold::Runner::Assigned> assigned;
    const auto seat = [&](const fold::View& view) {
        assigned.push_back({&view, tables_->adopt(view.name(), view.version()).value()});
    };
    for (const fold::View* view : views_.all()) {
        seat(*view);
    }
    seat(index_);
    runner_ =
        fold::Runner::open({bench.journal(), *tables_, bench.vault, bench.clock}, assigned, {})
            .value();
    events_ = std::make_unique<runtime::EventFinder>(bench.journal(), *tables_, bench.vault);
    queries_ = std::make_unique<service::Queries>(
        *tables_,
        [this](std::string_view view, const fold::Positions& wanted, Instant deadline,
               fold::Reached reached) {
            runner_->wait(view, wanted, deadline, std::move(reached));
        },
        *secrets, bench.clock);
}

void StaffRig::settle() {
    bench.run();
    while (runner_->pump().value()) {
    }
}

StaffId StaffRig::enrol(const std::string& name, const control::Roles& roles) {
    auto made = crypto::P256PrivateKey::generate(bench.entropy);
    control::EnrolStaff command;
    command.public_key = made.point().to_bytes();
    command.staff = control::staff_id_of(command.public_key);
    command.roles = roles;
    command.name = Sensitive<std::string>(name);
    const auto outcome =
        bench.send(control::Command(control::StaffCommand(command)), bench.by_first(name, name));
    settle();
    ensure(outcome->has_value() && outcome->value().has_value(), "an enrolment is accepted");
    people_.insert_or_assign(name, std::pair(command.staff, std::move(made)));
    return command.staff;
}

EventId StaffRig::store(schema::Event event) {
    constexpr PartitionId citizens(1);
    const auto writer = bench.journal().open_term(citizens, reader_).value();
    const record::Stamp stamp{bench.entropy.draw<EventId>(), bench.clock.now()};
    ensure(
        writer->append(bench.vault.seal(event, {citizens, stamp, KeyIndex()}).value()).has_value(),
        "an event can be stored");
    settle();
    return stamp.event_id;
}

void StaffRig::by_platform(const control::Command& command, std::string_view name) {
    CommandHead head = bench.by_first(name, name);
    head.caller = head.actor = {schema::Party::NODE, node.to_bytes()};
    const auto outcome = bench.send(command, head);
    settle();
    ensure(outcome->has_value() && outcome->value().has_value(), "the platform's is accepted");
}

Got StaffRig::sign_in(const std::string& name) {
    const Got challenge = call("", "POST", "/staff/v1/challenge", nlohmann::json::object());
    service::SignedMessage message;
    message.signer = service::Signer::staff;
    message.environment = secrets->environment;
    message.command = "session.open";
    const std::string text = challenge.body.at("challenge");
    message.challenge = text;
    Got session =
        call("", "POST", "/staff/v1/session",
             {{"staff", id(name).hex()},
              {"challenge", text},
              {"signature", to_base64(key(name).sign_der(service::signed_message(message)))}});
    if (session.status == 200) {
        tokens_[name] = session.body.at("token");
    }
    return session;
}

Got StaffRig::call(const std::string& name, const std::string& method, const std::string& target,
                   const nlohmann::json& body, const std::string& key,
                   const httplib::Headers& headers) {
    auto call = std::make_shared<http::Call>();
    call->request.method = method;
    call->request.target = target;
    call->request.path = target.substr(0, target.find('?'));
    call->request.headers = headers;
    if (const auto at = target.find('?'); at != std::string::npos) {
        httplib::detail::parse_query_text(target.substr(at + 1), call->request.params);
    }
    if (!name.empty()) {
        call->request.set_header("Authorization", "Bearer " + tokens_.at(name));
    }
    if (method == "POST") {
        call->request.body = body.dump();
        call->request.set_header("Idempotency-Key",
                                 key.empty() ? "call-" + std::to_string(++calls_) : key);
    }
    const auto target_reply = std::make_shared<KeptReply>(call->trace);
    http::Reply reply(target_reply);
    const http::Match match = table_->find(method, call->request.path);
    ensure(match.route != nullptr, "the test's row is there");
    call->route = match.route;
    call->path_params = match.params;
    if (match.route->permission != http::public_access) {
        auto principal = sessions->authorize(*call, match.route->permission);
        if (!principal) {
            reply.fail(principal.error());
            return target_reply->got;
        }
        call->principal = *std::move(principal);
    }
    if (const auto* handler = std::get_if<http::Handler>(&match.route->handler)) {
        reply.finish((*handler)(*call));
    } else {
        std::get<http::AsyncHandler>(match.route->handler)(call, std::move(reply));
    }
    settle();
    const Got& got = target_reply->got;
    if (match.route->kind != http::RouteKind::stream) {
        http_test::expect_promised(*match.route, call->request.body, got.status, got.body);
    }
    return got;
}

}  // namespace chopmark::test
