// The gateways of staff over control on memory adapters: real P-256 sessions, the route table, the
// authorizer, control's executor and the views, stepped from one thread. What the front does
// between socket and handler is done here by the same parts: find the row, authorize, handle,
// render.
#pragma once

#include <nlohmann/json.hpp>

#include "aggregates/runtime/event_finder.h"
#include "events/crypto/p256.h"
#include "events/tlog/partition_tree.h"
#include "gateways/admin/admin_gateway.h"
#include "gateways/audit/audit_gateway.h"
#include "gateways/http/route_table.h"
#include "gateways/security/security_gateway.h"
#include "gateways/service/staff_session.h"
#include "projections/views.h"
#include "tests/support/control_bench.h"

namespace chopmark::test {

/// What a client got. A stream's bytes are in `body` of the answer that `streams` keeps.
struct Got {
    int status = 0;  // 0: no answer yet
    nlohmann::json body;
    std::string text;
    std::string position;
    [[nodiscard]] std::string reason() const { return body.value("reason", std::string()); }
};

/// Control's commands go to the bench; those of citizens are kept and answered by the test.
class BenchCommands final : public runtime::CommandService {
  public:
    explicit BenchCommands(ControlBench& bench) : bench_(bench) {}
    void submit(const AccountId& account, citizen::Command command, CommandHead head,
                runtime::Answer answer) override;
    void submit(control::Command command, CommandHead head, runtime::Answer answer) override;
    void look(const AccountId& account, Seen seen) override;
    void look_card(Slot slot, const citizen::CardToken& card, HolderSeen seen) override;

    struct Sent {
        AccountId account;
        citizen::Command command;
        CommandHead head;
    };
    std::vector<Sent> sent;                     // to citizens
    std::map<AccountId, citizen::State> known;  // what look() finds
    /// The answer to commands of citizens.
    std::function<Result<runtime::Receipt>(const Sent&)> decide;

  private:
    ControlBench& bench_;
};

class InlinePool final : public WorkPool {
  public:
    [[nodiscard]] bool try_post(Task task) override {
        task();
        return true;
    }
};

/// Trees of what the bench's journal holds.
class BenchDesk final : public audit::AuditDesk, public admin::AdminDesk {
  public:
    explicit BenchDesk(ControlBench& bench);
    [[nodiscard]] Result<audit::Heads> heads() const override;
    [[nodiscard]] Result<tlog::TreeHead> head_at(PartitionId partition,
                                                 std::uint64_t size) const override;
    [[nodiscard]] Result<tlog::Proof> inclusion(PartitionId partition, std::uint64_t index,
                                                std::uint64_t size) const override;
    [[nodiscard]] Result<tlog::Proof> consistency(PartitionId partition, std::uint64_t older,
                                                  std::uint64_t newer) const override;
    [[nodiscard]] std::vector<admin::ViewState> views() const override;
    Result<void> begin(admin::ViewWork work, std::string_view view) override;
    [[nodiscard]] admin::NodeState status() const override;
    [[nodiscard]] std::vector<admin::PartitionState> partitions() const override;
    void drain(std::function<void(Result<Duration>)> drained) override;
    /// The first is made at once, a second never.
    Result<void> begin_checkpoint() override;
    [[nodiscard]] admin::CheckpointsState checkpoints() const override { return made; }
    Result<void> resume() override;
    void survey(const std::vector<std::uint32_t>& types, Surveyed surveyed) override;
    [[nodiscard]] Result<EventId> receipt_of(const control::OrderId& order) const override;

    std::vector<std::pair<admin::ViewWork, std::string>> begun;
    bool drained = false;
    admin::CheckpointsState made;
    std::vector<control::NodeVersion> software;  // of the nodes; empty: one does not answer

