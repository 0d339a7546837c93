// How the state of a partition is opened, and what in it waits: deadlines and follow-ups.
#include "aggregates/citizen/request_claimed.h"
#include "aggregates/runtime/citizen_domain.h"
#include "aggregates/runtime/citizen_tables.h"

namespace chopmark::runtime {
namespace {

Result<fold::RowSum> sum_of(const fold::RowStore& rows, const fold::Table& table) {
    fold::RowSum sum;
    const auto row = rows.latest().scan(table, fold::KeyRange::all());
    for (; row->valid(); row->next()) {
        sum.add(fold::RowSum::term_of(row->key(), row->value()));
    }
    CHOPMARK_TRY(row->status());
    return sum;
}

bool is_of_this_version(const std::optional<Bytes>& books) {
    return books && books->size() >= 4 && get_big_endian<std::uint32_t>(*books) == state_version;
}

}  // namespace

Result<void> CitizenDomain::open() {
    CHOPMARK_TRY(open_tables());
    CHOPMARK_ASSIGN(const auto stored, rows_.latest().get(*meta_rows_, position_key));
    if (!stored) {
        return {};
    }
    CHOPMARK_ASSIGN(const auto books, rows_.latest().get(*meta_rows_, books_key));
    if (!is_of_this_version(books)) {
        return start_over();
    }
    CHOPMARK_ASSIGN(position_, fold::decode_row<Sequence>(*stored));
    flushed_ = position_;
    CHOPMARK_ASSIGN(books_, fold::decode_row<PartitionBooks>(*books));
    CHOPMARK_TRY(check_rows());
    CHOPMARK_TRY(read_counters());
    return read_attention();
}

Result<void> CitizenDomain::open_tables() {
    CHOPMARK_ASSIGN(citizen_rows_, open_table(rows_, citizen_table, partition_));
    CHOPMARK_ASSIGN(slot_rows_, open_table(rows_, slot_table, partition_));
    CHOPMARK_ASSIGN(card_rows_, open_table(rows_, card_table, partition_));
    CHOPMARK_ASSIGN(card_of_rows_, open_table(rows_, card_of_table, partition_));
    CHOPMARK_ASSIGN(rp_seq_rows_, open_table(rows_, rp_seq_table, partition_));
    CHOPMARK_ASSIGN(attention_rows_, open_table(rows_, attention_table, partition_));
    CHOPMARK_ASSIGN(meta_rows_, open_table(rows_, meta_table, partition_));
    return {};
}

/// Rows of another version mean something else: the log gives them again. The position goes last,
/// so that a crash on the way is taken up here again.
Result<void> CitizenDomain::start_over() {
    for (const fold::TablePtr& table : {citizen_rows_, slot_rows_, card_rows_, card_of_rows_,
                                        rp_seq_rows_, attention_rows_, meta_rows_}) {
        CHOPMARK_TRY(rows_.drop(table));
    }
    return open_tables();
}

Result<void> CitizenDomain::check_rows() {
    StateSums found;
    CHOPMARK_ASSIGN(found.citizens, sum_of(rows_, *citizen_rows_));
    CHOPMARK_ASSIGN(found.slots, sum_of(rows_, *slot_rows_));
    CHOPMARK_ASSIGN(found.rp_seq, sum_of(rows_, *rp_seq_rows_));
    if (!(found == books_.sums)) {
        return Error(state_differs, "rows of partition " + std::to_string(partition_.value()) +
                                        " are not those that were written up to sequence " +
                                        std::to_string(position_.value()) +
                                        "; remove the rows folder to fold them anew");
    }
    citizens_.begin_sum(found.citizens);
    slots_.begin_sum(found.slots);
    rp_seq_.begin_sum(found.rp_seq);
    return {};
}

Result<void> CitizenDomain::read_counters() {
    const auto row = rows_.latest().scan(*rp_seq_rows_, fold::KeyRange::all());
    for (; row->valid(); row->next()) {
        CHOPMARK_ASSIGN(const Counter counter, fold::decode_row<Counter>(row->value()));
        const auto client = ClientId::from_bytes(row->key());
        if (client && counter.value > counter.counted) {
            uncounted_.insert(*client);
        }
    }
    return row->status();
}

Result<void> CitizenDomain::read_attention() {
    const auto row = rows_.latest().scan(*attention_rows_, fold::KeyRange::all());
    for (; row->valid(); row->next()) {
        if (const auto account = AccountId::from_bytes(row->key())) {
            CHOPMARK_ASSIGN(const StatePtr state, citizens_.accepted(*account));
            watch(*account, state.get());
        } else {
            CHOPMARK_ASSIGN(const Slot slot, fold::decode_row<Slot>(row->key()));
            CHOPMARK_ASSIGN(const SlotPtr state, slots_.accepted(slot));
            watch(slot, state.get());
        }
    }
    attention_changed_.clear();
    slot_attention_changed_.clear();
    return row->status();
}

/// Keeps the deadline and the attention row of an account as its accepted state demands.
void CitizenDomain::watch(const AccountId& account, const citizen::State* state) {
    const auto known = deadline_of_.find(account);
    if (known != deadline_of_.end()) {
        deadlines_.erase({known->second, account});
        deadline_of_.erase(known);
    }
    bool attention = false;
    if (state != nullptr) {
        if (const auto due = citizen::next_due(*state)) {
            deadlines_.emplace(*due, account);
            deadline_of_[account] = *due;
            attention = true;
        }
        if (!citizen::outstanding(*state).empty()) {
            attention = true;
            owing_anew_.insert(account);
            has_news_ = true;
        }
    }
    const bool changed =
        attention ? attention_.insert(account).second : attention_.erase(account) > 0;
    if (changed) {
        attention_changed_.insert(account);
    }
}

/// Likewise for the requests of a slot that nobody has claimed yet, and for those claimed lately.
void CitizenDomain::watch(Slot slot, const citizen::SlotState* state) {
    const auto known = slot_deadline_of_.find(slot);
    const bool before = known != slot_deadline_of_.end() || slots_claimed_.contains(slot);
    if (known != slot_deadline_of_.end()) {
        slot_deadlines_.erase({known->second, slot});
        slot_deadline_of_.erase(known);
    }
    const auto due = state != nullptr ? citizen::next_due(state->requests) : std::nullopt;
    if (due) {
        slot_deadlines_.emplace(*due, slot);
        slot_deadline_of_[slot] = *due;
    }
    // Which of them are old enough to be left alone is for outstanding() to say, which knows when.
    const bool claimed = state != nullptr && citizen::has_claimed(state->requests);
    if (claimed) {
        slots_claimed_.insert(slot);
        slots_owing_anew_.insert(slot);
        has_news_ = true;
    } else {
        slots_claimed_.erase(slot);
    }
    if (before != (due || claimed)) {
        slot_attention_changed_.insert(slot);
    }
}

std::vector<citizen::AddressedCommand> CitizenDomain::due(Instant now) {
    std::vector<citizen::AddressedCommand> commands;
    for (const auto& [at, account] : deadlines_) {
        if (at > now || commands.size() >= limits::sweep_commands) {
            break;
        }
        const auto state = citizens_.accepted(account);
        if (!state || !*state) {
            continue;
        }
        for (citizen::Command& command : citizen::due(**state, now)) {
            commands.push_back({account, std::nullopt, std::move(command)});
        }
    }
    // Of a slot in its own right: citizens' deadlines must not starve them.
    std::size_t of_slots = 0;
    for (const auto& [at, slot] : slot_deadlines_) {
        if (at > now || of_slots >= limits::sweep_commands) {
            break;
        }
        const auto state = slots_.accepted(slot);
        if (!state || !*state) {
            continue;
        }
        for (const citizen::AnonymousCommand& command : citizen::due((*state)->requests, now)) {
            const auto& expire = std::get<citizen::ExpireOpenRequest>(command);
            commands.push_back({AccountId(expire.request.array()), std::nullopt, command});
            ++of_slots;
        }
    }
    return commands;
}

void CitizenDomain::add_outstanding(std::vector<AddressedFollowUp>& to, const AccountId& account) {
    const auto state = citizens_.accepted(account);
    if (!state || !*state) {
        return;
    }
    for (const FollowUp& follow_up : citizen::outstanding(**state)) {
        to.push_back({account, follow_up});
    }
}

void CitizenDomain::add_outstanding(std::vector<AddressedFollowUp>& to, Slot slot, Instant now) {
    const auto state = slots_.accepted(slot);
    if (!state || !*state) {
        return;
    }
    const citizen::SlotRequests& requests = (*state)->requests;
    for (const FollowUp& follow_up : citizen::outstanding(requests, now)) {
        const auto* request = citizen::request_claimed_by(requests, follow_up.cause);
        to.push_back({AccountId(request->first.array()), follow_up, request->second.opened});
    }
}

std::vector<CitizenDomain::AddressedFollowUp> CitizenDomain::outstanding(Instant now) {
    std::vector<AddressedFollowUp> out;
    for (const AccountId& account : attention_) {
        add_outstanding(out, account);
    }
    for (const Slot slot : slots_claimed_) {
        add_outstanding(out, slot, now);
    }
    forget_news();
    return out;
}

std::vector<CitizenDomain::AddressedFollowUp> CitizenDomain::newly_outstanding(Instant now) {
    std::vector<AddressedFollowUp> out;
    for (const AccountId& account : owing_anew_) {
        add_outstanding(out, account);
    }
    for (const Slot slot : slots_owing_anew_) {
        add_outstanding(out, slot, now);
    }
    forget_news();
    return out;
}

void CitizenDomain::forget_news() {
    owing_anew_.clear();
    slots_owing_anew_.clear();
    has_news_ = false;
}

}  // namespace chopmark::runtime
