#include "anomaly/rules/consent_harvest.h"

#include "events/core/limits.h"

namespace chopmark::anomaly {

/// Requests of one hour, and what the hours before make of them.
struct SensitiveShare {
    Instant hour;
    std::uint32_t asked = 0;      // in the hour
    std::uint32_t sensitive = 0;  // of them
    std::uint32_t permille = 0;   // usual
    std::int64_t cusum_milli = 0;
    bool teaches = true;

    static void fields(auto& archive, SensitiveShare& row) {
        archive(row.hour, row.asked, row.sensitive, row.permille, row.cusum_milli, row.teaches);
    }
};

struct FieldUse {
    Instant first;
    std::uint32_t times = 0;

    static void fields(auto& archive, FieldUse& row) { archive(row.first, row.times); }
};

struct ClientConsents {
    bool scopes_known = false;
    std::set<std::string> scopes;
    Instant first;
    std::uint64_t asked = 0;
    SensitiveShare share;
    HourProfile volume;
    RecentCount settled;
    RecentCount declined;  // of the settled
    std::map<std::string, FieldUse> fields_used;
    Raised raised;
    Raised proved;
    EvidenceList evidence;

    static void fields(auto& archive, ClientConsents& row) {
        archive(row.scopes_known, row.scopes, row.first, row.asked, row.share, row.volume,
                row.settled, row.declined, row.fields_used, row.raised, row.proved, row.evidence);
    }
};

namespace {

constexpr Duration hour = std::chrono::hours(1);
constexpr Duration five_minutes = std::chrono::minutes(5);
constexpr Duration new_field_window = std::chrono::hours(24);
constexpr std::size_t most_fields = 64;
constexpr std::string_view form_filling = "eidapi_formFilling";
constexpr std::string_view profiles = "eidapi_profiles";

/// What a request asked for, until it is settled.
struct Asked {
    std::set<std::string> field_names;
    static void fields(auto& archive, Asked& row) { archive(row.field_names); }
};

std::int64_t square_root(std::int64_t value) {
    std::int64_t root = 0;
    for (std::int64_t bit = std::int64_t{1} << 31; bit > 0; bit >>= 1) {
        if ((root + bit) <= value / (root + bit)) {
            root += bit;
        }
    }
    return root;
}

/// How many standard deviations the hour lies above what is usual, in thousandths.
std::int64_t deviation_milli(const SensitiveShare& share) {
    const auto usual = std::clamp<std::int64_t>(share.permille, 20, 980);
    const std::int64_t n = share.asked;
    const std::int64_t above = std::int64_t{share.sensitive} * 1000 - n * usual;
    const std::int64_t deviation = square_root(n * usual * (1000 - usual));
    return deviation == 0 ? 0 : above * 1000 / deviation;
}

}  // namespace

ConsentHarvest::Options::Options()
    : sensitive_fields{"idNo",          "birthDate",      "residentialAddress",
                       "postalAddress", "mobileNumber",   "homeTelNumber",
                       "emailAddress",  "addressDocInfo", "maritalStatus"} {}

ConsentHarvest::ConsentHarvest(Options options)
    : options_(std::move(options)),
      text_{"consent.harvest",
            1,
            5,
            "D11",
            "T1213, T1119",
            "A relying party asked for more than it may, or for far more than it used to. Beyond "
            "its scopes it proves a fault of the platform or misuse; otherwise a new service may "
            "be the reason.",
            options_.keys} {}

Result<void> ConsentHarvest::scopes(const auto& leaf, StateRows& state) const {
    CHOPMARK_ASSIGN(auto cell, state.open<ClientConsents>(Key::client(leaf.client_id())));
    cell.state.scopes_known = true;
    cell.state.scopes = {leaf.scopes().begin(), leaf.scopes().end()};
    return state.store(cell, limits::detector_state_life);
}

Result<void> ConsentHarvest::on(const schema::RelyingPartyApproved& event, StateRows& state,
                                const Observed&, Findings&) const {
    return scopes(event.leaf(), state);
}

Result<void> ConsentHarvest::on(const schema::RelyingPartyScopesChanged& event, StateRows& state,
                                const Observed&, Findings&) const {
    return scopes(event.leaf(), state);
}

void ConsentHarvest::count_asked(ClientConsents& known, const schema::ConsentAsked& event,
                                 Instant now) const {
    SensitiveShare& share = known.share;
    if (const Instant current = begin_of_step(now, hour); current > share.hour) {
        if (share.teaches && share.asked >= options_.least_in_hour) {
            if (known.asked >= options_.learning) {
                share.cusum_milli = std::max<std::int64_t>(
                    0, share.cusum_milli + deviation_milli(share) - options_.cusum_slack_milli);
            }
            const std::int64_t now_permille = std::int64_t{share.sensitive} * 1000 / share.asked;
            const std::int64_t change = (now_permille - std::int64_t{share.permille}) / 8;
            share.permille = static_cast<std::uint32_t>(std::int64_t{share.permille} + change);
        } else if (!share.teaches) {
            share.cusum_milli = 0;  // it was raised: the next one is another matter
        }
        share.hour = current;
        share.asked = 0;
        share.sensitive = 0;
        share.teaches = true;
    }
    bool sensitive = false;
    for (const std::string& name : event.leaf().field_names()) {
        const auto use = known.fields_used.find(name);
        if (use != known.fields_used.end()) {
            ++use->second.times;
        } else if (known.fields_used.size() < most_fields) {
            known.fields_used[name] = {now, 1};
        }
        sensitive |= options_.sensitive_fields.contains(name);
    }
    ++share.asked;
    share.sensitive += sensitive ? 1 : 0;
    if (known.asked == 0) {
        known.first = now;
    }
    ++known.asked;
    if (known.asked <= options_.learning) {
        // The plain mean of the first requests; drifts are judged from then on.
        const auto so_far = static_cast<std::int64_t>(known.asked);
        const std::int64_t mean =
            (std::int64_t{share.permille} * (so_far - 1) + (sensitive ? 1000 : 0)) / so_far;
        share.permille = static_cast<std::uint32_t>(mean);
    }
}

Result<void> ConsentHarvest::on(const schema::ConsentAsked& event, StateRows& state,
                                const Observed& seen, Findings& findings) const {
    CHOPMARK_ASSIGN(auto asked, state.open<Asked>(Key::request(event.link().request_id())));
    asked.state.field_names = {event.leaf().field_names().begin(),
                               event.leaf().field_names().end()};
    CHOPMARK_TRY(state.store(asked, options_.request_life));

    CHOPMARK_ASSIGN(auto cell, state.open<ClientConsents>(Key::client(event.leaf().client_id())));
    ClientConsents& known = cell.state;
    known.evidence.add(seen.evidence(), limits::alert_evidence);
    count_asked(known, event, seen.at());
    known.volume.add(seen.at(), options_.prior_milli);
    const bool permitted = known.scopes.contains(std::string(form_filling)) ||
                           (event.leaf().purpose() == schema::PURPOSE_PROFILE &&
                            known.scopes.contains(std::string(profiles)));
    if (known.scopes_known && !permitted) {
        raise_invariant(cell, seen, "requests_without_scope",
                        "A relying party asked for consent without the scope that permits it.",
                        findings);
    }
    judge(cell, seen, findings);
    return state.store(cell, limits::detector_state_life);
}

Result<void> ConsentHarvest::on(const schema::ConsentGranted& event, StateRows& state,
                                const Observed& seen, Findings& findings) const {
    const Key request = Key::request(event.link().request_id());
    CHOPMARK_ASSIGN(const auto asked, state.open<Asked>(request));
    CHOPMARK_TRY(state.erase(request));
    const auto& granted = event.leaf().field_names();
    const bool beyond =
        asked.known && std::any_of(granted.begin(), granted.end(), [&](const auto& name) {
            return !asked.state.field_names.contains(name);
        });
    CHOPMARK_ASSIGN(auto cell, state.open<ClientConsents>(Key::client(event.leaf().client_id())));
    cell.state.settled.add(seen.at(), five_minutes, hour);
    if (beyond) {
        cell.state.evidence.add(seen.evidence(), limits::alert_evidence);
        raise_invariant(cell, seen, "fields_not_asked_for",
                        "A relying party was granted fields that it had not asked for.", findings);
    }
    return state.store(cell, limits::detector_state_life);
}

Result<void> ConsentHarvest::on(const schema::ConsentRefused& event, StateRows& state,
                                const Observed& seen, Findings& findings) const {
    CHOPMARK_TRY(state.erase(Key::request(event.link().request_id())));
    return declined(event.leaf().client_id(), state, seen, findings);
}

Result<void> ConsentHarvest::on(const schema::ConsentExpired& event, StateRows& state,
                                const Observed& seen, Findings& findings) const {
    CHOPMARK_TRY(state.erase(Key::request(event.link().request_id())));
    return declined(event.leaf().client_id(), state, seen, findings);
}

Result<void> ConsentHarvest::declined(const std::string& client, StateRows& state,
                                      const Observed& seen, Findings& findings) const {
    CHOPMARK_ASSIGN(auto cell, state.open<ClientConsents>(Key::client(client)));
    cell.state.settled.add(seen.at(), five_minutes, hour);
    cell.state.declined.add(seen.at(), five_minutes, hour);
    judge(cell, seen, findings);
    return state.store(cell, limits::detector_state_life);
}

void ConsentHarvest::raise_invariant(Cell& cell, const Observed& seen, const char* what,
                                     const char* explanation, Findings& findings) const {
    ClientConsents& known = cell.state;
    const Key matter{cell.key.name + "/" + what};
    if (auto draft =
            known.proved.due(matter, seen.at(), options_.window, schema::SEVERITY_CRITICAL, 1)) {
        draft->grade = Grade::invariant;
        draft->entity = {schema::Entity::KIND_CLIENT, cell.key.name.substr(1)};
        draft->score_permille = 1000;
        draft->evidence = {seen.evidence()};
        draft->measures = {{what, 1, 0, "count"}};
        draft->explanation = explanation;
        findings.push_back(*std::move(draft));
    }
}

void ConsentHarvest::judge(Cell& cell, const Observed& seen, Findings& findings) const {
    ClientConsents& known = cell.state;
    std::vector<Measure> signs;
    const std::int64_t drift =
        known.share.cusum_milli + deviation_milli(known.share) - options_.cusum_slack_milli;
    if (known.asked >= options_.learning && known.share.asked >= options_.least_in_hour &&
        drift > options_.cusum_raise_milli) {
        signs.push_back({"sensitive_requests",
                         std::int64_t{known.share.sensitive} * 1000 / known.share.asked,
                         known.share.permille, "permille"});
    }
    const std::uint64_t usual = known.volume.usual_milli(seen.at(), options_.prior_milli);
    const std::uint64_t settled = known.settled.within(seen.at(), hour);
    const std::uint64_t declined = known.declined.within(seen.at(), hour);
    if (known.volume.count >= options_.least_volume && settled >= options_.least_settled &&
        declined * 1000 >= settled * options_.refused_permille &&
        decimal_digits(negative_binomial_tail(known.volume.count, static_cast<double>(usual) / 1000,
                                              options_.dispersion)) >= options_.tail_digits) {
        signs.push_back({"requests", known.volume.count, static_cast<std::int64_t>(usual / 1000),
                         "count an hour"});
        signs.push_back(
            {"declined", static_cast<std::int64_t>(declined * 1000 / settled), 0, "permille"});
    }
    std::int64_t new_fields = 0;
    for (const auto& [name, use] : known.fields_used) {
        const bool recent = use.first + new_field_window > seen.at();
        new_fields += recent && use.first > known.first + options_.settled_in &&
                              use.times >= options_.new_field_requests &&
                              options_.sensitive_fields.contains(name)
                          ? 1
                          : 0;
    }
    if (new_fields > 0) {
        signs.push_back({"new_sensitive_fields", new_fields, 0, "count"});
    }
    if (signs.empty()) {
        return;
    }
    known.share.teaches = false;
    known.volume.freeze();
    const auto severity = signs.size() > 2 ? schema::SEVERITY_HIGH : schema::SEVERITY_MEDIUM;
    if (auto draft =
            known.raised.due(cell.key, seen.at(), options_.window, severity, known.volume.count)) {
        draft->entity = {schema::Entity::KIND_CLIENT, cell.key.name.substr(1)};
        draft->score_permille =
            std::min<std::uint32_t>(550 + 150 * std::uint32_t(signs.size()), 950);
        draft->evidence = known.evidence.records;
        draft->measures = std::move(signs);
        draft->explanation =
            "A relying party asks for consent in a way that it never did, and that collecting "
            "data looks like.";
        findings.push_back(*std::move(draft));
    }
}

}  // namespace chopmark::anomaly