  private:
    ControlBench& bench_;
    mutable fold::MemoryRows rows_;
    std::unique_ptr<tlog::PartitionTree> tree_;  // of control
};

/// Callbacks as a test says they were attempted.
class BenchCallbacks final : public rp::CallbackDesk {
  public:
    [[nodiscard]] std::optional<rp::CallbackStory> story(const EventId& asked) const override;
    [[nodiscard]] std::vector<rp::CallbackStory> waiting(const ClientId& client) const override;
    void send_again(const AccountId& account, const ClientId& client, const EventId& asked,
                    std::uint32_t sequence, Sent sent) override;

    std::map<ClientId, rp::CallbackStory> known;  // the one that waits
    struct Again {
        AccountId account;
        ClientId client;
        EventId asked;
        std::uint32_t sequence = 0;
    };
    std::vector<Again> sent_again;
    Result<rp::CallbackAttempt> outcome = rp::CallbackAttempt();
};

class StaffRig {
  public:
    StaffRig();

    /// Enrols somebody with these roles and a real key; the name tells people apart.
    StaffId enrol(const std::string& name, const control::Roles& roles);
    [[nodiscard]] const crypto::P256PrivateKey& key(const std::string& name) const {
        return people_.at(name).second;
    }
    [[nodiscard]] StaffId id(const std::string& name) const { return people_.at(name).first; }

    /// Signs in over the routes and keeps the token for call().
    Got sign_in(const std::string& name);
    [[nodiscard]] std::string token(const std::string& name) const { return tokens_.at(name); }
    /// By somebody who has signed in (nobody: empty). Every POST has its own Idempotency-Key,
    /// unless one is given.
    Got call(const std::string& name, const std::string& method, const std::string& target,
             const nlohmann::json& body = nullptr, const std::string& key = {},
             const httplib::Headers& headers = {});
    Got get(const std::string& name, const std::string& target) {
        return call(name, "GET", target);
    }
    Got post(const std::string& name, const std::string& target, const nlohmann::json& body,
             const std::string& key = {}) {
        return call(name, "POST", target, body, key);
    }
    [[nodiscard]] const service::Queries& queries() const { return *queries_; }
    [[nodiscard]] const runtime::EventFinder& events() const { return *events_; }
    /// Control, the views and the clock's confirmation, until idle.
    void settle();
    /// Puts an event about a citizen into the journal, which nobody decides for here.
    EventId store(schema::Event event);
    /// A command of the platform itself.
    void by_platform(const control::Command& command, std::string_view name);

    ControlBench bench;
    std::unique_ptr<service::Secrets> secrets;
    crypto::P256Verifier verifier;
    BenchCommands commands{bench};
    InlinePool pool;
    BenchDesk desk{bench};
    admin::KekAuthorities kek_authorities;  // set before a KEK comes in a certificate
    BenchCallbacks callbacks;
    security::AlertFeed feed;
    std::unique_ptr<service::StaffSessions> sessions;
    std::vector<http::Route> routes;  // of all gateways of staff
    static constexpr NodeId node{{7}};

  private:
    void open_views();

    struct Reader final : journal::Observer {
        void accepted(std::span<const journal::EntryPtr>) override {}
        void term_ended(Term, const Error&) override {}
    } reader_;
    fold::MemoryRows view_rows_;
    projections::Views views_;
    fold::EventIndex index_;
    std::unique_ptr<fold::LiveTables> tables_;
    std::unique_ptr<fold::Runner> runner_;
    std::unique_ptr<runtime::EventFinder> events_;
    std::unique_ptr<service::Queries> queries_;
    std::unique_ptr<admin::AdminGateway> admin_;
    std::unique_ptr<audit::AuditGateway> audit_;
    std::unique_ptr<security::SecurityGateway> security_;
    std::unique_ptr<http::RouteTable> table_;
    std::map<std::string, std::pair<StaffId, crypto::P256PrivateKey>> people_;
    std::map<std::string, std::string> tokens_;
    unsigned calls_ = 0;
};

}  // namespace chopmark::test
