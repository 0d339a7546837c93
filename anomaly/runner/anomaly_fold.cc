#include "anomaly/runner/anomaly_fold.h"

#include <algorithm>
#include <limits>
#include <set>

#include "anomaly/state/window.h"
#include "events/core/limits.h"
#include "events/schema/codec.h"

namespace chopmark::anomaly {
namespace {

constexpr std::uint32_t layout = 1;  // raised when rows mean something else
constexpr std::uint8_t habits_space = 0;
const Bytes head_key = "h";

std::uint32_t version_of(const Rules& rules) {
    Bytes text;
    append_big_endian(text, layout);
    for (const auto& rule : rules) {
        append_big_endian(text, static_cast<std::uint32_t>(rule->text().name.size()));
        text.append(rule->text().name);
        append_big_endian(text, rule->text().version);
    }
    return get_big_endian<std::uint32_t>(crypto::sha256(text).bytes());
}

/// What an event of success shows of where its person is.
struct Ends {
    const schema::Endpoint* phone = nullptr;
    const schema::Endpoint* browser = nullptr;
    bool login = false;
    bool signature = false;
};

Ends ends_of(const schema::Event& event) {
    if (const auto* login = std::get_if<schema::LoginApproved>(&event)) {
        const auto& traces = login->link().traces();
        return {&traces.phone(), traces.has_browser() ? &traces.browser() : nullptr, true, false};
    }
    if (const auto* made = std::get_if<schema::SignatureMade>(&event)) {
        return {&made->link().phone(), nullptr, false, true};
    }
    if (const auto* approved = std::get_if<schema::BulkApproved>(&event)) {
        return {&approved->link().phone(), nullptr, false, true};
    }
    return {};
}

bool teaches_habits(record::TypeNumber type) {
    return type == schema::info<schema::LoginApproved>().type ||
           type == schema::info<schema::SignatureMade>().type ||
           type == schema::info<schema::BulkApproved>().type;
}

}  // namespace

Bytes finding_key(std::uint64_t number) {
    Bytes key(1, finding_tag);
    append_big_endian(key, number);
    return key;
}

struct AnomalyFold::Step {
    const fold::OpenedEvent& opened;
    fold::RowBatch& rows;
    Head head{};

    [[nodiscard]] Instant at() const { return opened.prelude().recorded_at; }
    StateRows space(std::uint8_t number, std::uint64_t keys) {
        return {rows, head, number, keys, at()};
    }
    StateRows space(const RuleText& rule) { return space(rule.space, rule.keys); }
};

AnomalyFold::AnomalyFold(Rules rules, const Options& options)
    : rules_(std::move(rules)), options_(options), version_(version_of(rules_)) {
    std::set<std::uint8_t> spaces{habits_space};
    for (const auto& rule : rules_) {
        ensure(spaces.insert(rule->text().space).second, "a space of its own for every rule");
    }
}

bool AnomalyFold::wants(record::TypeNumber type) const {
    return type == schema::info<schema::CutRecorded>().type ||
           type == schema::info<schema::SubjectErased>().type ||
           type == schema::info<schema::PeriodExpired>().type || teaches_habits(type) ||
           std::any_of(rules_.begin(), rules_.end(),
                       [&](const auto& rule) { return rule->wants(type); });
}

Result<void> AnomalyFold::apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const {
    Step step{event, rows};
    CHOPMARK_ASSIGN(const auto row, rows.get(head_key));
    if (row) {
        CHOPMARK_ASSIGN(step.head, fold::decode_row<Head>(*row));
    }
    const Head before = step.head;
    CHOPMARK_TRY(fold(step));
    if (!(step.head == before)) {
        rows.put(head_key, fold::encode_row(step.head));
    }
    return {};
}

Result<void> AnomalyFold::fold(Step& step) const {
    const schema::Event& event = step.opened.event();
    if (const auto* cut = std::get_if<schema::CutRecorded>(&event)) {
        step.head.cut = cut->leaf().number();
        return {};
    }
    if (std::holds_alternative<schema::SubjectErased>(event)) {
        return forget(step);
    }
    if (std::holds_alternative<schema::PeriodExpired>(event)) {
        // What rules remember of that period is older than they may remember: all of it goes now.
        return expire(step, std::numeric_limits<std::size_t>::max() - 1);
    }
    CHOPMARK_TRY(expire(step, limits::detector_expiries));
    return watch(step);
}

Result<void> AnomalyFold::expire(Step& step, std::size_t most) const {
    CHOPMARK_TRY(step.space(habits_space, options_.persons).expire(most));
    for (const auto& rule : rules_) {
        CHOPMARK_TRY(step.space(rule->text()).expire(most));
    }
    return {};
}

Result<void> AnomalyFold::forget(Step& step) const {
    const Key person = Key::person(KeyIndex(schema::link_head(step.opened.event()).key_index()));
    CHOPMARK_TRY(step.space(habits_space, options_.persons).erase(person));
    for (const auto& rule : rules_) {
        CHOPMARK_TRY(step.space(rule->text()).erase(person));
    }
    return {};
}

Result<void> AnomalyFold::watch(Step& step) const {
    const schema::Event& event = step.opened.event();
    const KeyIndex person(schema::link_head(event).key_index());
    StateRows space = step.space(habits_space, options_.persons);
    StateRows::Cell<Habits> habits;
    if (person.value() != 0) {
        CHOPMARK_ASSIGN(habits, space.open<Habits>(Key::person(person)));
    }
    const Observed seen(step.opened, habits.state);
    bool found = false;
    for (const auto& rule : rules_) {
        if (!rule->wants(step.opened.prelude().type)) {
            continue;
        }
        StateRows state = step.space(rule->text());
        CHOPMARK_ASSIGN(auto drafts, rule->observe(state, seen));
        found |= !drafts.empty();
        keep(step, rule->text(), std::move(drafts));
    }
    if (found || person.value() == 0 || !teaches_habits(step.opened.prelude().type)) {
        return {};
    }
    const Ends ends = ends_of(event);
    habits.state.logins += ends.login ? 1 : 0;
    habits.state.signatures += ends.signature ? 1 : 0;
    habits.state.learn_phone(*ends.phone, step.at());
    if (ends.browser != nullptr) {
        habits.state.learn_browser(*ends.browser, step.at());
    }
    return space.store(habits, limits::detector_state_life);
}

void AnomalyFold::keep(Step& step, const RuleText& rule, std::vector<Draft> drafts) const {
    for (Draft& draft : drafts) {
        Finding finding;
        finding.number = step.head.next_finding++;
        finding.alert = alert_id(rule.name, rule.version, draft.key, draft.window_start);
        finding.rule = rule.name;
        finding.rule_version = rule.version;
        finding.cut = step.head.cut;
        finding.found_at = step.at();
        finding.what = std::move(draft);
        step.rows.put(finding_key(finding.number), fold::encode_row(finding));
        if (step.head.next_finding - step.head.first_finding > options_.findings) {
            step.rows.erase(finding_key(step.head.first_finding++));
        }
    }
}

}  // namespace chopmark::anomaly
