// One short world: a node on memory adapters with what its timers do, three citizens with phones,
// two online services, staff, and everything that may befall them, drawn step by step from one
// seed; or such a node among others, on the Kafka journal over a modelled cluster. After every step
// the log and all answers are held against the ledger. The same seed gives the same steps.
#pragma once

#include <random>

#include "tests/simulation/deployment.h"
#include "tests/simulation/ledger.h"
#include "tests/simulation/rival.h"
#include "tests/simulation/upkeep.h"
#include "tests/simulation/witness.h"
#include "tests/support/test_phone.h"

namespace chopmark::test {

class World {
  public:
    enum class Ground : std::uint8_t { memory, modelled_cluster };
    explicit World(std::uint64_t seed, Ground ground = Ground::memory);
    ~World();

    void step();
    /// Faults end, everybody serves again: all commands are answered and all folds are those of
    /// the log.
    void come_to_rest();

    struct Tally {
        std::uint64_t records = 0;
        std::uint64_t commands = 0;
        std::uint64_t acknowledged = 0;
        std::uint64_t kills = 0;
        std::uint64_t fights = 0;
        std::uint64_t faults = 0;
        Deployment::Counts deployment;
        std::map<std::string, std::uint64_t> types;     // of records
        std::map<std::string, std::uint64_t> refusals;  // by reason
        Tally& operator+=(const Tally& other);
    };
    [[nodiscard]] Tally tally() const;

  private:
    using Act = void (World::*)();
    struct Weighted {
        unsigned weight;
        Act act;
    };
    static std::vector<Weighted> acts_of(Ground ground);

    // ---- what citizens and services do
    void one_tap();
    void qr_login();
    void redeem();
    void ask_consent();
    void answer_consent();
    void withdraw();
    void change_profile();
    void dispute();
    void suspend_or_resume();
    void end_or_revoke();
    void sweep();
    void order_control();
    void repeat();
    void burst();

    // ---- what online services ask, and what citizens answer
    void ask_signature();
    void ask_step_up();
    void answer_request();
    void acknowledge();
    void ask_anonymously();
    void claim_anonymous();
    void open_claimed();

    // ---- what happens to accounts and persons
    void close_account();
    void register_again();
    void rebind();
    void upgrade();
    void order_erasure();
    void approve_erasure();

    // ---- what befalls the node
    void keep_up();
    void pass_time();
    void flush() { bench_.flush(); }
    void kill();
    void fight();
    void lose_disk();

    // ---- what befalls one of several nodes, and their cluster (world_deployment.cc)
    void kill_front();
    void kill_node();
    void start_node() { static_cast<void>(deployment_->start_one()); }
    void move_partition() { deployment_->move_one(); }
    void settle_ownership() { deployment_->settle_ownership(); }
    void cut_tail();
    void silence();
    void rest_together();

    std::uint64_t below(std::uint64_t end) { return random_() % end; }
    bool chance(unsigned percent) { return below(100) < percent; }
    template <class Items>
    auto& any(Items& items) {
        return items[below(items.size())];
    }
    journal::FaultPlan faults(unsigned percent);
    journal::Fault draw_fault();
    bool is_unlucky();
    void advance(Duration by);
    void serve_again();
    void read_logs();
    GatewayBench::Options bench_options();

    void begin();
    void given_phones();
    void make_phones();
    void start_upkeep();
    /// Its account as the node has it; one that was never registered for an account that is gone.
    std::shared_ptr<const citizen::State> state_of(const TestPhone& phone);
    CommandHead head(Party party, schema::Channel channel);
    CommandHead head_of(const ClientId& client);
    void submit(const AccountId& account, citizen::Command command, const CommandHead& head);
    void submit_as(const StaffId& staff, control::Command command);
    const AccountId* newest_token(EventId& token, ClientId& client);
    citizen::RequestHead request_head(const ClientId& client, const EventId& token);
    void answer_signature(TestPhone& phone, const RequestId& id, const citizen::Request& request);
    void answer_step_up(TestPhone& phone, const RequestId& id, const citizen::Request& request);
    [[nodiscard]] Json chip_of(const TestPhone& phone, const std::string& challenge) const;
    void some_steps(std::uint64_t most);
    void observe();
    void learn(const AskedCommand& asked, const runtime::Receipt& receipt);
    void serve_until_all();
    void expect_settled();
    void settle_what_is_owed();
    [[nodiscard]] std::string why_not_erased() const;
    void learn_claim(const AskedCommand& asked, const runtime::Receipt& receipt);
    void lure(Rival& rival);

    struct Pass {  // a code or a token
        EventId event;
        AccountId account;
        ClientId client;
    };
    struct Handset {
        crypto::P256PrivateKey key;
        DeviceId device;
    };
    struct Holder {  // what of a phone outlives the process of the bench
        citizen::CardFace card;
        Handset handset;
        AccountId account;
        std::optional<Handset> other;  // which was to take over, and may have
    };
    struct AskedSignature {
        AccountId account;
        ClientId client;
        citizen::BusinessIdToken business_id;
    };
    struct Anonymous {
        RequestId request;
        ClientId client;
        citizen::BusinessIdToken business_id;
        bool signing = false;
        Instant due;
        std::optional<std::pair<EventId, AccountId>> claimed;
    };
    void take_over(std::size_t number, const Handset& handset);
    static Handset copy_of(const Handset& handset);

    std::uint64_t seed_;
    std::mt19937_64 random_;
    std::mt19937_64 chance_of_fault_;
    unsigned fault_percent_ = 0;
    const std::vector<Weighted> acts_;
    std::unique_ptr<Deployment> deployment_;  // null: one node in memory
    Witness witness_;
    Ledger ledger_;
    GatewayBench bench_;
    std::vector<ClientId> services_;
    std::vector<Holder> holders_;
    std::vector<std::unique_ptr<TestPhone>> phones_;
    std::unique_ptr<Upkeep> upkeep_;
    std::vector<StaffId> officers_;  // of privacy
    std::vector<Anonymous> anonymous_;
    std::vector<AskedSignature> signatures_;
    std::vector<Pass> codes_;
    std::vector<Pass> tokens_;
    std::vector<Pass> disputable_;
    std::vector<AskedCommandPtr> open_;  // not answered yet
    std::size_t seen_ = 0;               // of the witness
    std::uint64_t commands_ = 0;
    bool holding_ = false;  // commands are queued, and nothing is stepped
    Tally tally_;
};

}  // namespace chopmark::test
