// A whole node on memory adapters under a test's hand: journal, keys, executors of control and of
// two citizen partitions, views, event index, login desk and the sandbox's outside parties, stepped
// from one thread. Gateways are called as the front calls them: authorizer, then handler. Nothing
// is faked but time, chance and threads.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>

#include "aggregates/runtime/local_commands.h"
#include "events/fold/event_index.h"
#include "events/fold/memory_rows.h"
#include "events/fold/runner.h"
#include "events/journal/memory.h"
#include "events/keys/file_epoch_store.h"
#include "events/keys/key_vault.h"
#include "events/keys/local_key_port.h"
#include "events/keys/local_passwords.h"
#include "gateways/app/app_gateway.h"
#include "gateways/channel/channel_gateway.h"
#include "gateways/outside/sandbox_authority.h"
#include "projections/views.h"
#include "tests/support/simulated.h"
#include "tests/support/test_node.h"

namespace chopmark::test {

using service::Json;

/// A service with addresses at library.example: /back, /callback and /direct.
control::RelyingPartyFacts library();

/// Tasks wait until run() takes them.
class PumpedPool final : public WorkPool {
  public:
    [[nodiscard]] bool try_post(Task task) override {
        tasks_.push_back(std::move(task));
        return true;
    }
    bool run_one();
    /// As a killed process does.
    void forget() { tasks_.clear(); }

  private:
    std::deque<Task> tasks_;
};

struct GatewayAnswer {
    int status = 0;  // 0: the call was not answered
    Json body;
    httplib::Headers headers;
    std::string reason;  // of an error
};

/// A journal of one node among several, and what steps it.
struct SharedJournal {
    std::unique_ptr<journal::Journal> journal;
    std::function<bool()> step;
};

class GatewayBench {
  public:
    struct Options {
        /// Of keys, ids and the order in which strands take turns.
        std::uint64_t seed = 11;
        /// Empty: no faults.
        journal::FaultPlan faults{};
        /// Stands between gateways and executors, to see what goes through; asked at every start.
        /// Empty: nothing does.
        std::function<runtime::CommandService&(runtime::CommandService&)> between{};
        /// Commits of rows that a power cut may take.
        std::size_t buffered_commits = 0;
        /// Stores to keep state and views in, instead of memory; they must outlive the bench, whose
        /// power cuts do not reach them.
        fold::RowStore* state_rows = nullptr;
        fold::RowStore* view_rows = nullptr;
        /// Makes the journal, at every start: the bench is one of several nodes then, and stands by
        /// where it does not serve. Empty: a memory journal of its own.
        std::function<SharedJournal(const journal::Founding&, const journal::Surroundings&)>
            shared_journal{};
        /// Whether it is to serve a partition of a shared journal; asked by serve_again().
        std::function<bool(PartitionId)> owns{};
        /// Takes a step of the bench, which it is given, or of another node. Empty: of the bench.
        std::function<bool(const std::function<bool()>& own)> step_among{};
    };
    GatewayBench() : GatewayBench(Options()) {}
    explicit GatewayBench(Options options);
    ~GatewayBench();

    /// Steps strands, journal, work pool and views until nothing is left to do.
    void run();
    /// One of these steps; false when there was nothing to do.
    bool step();
    void advance(Duration by);

    // ---- what befalls a node

    struct Crash {
        bool power_cut = false;        // what had not landed in the log may be torn, or lost
        std::size_t lost_commits = 0;  // of state and of views, by a power cut
    };
    /// Everything in memory is gone but the log, what rows were flushed and the key folders. Nobody
    /// serves until serve_again(); whoever holds ports of the bench must ask for them anew.
    void restart(const Crash& crash);
    /// Opens terms where the last has ended, as the daemon does every second; whether all serve.
    /// On a shared journal they are opened by later steps.
    bool serve_again();
    [[nodiscard]] bool is_serving() const;
    [[nodiscard]] bool serves(PartitionId partition) const;
    /// All that its journal has is in its states.
    [[nodiscard]] bool is_folded() const;
    /// Writes the state rows back.
    void flush();
    /// Another node's journal over the same log.
    std::unique_ptr<journal::MemoryJournal> rival_journal(journal::FaultPlan faults);
    /// The keys of this deployment as another node holds them, and who that node is.
    struct Enrolled {
        std::unique_ptr<keys::FileEpochStore> epochs;
        std::unique_ptr<keys::KeyRing> ring;
        TestNode identity;
    };
    Enrolled enrol(const std::string& name, const std::string& endpoint);
    [[nodiscard]] journal::Founding founding() const;
    [[nodiscard]] const journal::TermAuthority& node_ca() const { return ca_; }
    /// A citizen partition's domain over other rows, which has folded nothing yet.
    std::unique_ptr<runtime::CitizenDomain> make_domain(PartitionId partition,
                                                        fold::RowStore& rows);

    /// One call of one of these rows, to its end.
    GatewayAnswer call(const std::vector<http::Route>& rows, http::Authorizer& authorizer,
                       const std::string& method, const std::string& target,
                       const std::string& body, const httplib::Headers& headers,
                       const std::string& address = "127.0.0.1");

