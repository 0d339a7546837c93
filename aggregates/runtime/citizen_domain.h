// The citizens of one partition for its executor: their documents, their slots and the card index,
// each in the accepted version and in those of records in flight, and the state rows they are
// written back to (design 6, state store). The card index is the one value that is folded from an
// opened personal box.
//
// Tables, named NAME.partition:
//   citizen    account:16                -> citizen::State; an account id begins with its slot
//   slot       slot:2                    -> citizen::SlotState
//   card       slot:2 card_token:32      -> citizen::CardHolder; outside the row sum
//   card_of    slot:2 person:16          -> CardKey, for SubjectErased
//   rp_seq     client:16                 -> Counter
//   attention  account:16 | slot:2       -> empty: a deadline runs, or a follow-up is outstanding
//   meta       "position"                -> u64
//   meta       "books"                   -> PartitionBooks, with the sums of citizen, slot, rp_seq
//
// Rows and position go into one unsynced batch about every second; what is missing after a crash is
// folded again from the journal. While rows cannot be written nothing is decided. Not thread-safe:
// the executor's strand owns it.
#pragma once

#include <deque>
#include <set>
#include <unordered_map>

#include "aggregates/citizen/citizen.h"
#include "aggregates/control/snapshot.h"
#include "aggregates/runtime/executor.h"
#include "aggregates/runtime/partition_command.h"
#include "aggregates/runtime/state_sums.h"
#include "aggregates/runtime/versioned_table.h"
#include "events/fold/row_batch.h"
#include "events/fold/row_store.h"

namespace chopmark::runtime {

/// Names a card without being one: HMAC(K_card, card).
using CardTokenOf = std::function<citizen::CardToken(const schema::CardFacts&)>;

struct CardKey {
    Slot slot;
    citizen::CardToken token;
    static void fields(auto& archive, CardKey& row) { archive(row.slot, row.token); }
    friend bool operator==(const CardKey&, const CardKey&) = default;
};

struct PersonKey {
    Slot slot;
    PersonId person;
    static void fields(auto& archive, PersonKey& row) { archive(row.slot, row.person); }
    friend bool operator==(const PersonKey&, const PersonKey&) = default;
};

/// rp_seq used so far for a client in this partition, and what RelyingPartyCounts said last.
struct Counter {
    std::uint64_t value = 0;
    std::uint64_t counted = 0;
    static void fields(auto& archive, Counter& row) { archive(row.value, row.counted); }
};

}  // namespace chopmark::runtime

template <>
struct std::hash<chopmark::runtime::CardKey> {
    std::size_t operator()(const chopmark::runtime::CardKey& key) const noexcept {
        return std::hash<chopmark::citizen::CardToken>()(key.token);
    }
};
template <>
struct std::hash<chopmark::runtime::PersonKey> {
    std::size_t operator()(const chopmark::runtime::PersonKey& key) const noexcept {
        return std::hash<chopmark::PersonId>()(key.person);
    }
};

namespace chopmark::runtime {

struct CitizenDomainOptions {
    /// Documents kept in memory beyond those that are dirty or in flight. More memory, fewer reads.
    std::size_t hot_documents = 20'000;
};

class CitizenDomain {
  public:
    using Command = std::variant<citizen::AddressedCommand, PartitionCommand>;

    /// All references must outlive the domain.
    CitizenDomain(PartitionId partition, fold::RowStore& rows, const control::Snapshots& control,
                  const keys::EventVault& vault, CardTokenOf card_token,
                  CitizenDomainOptions options = {});

    /// Opens the tables, reads the position and adds the rows up; call once, before anything else.
    /// state.differs: the rows are not those that were written with the position. Rows of another
    /// state_version are dropped, to be folded anew.
    Result<void> open();

    [[nodiscard]] Sequence position() const { return position_; }
    std::vector<EventId> sources(const Command& command);
    Result<Drafted> decide(const Command& command, const CommandHead& head,
                           const record::Stamp& stamp, const Opened& opened);
    Result<void> stage(const Drafted& draft, const record::Stamp& stamp);
    Result<void> fold(const journal::Entry& entry, const record::Stamp& stamp,
                      const schema::Event& event);
    Result<void> fold_log_record(const journal::Entry& entry);
    void drop_overlay();

    /// Writes back what changed, with the position. After an error the store stays not-ready, so
    /// that no later position can be written without these rows: open it again.
    Result<void> flush();

    /// TypesActivated has named the type, as far as this node has read control.
    [[nodiscard]] bool activated(record::TypeNumber type) const {
        return control_.latest()->state->types->contains(type.value());
    }

    /// The accepted state; null for an unknown account.
    Result<std::shared_ptr<const citizen::State>> find(const AccountId& account);
    /// Who holds a card; null for nobody.
    Result<std::shared_ptr<const citizen::CardHolder>> find_holder(Slot slot,
                                                                   const citizen::CardToken& card);

