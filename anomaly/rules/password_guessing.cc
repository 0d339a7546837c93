#include "anomaly/rules/password_guessing.h"

#include "events/core/limits.h"

namespace chopmark::anomaly {

struct UserFailures {
    std::uint64_t user = 0;
    std::uint32_t times = 0;
    Instant last;

    static void fields(auto& archive, UserFailures& row) { archive(row.user, row.times, row.last); }
};

struct SourceSignIns {
    RecentCount failures;   // by minutes, for the burst
    RecentCount successes;  // likewise
    RecentCount slow_failures;
    RecentCount slow_successes;
    RecentSet unknown_users;
    std::vector<UserFailures> users;  // that failed, by the last time
    std::map<Bytes, std::uint32_t> addresses;
    std::uint32_t broken_in = 0;
    Raised raised;
    EvidenceList evidence;

    static void fields(auto& archive, SourceSignIns& row) {
        archive(row.failures, row.successes, row.slow_failures, row.slow_successes,
                row.unknown_users, row.users, row.addresses, row.broken_in, row.raised,
                row.evidence);
    }

    [[nodiscard]] std::uint64_t users_within(Instant now, Duration window) const {
        return static_cast<std::uint64_t>(
            std::count_if(users.begin(), users.end(),
                          [&](const UserFailures& one) { return one.last + window > now; }));
    }
};

namespace {

constexpr std::size_t most_users = 64;
constexpr std::size_t most_addresses = 16;
constexpr Duration minute = std::chrono::minutes(1);
constexpr Duration hour = std::chrono::hours(1);

/// Whose password it was, when the log says who.
const Bytes& user_of(const schema::SignInImported& event) { return event.link().user().current(); }

void fail(SourceSignIns& known, const schema::SignInImported& event, Instant now, Duration burst,
          Duration slow, std::uint32_t times) {
    known.failures.add(now, minute, burst, times);
    known.slow_failures.add(now, hour, slow, times);
    const auto& address = event.link().address().current();
    if (!address.empty() &&
        (known.addresses.size() < most_addresses || known.addresses.contains(address))) {
        known.addresses[address] += times;
    }
    std::erase_if(known.users, [&](const UserFailures& one) { return one.last + slow <= now; });
    if (user_of(event).empty()) {
        return;
    }
    const std::uint64_t user = short_name(user_of(event));
    UserFailures one{user, 0, now};
    const auto found = std::find_if(known.users.begin(), known.users.end(),
                                    [&](const UserFailures& other) { return other.user == user; });
    if (found != known.users.end()) {
        one = *found;
        known.users.erase(found);
    }
    one.times += times;
    one.last = now;
    known.users.push_back(one);
    if (known.users.size() > most_users) {
        known.users.erase(known.users.begin());
    }
    if (!event.link().user_known()) {
        known.unknown_users.add(user, now, slow, most_users);
    }
}

}  // namespace

PasswordGuessing::PasswordGuessing(const Options& options)
    : options_(options),
      text_{"sign_in.password_guessing",
            1,
            6,
            "D20, D18",
            "T1110.001, T1110.003, T1110.004",
            "One network failed to sign in as often, or as so many users, as only guessing does. A "
            "success of a user it had guessed at says that the password is likely known.",
            options.keys} {}

bool PasswordGuessing::under_attack(const SourceSignIns& known, Instant now) const {
    const std::uint64_t failures = known.failures.within(now, options_.burst);
    const std::uint64_t successes = known.successes.within(now, options_.burst);
    const bool burst = failures >= options_.burst_failures ||
                       known.users_within(now, options_.burst) >= options_.burst_users ||
                       known.unknown_users.within(now, options_.burst) >= options_.burst_unknown;
    if (burst && failures >= successes * options_.failures_a_success) {
        return true;
    }
    const std::uint64_t in_day = known.slow_failures.within(now, options_.slow);
    const std::uint64_t good = known.slow_successes.within(now, options_.slow);
    return in_day >= options_.slow_failures && in_day >= 10 * good;
}

Result<void> PasswordGuessing::on(const schema::SignInImported& event, StateRows& state,
                                  const Observed& seen, std::vector<Draft>& findings) const {
    const schema::KeyedToken& source =
        event.link().network().current().empty() ? event.link().address() : event.link().network();
    if (source.current().empty()) {
        return {};
    }
    const bool success = event.leaf().head().outcome() == schema::DONE;
    const std::uint32_t times = std::max<std::uint32_t>(event.leaf().repeats(), 1);
    CHOPMARK_ASSIGN(auto cell, state.open<SourceSignIns>(Key::token(source)));
    SourceSignIns& known = cell.state;
    bool broken_in = false;
    if (success) {
        const std::uint64_t user = short_name(user_of(event));
        const auto guessed =
            std::find_if(known.users.begin(), known.users.end(), [&](const UserFailures& one) {
                return one.user == user && one.times >= options_.guessed &&
                       one.last + options_.slow > seen.at();
            });
        // Judged before the success is counted, which speaks for the source.
        broken_in = guessed != known.users.end() && !user_of(event).empty() &&
                    under_attack(known, seen.at());
        known.broken_in += broken_in ? 1 : 0;
        known.successes.add(seen.at(), minute, options_.burst, times);
        known.slow_successes.add(seen.at(), hour, options_.slow, times);
    } else {
        fail(known, event, seen.at(), options_.burst, options_.slow, times);
    }
    if (!success || broken_in) {
        known.evidence.add(seen.evidence(), limits::alert_evidence);
    }
    if (broken_in || (!success && under_attack(known, seen.at()))) {
        if (auto draft = raise(known, cell.key, seen.at(), broken_in)) {
            draft->entity = {schema::Entity::KIND_NETWORK, source.current()};
            findings.push_back(*std::move(draft));
        }
    }
    return state.store(cell, options_.slow);
}

std::optional<Draft> PasswordGuessing::raise(SourceSignIns& known, const Key& key, Instant now,
                                             bool broken_in) const {
    const std::uint64_t failures = known.slow_failures.within(now, options_.slow);
    const std::uint64_t users = known.users_within(now, options_.slow);
    const std::uint64_t unknown = known.unknown_users.within(now, options_.slow);
    const bool grave = failures >= options_.graver_failures || users >= options_.graver_users;
    const auto severity = broken_in ? schema::SEVERITY_CRITICAL
                                    : (grave ? schema::SEVERITY_HIGH : schema::SEVERITY_MEDIUM);
    auto draft = known.raised.due(key, now, options_.slow, severity, failures);
    if (!draft) {
        return draft;
    }
    const auto count = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
    const auto worst =
        std::max_element(known.addresses.begin(), known.addresses.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (worst != known.addresses.end()) {
        draft->others = {{schema::Entity::KIND_NETWORK, worst->first}};
    }
    draft->score_permille = broken_in ? 990 : (grave ? 900 : 700);
    draft->evidence = known.evidence.records;
    draft->measures = {
        {"failures", count(failures), 0, "count a day"},
        {"failures_lately", count(known.failures.within(now, options_.burst)), 0,
         "count in the burst"},
        {"users", count(users), 0, "count a day"},
        {"unknown_users", count(unknown), 0, "count a day"},
        {"successes", count(known.slow_successes.within(now, options_.slow)), 0, "count a day"},
        {"guessed_right", known.broken_in, 0, "count"}};
    draft->explanation = broken_in ? "A network that had been guessing a user's password signed in."
                                   : "A network fails to sign in as only guessing does.";
    return draft;
}

}  // namespace chopmark::anomaly