    // ---- control, by its two administrators

    Result<runtime::Receipt> order(control::Command command, bool by_second = false);
    Result<runtime::Receipt> send(const AccountId& account, citizen::Command command,
                                  const CommandHead& head);
    crypto::P256PrivateKey given_terminal(const TerminalId& id, schema::TerminalKind kind,
                                          const std::string& place);
    crypto::P256PrivateKey given_operator(const OperatorId& id, const std::string& place);
    void given_service(const ClientId& id, const control::RelyingPartyFacts& facts,
                       const std::set<std::string>& scopes);

    // ---- signing, as phones and terminals do

    /// Of the gateway with this challenge purpose.
    std::string challenge(service::ChallengePurpose purpose);
    Bytes sign(const crypto::P256PrivateKey& key, service::Signer signer,
               const std::string& command, const std::string& challenge, const Json& body) const;

    std::shared_ptr<const citizen::State> state_of(const AccountId& account);

    /// Commands, with whoever stands between.
    [[nodiscard]] runtime::CommandService& service() { return *service_; }
    [[nodiscard]] journal::Journal& journal() { return *journal_; }
    /// Only where the journal is not shared.
    [[nodiscard]] journal::MemoryJournal& memory_journal() { return *memory_journal_; }
    [[nodiscard]] runtime::CitizenDomain& domain(PartitionId partition) {
        return *lanes_.at(partition.value() - 1U).domain;
    }
    [[nodiscard]] fold::RowStore& state_rows() {
        return options_.state_rows != nullptr ? *options_.state_rows : state_rows_;
    }
    [[nodiscard]] fold::LiveTables& tables() { return *tables_; }
    /// All that are folded, the event index too.
    [[nodiscard]] std::vector<const fold::View*> folded() const;

    static constexpr std::uint16_t partitions = 2;

  private:
    const Options options_;

  public:
    ManualClock clock;
    SeededEntropy entropy;
    PumpedPool work;

  private:
    keys::MemoryFolder key_folder_;
    keys::MemoryFolder epoch_folder_;
    std::unique_ptr<keys::FileEpochStore> epochs_;

  public:
    std::unique_ptr<keys::KeyRing> ring;
    std::unique_ptr<keys::KeyVault> vault;
    std::unique_ptr<service::Secrets> secrets;
    crypto::P256Verifier verifier;
    crypto::P256PrivateKey first;  // administrators
    crypto::P256PrivateKey second;
    control::Snapshots snapshots;
    outside::SandboxRegister immigration;
    outside::SandboxMatcher matcher;
    std::unique_ptr<outside::SandboxAuthority> authority;
    std::unique_ptr<outside::ChipVerifier> chips;
    std::unique_ptr<outside::IdentityChecks> identity;
    service::SandboxAddressBook addresses;
    std::unique_ptr<service::Networks> networks;
    keys::MemorySecretRows secret_rows;
    keys::RsaKeyPool rsa{keys::RsaKeyPool::Options{0}};
    keys::LocalKeyPort signing_keys{secret_rows, rsa};
    keys::LocalPasswords passwords{secret_rows};
    std::unique_ptr<service::LoginDesk> desk;
    std::unique_ptr<runtime::EventFinder> finder;
    std::unique_ptr<runtime::LocalCommands> commands;
    std::unique_ptr<service::Queries> queries;

    [[nodiscard]] app::AppPorts app_ports();
    [[nodiscard]] channel::ChannelPorts channel_ports();

  private:
    using ControlExecutor = runtime::Executor<runtime::ControlDomain>;
    using CitizenExecutor = runtime::Executor<runtime::CitizenDomain>;
    struct Lane {
        std::unique_ptr<runtime::CitizenDomain> domain;
        std::unique_ptr<CitizenExecutor> executor;
    };

    void open_keys();
    void open_services();
    void open_journal();
    void open_executors();
    void open_views();
    bool own_step();
    [[nodiscard]] bool knows_control() const;
    [[nodiscard]] journal::MemoryJournal::Options journal_options(journal::FaultPlan faults) const;
    CommandHead staff_head(bool by_second);

    TestNodeCa ca_{"ca"};
    TestNode node_ = ca_.issue("node");
    TestNode rival_ = ca_.issue("rival");
    fold::MemoryRows state_rows_;
    fold::MemoryRows view_rows_;
    Scheduler scheduler_;
    std::shared_ptr<journal::MemoryLog> log_;
    std::unique_ptr<journal::Journal> journal_;
    std::function<bool()> step_journal_;
    journal::MemoryJournal* memory_journal_ = nullptr;
    std::set<PartitionId> opening_;  // terms, of a shared journal
    projections::Views views_;
    fold::EventIndex event_index_;
    std::unique_ptr<fold::LiveTables> tables_;
    std::unique_ptr<fold::Runner> runner_;
    std::unique_ptr<runtime::ControlDomain> control_;
    std::unique_ptr<ControlExecutor> control_executor_;
    std::vector<Lane> lanes_;
    runtime::CommandService* service_ = nullptr;
    std::uint64_t orders_ = 0;
};

}  // namespace chopmark::test
