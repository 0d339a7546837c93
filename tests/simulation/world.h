// One short world: a node on memory adapters, three citizens with phones, two online services, and
// everything that may befall them, drawn step by step from one seed. After every step the log and
// all answers are held against the ledger. The same seed gives the same steps.
#pragma once

#include <random>

#include "tests/simulation/ledger.h"
#include "tests/simulation/rival.h"
#include "tests/simulation/witness.h"
#include "tests/support/test_phone.h"

namespace chopmark::test {

class World {
  public:
    explicit World(std::uint64_t seed);

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
    static const std::vector<Weighted>& acts();

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

    // ---- what befalls the node
    void pass_time();
    void flush() { bench_.flush(); }
    void kill();
    void fight();
    void lose_disk();

    std::uint64_t below(std::uint64_t end) { return random_() % end; }
    bool chance(unsigned percent) { return below(100) < percent; }
    template <class Items>
    auto& any(Items& items) {
        return items[below(items.size())];
    }
    journal::FaultPlan faults(unsigned percent);
    journal::Fault draw_fault();
    GatewayBench::Options bench_options();

    void begin();
    void given_phones();
    void make_phones();
    std::shared_ptr<const citizen::State> state_of(const TestPhone& phone);
    CommandHead head(Party party, schema::Channel channel);
    CommandHead head_of(const ClientId& client);
    void submit(const AccountId& account, citizen::Command command, const CommandHead& head);
    void some_steps(std::uint64_t most);
    void observe();
    void learn(const AskedCommand& asked, const runtime::Receipt& receipt);
    void serve_until_all();
    void lure(Rival& rival);

    struct Pass {  // a code or a token
        EventId event;
        AccountId account;
        ClientId client;
    };
    struct Holder {  // what of a phone outlives the process of the bench
        citizen::CardFace card;
        crypto::P256PrivateKey key;
        DeviceId device;
        AccountId account;
    };

    std::uint64_t seed_;
    std::mt19937_64 random_;
    std::mt19937_64 chance_of_fault_;
    unsigned fault_percent_ = 0;
    Witness witness_;
    Ledger ledger_;
    GatewayBench bench_;
    std::vector<ClientId> services_;
    std::vector<Holder> holders_;
    std::vector<std::unique_ptr<TestPhone>> phones_;
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
