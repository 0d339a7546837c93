#include "anomaly/rules/code_replay.h"

#include "events/core/limits.h"

namespace chopmark::anomaly {
namespace {

struct LoginReplays {
    std::uint32_t times = 0;
    bool by_another = false;
    Raised raised;
    EvidenceList evidence;

    static void fields(auto& archive, LoginReplays& row) {
        archive(row.times, row.by_another, row.raised, row.evidence);
    }
};

struct ClientReplays {
    RecentSet logins;
    Raised raised;
    EvidenceList evidence;

    static void fields(auto& archive, ClientReplays& row) {
        archive(row.logins, row.raised, row.evidence);
    }
};

constexpr std::size_t most_logins = 64;

}  // namespace

CodeReplay::CodeReplay(const Options& options)
    : options_(options),
      text_{
          "code.replay",
          1,
          1,
          "D14",
          "T1550.001",
          "A code that had been exchanged was presented again. By another relying party it proves "
          "that the code leaked; by the same one it proves a leak or a fault of that party.",
          options.keys} {}

Result<void> CodeReplay::on(const schema::CodeReplayed& event, StateRows& state,
                            const Observed& seen, std::vector<Draft>& findings) const {
    if (event.leaf().grade() != schema::REPLAY_GRADE_LATE &&
        event.leaf().grade() != schema::REPLAY_GRADE_OTHER_CLIENT) {
        return {};
    }
    CHOPMARK_TRY(login(event, state, seen, findings));
    return campaign(event, state, seen, findings);
}

Result<void> CodeReplay::login(const schema::CodeReplayed& event, StateRows& state,
                               const Observed& seen, std::vector<Draft>& findings) const {
    CHOPMARK_ASSIGN(auto cell, state.open<LoginReplays>(Key::login(event.link().login_id())));
    LoginReplays& known = cell.state;
    ++known.times;
    known.by_another |= event.leaf().grade() == schema::REPLAY_GRADE_OTHER_CLIENT;
    known.evidence.add(seen.evidence(), limits::alert_evidence);
    const auto severity = known.by_another ? schema::SEVERITY_CRITICAL : schema::SEVERITY_MEDIUM;
    if (auto draft =
            known.raised.due(cell.key, seen.at(), options_.window, severity, known.times)) {
        draft->grade = Grade::invariant;
        draft->entity = {schema::Entity::KIND_ACCOUNT, event.link().head().account_id()};
        draft->others = {{schema::Entity::KIND_CLIENT, event.leaf().client_id()}};
        draft->score_permille = known.by_another ? 1000 : 900;
        draft->evidence = known.evidence.records;
        draft->measures = {{"replays", known.times, 0, "count"}};
        draft->explanation =
            known.by_another
                ? "The code of a login was presented by another relying party than it was issued "
                  "to."
                : "The code of a login was presented again, later than a retry would be.";
        findings.push_back(*std::move(draft));
    }
    return state.store(cell, options_.window);
}

Result<void> CodeReplay::campaign(const schema::CodeReplayed& event, StateRows& state,
                                  const Observed& seen, std::vector<Draft>& findings) const {
    CHOPMARK_ASSIGN(auto cell, state.open<ClientReplays>(Key::client(event.leaf().client_id())));
    ClientReplays& known = cell.state;
    known.logins.add(short_name(event.link().login_id()), seen.at(), options_.campaign_window,
                     most_logins);
    known.evidence.add(seen.evidence(), limits::alert_evidence);
    const auto logins = known.logins.within(seen.at(), options_.campaign_window);
    auto draft = logins < options_.campaign_logins
                     ? std::nullopt
                     : known.raised.due(cell.key, seen.at(), options_.campaign_window,
                                        schema::SEVERITY_HIGH, logins);
    if (draft) {
        draft->grade = Grade::invariant;
        draft->entity = {schema::Entity::KIND_CLIENT, event.leaf().client_id()};
        draft->score_permille = 950;
        draft->evidence = known.evidence.records;
        draft->measures = {{"logins", static_cast<std::int64_t>(logins), 0, "count"}};
        draft->explanation = "One relying party presented again the codes of several logins.";
        findings.push_back(*std::move(draft));
    }
    return state.store(cell, options_.campaign_window);
}

}  // namespace chopmark::anomaly