    /// Commands of deadlines that have passed, of citizens and of slots: limits::sweep_commands of
    /// each, or a few more.
    std::vector<citizen::AddressedCommand> due(Instant now);
    struct AddressedFollowUp {
        AccountId account;
        FollowUp follow_up;
        EventId opened{};  // of a claimed request: its RequestOpened; the account is its id
    };
    std::vector<AddressedFollowUp> outstanding(Instant now);
    /// Of those whose state has changed since either was asked last.
    std::vector<AddressedFollowUp> newly_outstanding(Instant now);
    /// Whether that would be worth asking; from any thread.
    [[nodiscard]] bool has_news() const { return has_news_.load(std::memory_order_relaxed); }
    /// Where nobody asks: another node answers for the partition.
    void forget_news();

    /// What was attested and reported, as of the records folded.
    [[nodiscard]] const PartitionBooks& books() const { return books_; }
    /// Clients whose rp_seq has risen since it was counted.
    [[nodiscard]] const std::set<ClientId>& uncounted() const { return uncounted_; }

  private:
    using StatePtr = std::shared_ptr<const citizen::State>;
    using SlotPtr = std::shared_ptr<const citizen::SlotState>;
    using HolderPtr = std::shared_ptr<const citizen::CardHolder>;

    /// The newest versions that one record makes; only what it touches.
    struct Change {
        std::optional<std::pair<AccountId, StatePtr>> citizen;
        std::optional<std::pair<Slot, SlotPtr>> slot;
        std::optional<std::pair<CardKey, HolderPtr>> card;
        std::optional<std::pair<PersonKey, std::shared_ptr<const CardKey>>> card_of;
        std::vector<std::pair<ClientId, std::shared_ptr<const Counter>>> rp_seq;

        [[nodiscard]] bool of_state() const { return citizen || slot || !rp_seq.empty(); }
    };

    Result<Change> change_of(const schema::Event& event, const record::Stamp& stamp,
                             const record::Record* record);
    Result<void> change_card(Change& change, const schema::Event& event, const record::Stamp& stamp,
                             const record::Record* record);
    Result<void> open_tables();
    Result<void> start_over();
    Result<void> check_rows();
    Result<void> read_counters();
    Result<void> read_attention();
    Result<Drafted> decide_addressed(const citizen::AddressedCommand& command,
                                     const CommandHead& head, const record::Stamp& stamp,
                                     const Opened& opened, const control::Snapshot& control);
    Decision decide_own(const AttestState& command);
    Decision decide_own(const CountRelyingParties& command);
    Decision decide_own(const ReportForeignRecords& command);
    Result<void> change_counters(Change& change, const schema::Event& event);
    void note(const Change& change, const schema::Event& event, const record::Stamp& stamp);
    StateSums sums();
    Result<HolderPtr> holder_of(const citizen::AddressedCommand& command);
    Result<HolderPtr> holder_of(const citizen::AddressedCommand& command,
                                const citizen::State& state);
    Result<KeyIndex> key_index_of(const schema::Event& event, const citizen::State& state,
                                  const Context& context, const AccountId& account) const;
    Result<void> number_for_client(schema::Event& event);
    Result<void> each_part(const Change& change, auto&& act);
    void watch(const AccountId& account, const citizen::State* state);
    void watch(Slot slot, const citizen::SlotState* state);
    void add_outstanding(std::vector<AddressedFollowUp>& to, const AccountId& account);
    void add_outstanding(std::vector<AddressedFollowUp>& to, Slot slot, Instant now);

    PartitionId partition_;
    fold::RowStore& rows_;
    const control::Snapshots& control_;
    const keys::EventVault& vault_;
    CardTokenOf card_token_;
    CitizenDomainOptions options_;

    fold::TablePtr citizen_rows_, slot_rows_, card_rows_, card_of_rows_, rp_seq_rows_,
        attention_rows_, meta_rows_;
    VersionedTable<AccountId, citizen::State> citizens_;
    VersionedTable<Slot, citizen::SlotState> slots_;
    VersionedTable<CardKey, citizen::CardHolder> cards_;
    VersionedTable<PersonKey, CardKey> card_of_;
    VersionedTable<ClientId, Counter> rp_seq_;
    std::deque<Change> staged_;
    std::set<std::pair<Instant, AccountId>> deadlines_;
    std::unordered_map<AccountId, Instant> deadline_of_;
    std::set<AccountId> attention_;          // to be looked at by due() and outstanding()
    std::set<AccountId> attention_changed_;  // since the last flush
    std::set<std::pair<Instant, Slot>> slot_deadlines_;
    std::map<Slot, Instant> slot_deadline_of_;
    std::set<Slot> slots_claimed_;           // somebody has claimed a request there
    std::set<Slot> slot_attention_changed_;  // since the last flush
    std::set<AccountId> owing_anew_;         // both since somebody asked what is outstanding
    std::set<Slot> slots_owing_anew_;
    std::atomic<bool> has_news_{false};
    PartitionBooks books_;
    std::set<ClientId> uncounted_;
    Sequence position_;
    Sequence flushed_;
};

}  // namespace chopmark::runtime
