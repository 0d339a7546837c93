#include "ops/backbone.h"

#include <thread>

#include "events/keys/period.h"
#include "events/schema/codec.h"
#include "gateways/admin/admin_desk.h"
#include "gateways/node/node_routes.h"
#include "ops/checkpoint/arrival.h"
#include "ops/kafka_cluster.h"
#include "ops/kafka_membership.h"
#include "ops/keyport_files.h"
#include "projections/record_row.h"

namespace chopmark::ops {

using std::chrono::milliseconds;

namespace {

/// Documents in memory, of the whole node: a million accounts must not cost a gigabyte
/// (ops/decisions/0010-where-the-time-goes.md).
constexpr std::size_t hot_documents = 64'000;

/// For the brokers' answer where control ends; it is asked four times a second.
constexpr Duration control_wait = std::chrono::milliseconds(500);
/// For a broker to say what time it is; whoever has no answer asks again.
constexpr Duration clock_wait = std::chrono::seconds(2);
/// A start waits so long to be ready.
constexpr Duration start_wait = std::chrono::minutes(1);
constexpr Duration start_look = std::chrono::milliseconds(20);

/// What this node's terms say of where it is reached: nothing, where it is alone.
std::string endpoint_of(const config::Config& config) {
    if (config.journal.back_end != config::BackEnd::kafka) {
        return config.node.name;
    }
    if (!config.node.endpoint.empty()) {
        return config.node.endpoint;
    }
    const std::string& address = config.node.peer_address;
    const bool v6 = address.find(':') != std::string::npos;
    return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(config.node.peer_port);
}

Deciding::Options deciding_options(std::uint16_t partitions) {
    Deciding::Options options;
    options.domain.hot_documents = hot_documents / partitions;
    return options;
}

}  // namespace

Backbone::Backbone(const config::Config& config, const Process& process)
    : process_(process), name_(config.node.name), threads_(config.threads) {}

Backbone::~Backbone() { stop(); }

Result<std::unique_ptr<Backbone>> Backbone::open(const config::Config& config,
                                                 const DataFolder& folder, const Process& process) {
    auto backbone = std::unique_ptr<Backbone>(new Backbone(config, process));
    CHOPMARK_TRY(backbone->build(config, folder));
    return backbone;
}

Result<void> Backbone::build(const config::Config& config, const DataFolder& folder) {
    CHOPMARK_ASSIGN(
        storage_, Storage::open(config, folder, endpoint_of(config), process_.clock,
                                process_.entropy, kafka_log(process_.log),
                                [this] { return peers_ == nullptr ? nullptr : &peers_->tails(); }));
    CHOPMARK_TRY(fold_views(folder));
    CHOPMARK_ASSIGN(proving_, Proving::open(storage_->journal(), storage_->rows()));
    checkpoints_ = std::make_unique<checkpoint::Checkpoints>(checkpoint::Checkpoints::Surroundings{
        *storage_, *proving_, process_.clock, process_.log, checkpoint::checkpoints_in(folder)});
    CHOPMARK_TRY(build_deciding(config));
    if (shares()) {
        CHOPMARK_TRY(find_peers(folder));
    }
    follow_ups_ = std::make_unique<FollowUps>(FollowUps::Options(), threads_.outside(),
                                              process_.clock, process_.entropy);
    erasures_ = std::make_unique<Erasures>(Erasures::Surroundings{
        commands(), deciding_->control(), storage_->journal(), storage_->vault(), storage_->ring(),
        storage_->passwords(), storage_->key_port(), storage_->tables(), threads_.work(),
        process_.clock, process_.entropy, storage_->node().node(),
        [this] { return owns_control(); }, [this] { return checkpoints_->discard(); }});
    if (storage_->rows_arrived()) {
        CHOPMARK_TRY(checkpoint::forget_arrival(folder));
        process_.log.info("node.arrived", {});
    }
    return {};
}

Result<void> Backbone::build_deciding(const config::Config& config) {
    Deciding::Surroundings around{storage_->journal(),
                                  storage_->rows(),
                                  storage_->tables(),
                                  storage_->vault(),
                                  storage_->ring(),
                                  process_.clock,
                                  process_.entropy,
                                  threads_.work(),
                                  [this]() -> Strand& { return threads_.make_strand(); },
                                  storage_->skipped()};
    around.rows_arrived = storage_->rows_arrived();
    around.turned = [this](PartitionId partition, bool serves) {
        process_.log.info(serves ? "partition.served" : "partition.left",
                          {{"partition", partition}});
    };
    const std::uint16_t partitions = storage_->journal().partitions();
    if (journal::KafkaJournal* kafka = storage_->kafka()) {
        around.opener = &threads_.opening();
        around.asker = &threads_.asking();
        around.barred = [this] { return !barred().empty(); };
        around.read_control = [kafka] {
            return kafka->read_to_end(control_partition, control_wait);
        };
    }
    CHOPMARK_ASSIGN(deciding_, Deciding::open(around, deciding_options(partitions)));
    if (shares()) {
        attend(config);
    }
    return {};
}

void Backbone::attend(const config::Config& config) {
    attendance_ = std::make_unique<Attendance>(Attendance::Surroundings{
        std::make_unique<KafkaMembership>(config.kafka, storage_->journal().partitions(),
                                          kafka_log(process_.log)),
        [this] { return storage_->kafka()->read_all() && deciding_->caught_up(); },
        [this](const Ownership& ownership) { deciding_->assign(ownership); },
        [this] { return deciding_->probe().served; }, [this] { return barred(); },
        threads_.opening(), process_.log});
    if (process_.guard != nullptr) {
        broker_clock_ = std::make_unique<BrokerClock>(
            config.kafka, storage_->journal().partitions(), kafka_log(process_.log));
        clock_watch_ = std::make_unique<ClockWatch>(
            *process_.guard, [this] { return broker_clock_->ask(clock_wait); }, threads_.asking(),
            process_.log);
    }
}

/// Why this node must not own anything now, as a stable dotted name.
std::string Backbone::barred() const {
    const control::Nodes& nodes = *deciding_->control().latest()->state->nodes;
    const auto self = nodes.find(storage_->node().node());
    if (self != nodes.end() && self->second.standing != control::Enrolment::active) {
        return std::string(node::withdrawn.name);  // its peers refuse it as well
    }
    const std::string fault(clock_watch_ == nullptr ? "" : clock_watch_->fault());
    return fault.empty() && deciding_->outdated() ? std::string(schema::unknown_type.name) : fault;
}

Result<void> Backbone::find_peers(const DataFolder& folder) {
    CHOPMARK_ASSIGN(const auto files, node_files(folder, storage_->genesis()));
    peers_ = std::make_unique<Peers>(
        Peers::Surroundings{storage_->journal(),
                            storage_->authority(),
                            deciding_->control(),
                            storage_->node().node(),
                            deciding_->commands(),
                            deciding_->events(),
                            {files.certificate, files.key, files.authority}});
    return {};
}

fold::Runner::Surroundings Backbone::folding() {
    return {storage_->journal(), storage_->tables(), storage_->vault(), process_.clock};
}

std::vector<const fold::View*> Backbone::folds() const {
    std::vector<const fold::View*> all{&event_index_};
    for (const fold::View* view : views_.all()) {
        all.push_back(view);
    }
    return all;
}

/// From the journal, many times as fast as following it; nothing of another node's views is here.
Result<void> Backbone::build_views(const std::vector<fold::Runner::Assigned>& views,
                                   const DataFolder& folder) {
    fold::Positions upto;
    for (std::uint16_t number = 0; number <= storage_->journal().partitions(); ++number) {
        CHOPMARK_ASSIGN(const auto head, storage_->journal().head(PartitionId(number)));
        upto.set(PartitionId(number), head.next);
    }
    fold::BuildOptions options;
    options.scratch = folder.root() / "scratch";
    CHOPMARK_ASSIGN(const auto report, fold::build(folding(), views, upto, options));
    process_.log.info("views.built", {{"events", report.events}, {"rows", report.rows}});
    return {};
}

Result<void> Backbone::fold_views(const DataFolder& folder) {
    std::vector<fold::Runner::Assigned> assigned;
    const auto adopt = [&](const fold::View* view) -> Result<void> {
        CHOPMARK_ASSIGN(auto table, storage_->tables().adopt(view->name(), view->version()));
        assigned.push_back({view, std::move(table)});
        return {};
    };
    for (const fold::View* view : folds()) {
        CHOPMARK_TRY(adopt(view));
    }
    if (storage_->rows_arrived()) {
        CHOPMARK_TRY(build_views(assigned, folder));
    }
    const auto stopped = [this](const fold::ViewStatus& view) {
        process_.log.error("view.stopped", {{"view", view.name},
                                            {"partition", view.stopped->partition},
                                            {"sequence", view.stopped->sequence},
                                            {"error", view.stopped->error}});
    };
    CHOPMARK_ASSIGN(views_runner_, fold::Runner::open(folding(), assigned, {.stopped = stopped}));
    return {};
}

Result<void> Backbone::start() {
    views_runner_->start();
    proving_->start();
    if (!shares()) {
        CHOPMARK_TRY(deciding_->serve());
        keep_going();
        return {};
    }
    deciding_->follow();
    keep_going();
    threads_.every(milliseconds(100), [this] { attendance_->tick(); });
    if (clock_watch_ != nullptr) {
        clock_watch_->tick();
        threads_.every(milliseconds(2000), [this] { clock_watch_->tick(); });
    }
    threads_.every(milliseconds(25), [this] { peers_->tick(); });
    const auto until = std::chrono::steady_clock::now() + start_wait;
    while (!not_ready().empty() && std::chrono::steady_clock::now() < until && may_own_soon()) {
        std::this_thread::sleep_for(start_look);
    }
    return {};
}

/// Else it says why not, on all its listeners, instead of waiting for partitions.
bool Backbone::may_own_soon() const {
    const std::string why = barred();
    return why.empty() || why == clock_not_compared;
}

bool Backbone::hand_over(Duration within) {
    return attendance_ == nullptr || attendance_->hand_over(within);
}

void Backbone::drain(Attendance::Drained drained) {
    if (attendance_ == nullptr) {
        drained(Error(admin::node_alone));
    } else {
        attendance_->drain(std::move(drained));
    }
}

Result<void> Backbone::resume() {
    return attendance_ == nullptr ? Result<void>(admin::node_alone) : attendance_->resume();
}

void Backbone::keep_going() {
    threads_.every(milliseconds(100), [this] { deciding_->keep_serving(); });
    threads_.every(milliseconds(250), [this] { deciding_->confirm_control(); });
    threads_.every(milliseconds(500), [this] { deciding_->sweep(); });
    threads_.every(milliseconds(500), [this] {
        if (owns_control()) {
            proving_->record_cut(deciding_->commands(), deciding_->control(), process_.clock,
                                 process_.entropy);
        }
    });
    // Who waits for a callback waits no longer than that; what found no room, or failed, and what
    // was owed before this process, is found by the other.
    threads_.every(milliseconds(10), [this] {
        deciding_->look_newly_outstanding([this](const auto& found) { owe(found); });
    });
    threads_.every(milliseconds(500), [this] {
        deciding_->look_outstanding([this](const auto& found) { owe(found); });
    });
    threads_.every(milliseconds(1000), [this] { deciding_->flush(); });
    threads_.every(milliseconds(1000), [this] { deciding_->keep_books(); });
    threads_.every(milliseconds(1000), [this] { recover_rows(); });
    threads_.every(milliseconds(1000), [this] { erasures_->tick(); });
    threads_.every(milliseconds(1000), [this] { process_.log.flush(); });
    threads_.every(std::chrono::minutes(10), [this] {
        if (!threads_.work().try_post([this] { expire_periods(); })) {
            process_.log.warn("period.expiry_postponed", {});
        }
    });
}

void Backbone::owe(const std::vector<runtime::CitizenDomain::AddressedFollowUp>& found) {
    std::vector<OwedAnswer> owed;
    for (const auto& one : found) {
        owed.push_back({one.account, one.follow_up, 0, one.opened});
    }
    follow_ups_->look(owed);
}

/// In the pool, for it waits for readers and for the disk.
void Backbone::recover_rows() {
    if (storage_->rows().probe().ready || recovering_rows_.exchange(true)) {
        return;
    }
    if (rows_were_ready_.exchange(false)) {
        process_.log.error("rows.not_ready", {});
    }
    const bool taken = threads_.work().try_post([this] {
        const auto done = storage_->recover_rows();
        if (done) {
            rows_were_ready_.store(true);
            process_.log.info("rows.recovered", {});
        } else if (done.error() == fold::rows_lost) {
            process_.log.error("rows.lost", {{"error", done.error()}});
        }
        recovering_rows_.store(false);
    });
    if (!taken) {
        recovering_rows_.store(false);
    }
}

/// Keys first, then the record of it, then what is left of it in views, unreadable by now.
void Backbone::expire_periods() {
    const Instant now = process_.clock.now();
    auto& ring = storage_->ring();
    const auto report = [this](const char* step, const Result<void>& done) {
        if (!done) {
            process_.log.error("period.expiry_failed", {{"step", step}, {"error", done.error()}});
        }
        return done.has_value();
    };
    const auto epoch = ring.expire(now);
    if (!report("keys", epoch ? Result<void>() : Result<void>(epoch.error())) ||
        !report("epochs", ring.destroy_old_epochs())) {
        return;
    }
    const auto known = deciding_->control().latest();
    for (const schema::Retention retention : keys::all_classes()) {
        for (const keys::Period period :
             keys::periods_between(retention, ring.material()->drawn_from(), now)) {
            const auto expiry = keys::expiry_of(retention, period);
            if (!expiry || *expiry > now || !owns_control() ||
                known->state->cuts.expired.contains(
                    {static_cast<std::uint8_t>(retention), period.value()})) {
                continue;
            }
            const control::ExpirePeriod command{retention, period.value()};
            deciding_->commands().submit(control::Command(control::PlatformCommand(command)),
                                         timer_command(process_.entropy.draw<CommandId>(), now),
                                         [](const auto&) {});
        }
    }
    const auto sweep = [&](std::string_view view, const auto& gone) {
        const auto out = views_runner_->sweep(view, gone);
        report("rows", out ? Result<void>() : Result<void>(out.error()));
    };
    sweep(sign_in_log::SignInLog::view_name, [now](ByteView key, ByteView row) {
        return sign_in_log::SignInLog::is_over(key, row, now);
    });
    for (const std::string_view view : {asked_requests::AskedRequests::view_name,
                                        service_transactions::ServiceTransactions::view_name}) {
        sweep(view, [now](ByteView, ByteView row) { return projections::is_over(row, now); });
    }
}

void Backbone::stop() {
    if (std::exchange(stopped_, true)) {
        return;
    }
    if (attendance_ != nullptr) {
        attendance_->stop();
    }
    threads_.stop();
    if (peers_ != nullptr) {
        peers_->stop();
    }
    if (proving_ != nullptr) {
        proving_->stop();
    }
    if (views_runner_ != nullptr) {
        views_runner_->stop();
    }
}

}  // namespace chopmark::ops
