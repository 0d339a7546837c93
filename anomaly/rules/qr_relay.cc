#include "anomaly/rules/qr_relay.h"

#include <array>

#include "events/core/limits.h"

namespace chopmark::anomaly {
namespace {

constexpr std::size_t most_members = 64;
constexpr Duration browser_memory = std::chrono::hours(24 * 7);

struct Suspected {
    Bytes login;
    Instant at;
    int decibans = 0;
    std::uint32_t logins = 0;
    std::uint32_t followed = 0;
    bool disputed = false;
    Raised raised;
    EvidenceList evidence;
    std::vector<Measure> measures;

    static void fields(auto& archive, Suspected& row) {
        archive(row.login, row.at, row.decibans, row.logins, row.followed, row.disputed, row.raised,
                row.evidence, row.measures);
    }
};

struct BrowserLogins {
    RecentSet strangers;
    RecentSet remote;
    HourlyLevel level;
    Raised raised;
    EvidenceList evidence;

    static void fields(auto& archive, BrowserLogins& row) {
        archive(row.strangers, row.remote, row.level, row.raised, row.evidence);
    }
};

/// Hong Kong, Macao and Guangdong are one region for travellers; a country code cannot tell
/// Guangdong from the rest of the mainland, the distance can.
bool one_region(const schema::LoginTraces& traces) {
    const auto in_region = [](std::string_view country) {
        return country == "HK" || country == "MO" || country == "CN";
    };
    const bool near = traces.distance_class() >= 1 && traces.distance_class() <= 2;
    return near && in_region(traces.phone().country()) && in_region(traces.browser().country());
}

bool countries_differ(const schema::LoginTraces& traces) {
    return !traces.phone().country().empty() && !traces.browser().country().empty() &&
           traces.phone().country() != traces.browser().country() && !one_region(traces);
}

/// 1000 / (1 + 10^(−d/10)) for d = −10 … 30, rounded; a table, so that every node has the same.
constexpr int table_begin = -10;
constexpr std::array<std::uint32_t, 41> posterior = {
    91,  112, 137, 166, 201, 240, 285, 334, 387, 443, 500, 557, 613, 666,
    715, 760, 799, 834, 863, 888, 909, 926, 941, 952, 962, 969, 975, 980,
    984, 988, 990, 992, 994, 995, 996, 997, 997, 998, 998, 999, 999};

Entity account_of(const schema::LinkHead& head) {
    return {schema::Entity::KIND_ACCOUNT, head.account_id()};
}

}  // namespace

QrRelay::Options::Options()
    // Autonomous systems of large hosting and VPN providers; an operator of the platform adds more.
    : hosting_asns{9009,  14061, 14618, 15169, 16276,  16509,  20473,  24940,
                   45102, 60068, 63949, 8075,  132203, 212238, 396982, 13335},
      sensitive_fields{"idNo",          "birthDate",      "residentialAddress",
                       "postalAddress", "mobileNumber",   "homeTelNumber",
                       "emailAddress",  "addressDocInfo", "maritalStatus"} {}

QrRelay::QrRelay(Options options)
    : options_(std::move(options)),
      text_{"login.qr_relay",
            1,
            2,
            "D01",
            "T1566.002, T1557, T1684.001",
            "A login by QR code was approved on a phone that is not where its browser is, or one "
            "browser completed logins of people who are strangers to it. It does not prove a "
            "relay: a traveller or a virtual private network looks the same.",
            options_.keys} {}

std::uint32_t QrRelay::score(int decibans) const {
    const int at = decibans + options_.prior - table_begin;
    return posterior[static_cast<std::size_t>(
        std::clamp(at, 0, static_cast<int>(posterior.size()) - 1))];
}

QrRelay::Signs QrRelay::signs_of(const schema::LoginTraces& traces, const Observed& seen) const {
    Signs signs;
    const auto add = [&](bool applies, int decibans, const char* name) {
        if (applies) {
            signs.decibans += decibans;
            signs.measures.push_back({name, decibans, 0, "deciban"});
        }
        return applies;
    };
    const bool near = traces.distance_class() == 1 || traces.distance_class() == 2;
    const bool hosted = add(options_.hosting_asns.contains(traces.browser().asn()),
                            options_.hosting, "browser_hosted");
    const bool abroad = add(countries_differ(traces), options_.country_differs, "countries_differ");
    add(traces.distance_class() == 4, options_.another_country_far, "distance");
    add(traces.distance_class() >= 5, options_.another_continent, "distance");
    add(traces.scan_delay_ms() > options_.slow / std::chrono::milliseconds(1),
        options_.slow_decision, "slow_decision");
    add(traces.qr_age_ms() > options_.old / std::chrono::milliseconds(1), options_.old_code,
        "old_code");
    const bool knows = seen.habits().knows_browser(traces.browser());
    add(knows, options_.known_browser, "browser_known");
    signs.stranger = seen.habits().settled() && !knows;
    add(signs.stranger && seen.habits().knows_phone(traces.phone()), options_.new_browser,
        "browser_new");
    signs.remote = hosted || abroad || (!near && traces.distance_class() >= 3);
    return signs;
}

Result<void> QrRelay::on(const schema::LoginApproved& event, StateRows& state, const Observed& seen,
                         Findings& findings) const {
    if (event.leaf().flow() != schema::QR || !event.link().traces().has_browser()) {
        return {};
    }
    const Signs signs = signs_of(event.link().traces(), seen);
    if (signs.decibans >= options_.raise_at) {
        CHOPMARK_TRY(login(event, signs, state, seen, findings));
    }
    return browser(event, signs, state, seen, findings);
}

Result<void> QrRelay::login(const schema::LoginApproved& event, const Signs& signs,
                            StateRows& state, const Observed& seen, Findings& findings) const {
    const auto& head = event.link().head();
    CHOPMARK_ASSIGN(auto cell, state.open<Suspected>(Key::person(KeyIndex(head.key_index()))));
    Suspected& known = cell.state;
    known.login = event.link().traces().login_id();
    known.at = seen.at();
    known.decibans = std::max(known.decibans, signs.decibans);
    ++known.logins;
    known.evidence.add(seen.evidence(), limits::alert_evidence);
    known.measures = signs.measures;
    if (auto draft = known.raised.due(cell.key, seen.at(), options_.login_window,
                                      schema::SEVERITY_MEDIUM, known.logins)) {
        draft->entity = account_of(head);
        draft->others = {{schema::Entity::KIND_CLIENT, event.leaf().client_id()}};
        draft->score_permille = score(known.decibans);
        draft->evidence = known.evidence.records;
        draft->measures = known.measures;
        draft->measures.push_back({"logins", known.logins, 0, "count"});
        draft->explanation =
            "A login by QR code was approved on a phone that does not seem to be where its browser "
            "is.";
        findings.push_back(*std::move(draft));
    }
    return state.store(cell, options_.login_window);
}

Result<void> QrRelay::browser(const schema::LoginApproved& event, const Signs& signs,
                              StateRows& state, const Observed& seen, Findings& findings) const {
    const schema::Endpoint& end = event.link().traces().browser();
    if (end.network().current().empty() || end.agent().current().empty()) {
        return {};
    }
    CHOPMARK_ASSIGN(auto cell, state.open<BrowserLogins>(Key::tokens(end.network(), end.agent())));
    BrowserLogins& known = cell.state;
    const std::uint64_t usual_milli = known.level.mean_milli;
    known.level.add(seen.at());
    if (signs.stranger) {
        const auto member = short_name(event.link().head().account_id());
        known.strangers.add(member, seen.at(), options_.browser_window, most_members);
        if (signs.remote) {
            known.remote.add(member, seen.at(), options_.browser_window, most_members);
        }
        known.evidence.add(seen.evidence(), limits::alert_evidence);
    }
    const auto strangers = known.strangers.within(seen.at(), options_.browser_window);
    const auto remote = known.remote.within(seen.at(), options_.browser_window);
    const bool too_many =
        remote >= options_.remote_strangers ||
        (strangers >= options_.strangers && strangers * 1000 > options_.times_usual * usual_milli);
    auto draft = signs.stranger && too_many
                     ? known.raised.due(cell.key, seen.at(), options_.browser_window,
                                        schema::SEVERITY_HIGH, strangers)
                     : std::nullopt;
    if (draft) {
        draft->entity = {schema::Entity::KIND_NETWORK, end.network().current()};
        draft->score_permille = remote >= options_.remote_strangers ? 900 : 750;
        draft->evidence = known.evidence.records;
        draft->measures = {
            {"people", static_cast<std::int64_t>(strangers),
             static_cast<std::int64_t>(usual_milli / 1000), "count an hour"},
            {"people_elsewhere", static_cast<std::int64_t>(remote), 0, "count an hour"}};
        draft->explanation =
            "One browser completed logins of several people who had never used it before.";
        findings.push_back(*std::move(draft));
    }
    return state.store(cell, browser_memory);
}

Result<void> QrRelay::follows(const schema::LinkHead& head, StateRows& state, const Observed& seen,
                              Findings& findings) const {
    CHOPMARK_ASSIGN(auto cell, state.open<Suspected>(Key::person(KeyIndex(head.key_index()))));
    Suspected& known = cell.state;
    if (!cell.known || (!known.disputed && seen.at() > known.at + options_.follow_up)) {
        return {};
    }
    ++known.followed;
    known.evidence.add(seen.evidence(), limits::alert_evidence);
    const auto severity =
        known.disputed && known.followed > 1 ? schema::SEVERITY_CRITICAL : schema::SEVERITY_HIGH;
    if (auto draft = known.raised.due(cell.key, seen.at(), options_.login_window, severity,
                                      known.logins + known.followed)) {
        draft->entity = account_of(head);
        draft->score_permille = std::max(score(known.decibans), known.disputed ? 990U : 900U);
        draft->evidence = known.evidence.records;
        draft->measures = known.measures;
        draft->measures.push_back({"logins", known.logins, 0, "count"});
        draft->measures.push_back({"followed_by", known.followed, 0, "count"});
        draft->explanation =
            known.disputed
                ? "A login by QR code from two places was disputed by its citizen."
                : "A login by QR code from two places was followed by what relays are made for.";
        findings.push_back(*std::move(draft));
    }
    return state.store(cell, options_.login_window);
}

Result<void> QrRelay::on(const schema::LoginDisputed& event, StateRows& state, const Observed& seen,
                         Findings& findings) const {
    const auto& head = event.link().head();
    CHOPMARK_ASSIGN(auto cell, state.open<Suspected>(Key::person(KeyIndex(head.key_index()))));
    if (!cell.known || cell.state.login != event.link().login_id()) {
        return {};
    }
    cell.state.disputed = true;
    CHOPMARK_TRY(state.store(cell, options_.login_window));
    return follows(head, state, seen, findings);
}

Result<void> QrRelay::on(const schema::BulkApproved& event, StateRows& state, const Observed& seen,
                         Findings& findings) const {
    return follows(event.link().head(), state, seen, findings);
}

Result<void> QrRelay::on(const schema::SignatureMade& event, StateRows& state, const Observed& seen,
                         Findings& findings) const {
    return follows(event.link().head(), state, seen, findings);
}

Result<void> QrRelay::on(const schema::ConsentGranted& event, StateRows& state,
                         const Observed& seen, Findings& findings) const {
    const auto& names = event.leaf().field_names();
    const bool sensitive = std::any_of(names.begin(), names.end(), [&](const auto& name) {
        return options_.sensitive_fields.contains(name);
    });
    return sensitive ? follows(event.link().head(), state, seen, findings) : Result<void>();
}

Result<void> QrRelay::on(const schema::ProfileFieldsSet& event, StateRows& state,
                         const Observed& seen, Findings& findings) const {
    return follows(event.link().head(), state, seen, findings);
}

}  // namespace chopmark::anomaly
