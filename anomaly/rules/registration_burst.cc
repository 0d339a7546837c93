#include "anomaly/rules/registration_burst.h"

#include "events/core/limits.h"

namespace chopmark::anomaly {
namespace {

constexpr std::size_t most_remembered = 128;
constexpr Duration hour = std::chrono::hours(1);
constexpr Duration ten_minutes = std::chrono::minutes(10);

struct Terminal {
    std::vector<Instant> recent;  // rising
    HourProfile profile;
    Raised raised;
    EvidenceList evidence;

    static void fields(auto& archive, Terminal& row) {
        archive(row.recent, row.profile, row.raised, row.evidence);
    }

    void add(Instant at) {
        std::erase_if(recent, [&](Instant one) { return one + hour <= at; });
        recent.insert(std::upper_bound(recent.begin(), recent.end(), at), at);
        if (recent.size() > most_remembered) {
            recent.erase(recent.begin());
        }
    }
    [[nodiscard]] std::uint64_t within(Instant now, Duration window) const {
        return static_cast<std::uint64_t>(std::count_if(
            recent.begin(), recent.end(), [&](Instant one) { return one + window > now; }));
    }
    /// The last `count` took less time than people need.
    [[nodiscard]] bool too_fast(std::uint64_t count, Duration fastest) const {
        if (recent.size() < count || count < 2) {
            return false;
        }
        const auto first = recent.end() - static_cast<std::ptrdiff_t>(count);
        return recent.back() - *first < fastest * static_cast<std::int64_t>(count - 1);
    }
};

}  // namespace

RegistrationBurst::RegistrationBurst(const Options& options)
    : options_(options),
      text_{"registration.burst",
            1,
            4,
            "D05",
            "T1136, T1585",
            "More people were registered or upgraded at one terminal than usual, or than can be. "
            "Faster than people can be checked, it proves that checks were skipped; a mere burst "
            "may be a campaign of the service.",
            options.keys} {}

std::uint32_t RegistrationBurst::prior(schema::Channel channel) const {
    switch (channel) {
        case schema::KIOSK:
            return options_.kiosk_milli;
        case schema::COUNTER:
            return options_.counter_milli;
        case schema::MOBILE_TEAM:
            return options_.team_milli;
        default:
            return options_.other_milli;
    }
}

Result<void> RegistrationBurst::completed(const schema::Counter& place,
                                          const schema::LeafHead& head, StateRows& state,
                                          const Observed& seen, Findings& findings) const {
    if (place.terminal_id().empty()) {
        return {};
    }
    CHOPMARK_ASSIGN(auto cell, state.open<Terminal>(Key::terminal(place.terminal_id())));
    Terminal& known = cell.state;
    const std::uint32_t usual_here = prior(head.channel());
    const std::uint64_t usual_milli = known.profile.usual_milli(seen.at(), usual_here);
    known.add(seen.at());
    known.profile.add(seen.at(), usual_here);
    known.evidence.add(seen.evidence(), limits::alert_evidence);

    const std::uint64_t in_hour = known.within(seen.at(), hour);
    const std::uint64_t in_ten = known.within(seen.at(), ten_minutes);
    const double mean = static_cast<double>(usual_milli) / 1000;
    const auto digits = [&](std::uint64_t count, double expected) {
        return count < options_.least
                   ? 0U
                   : decimal_digits(negative_binomial_tail(count, expected, options_.dispersion));
    };
    const unsigned tail = std::max(digits(in_hour, mean), digits(in_ten, mean / 6));
    const bool too_fast = known.too_fast(options_.least, options_.fastest);
    if (too_fast || tail >= options_.tail_digits) {
        known.profile.freeze();
        if (auto draft = known.raised.due(
                cell.key, seen.at(), options_.window,
                too_fast ? schema::SEVERITY_HIGH : schema::SEVERITY_MEDIUM, in_hour)) {
            draft->grade = too_fast ? Grade::invariant : Grade::statistical;
            draft->entity = {schema::Entity::KIND_TERMINAL, place.terminal_id()};
            if (!place.operator_id().empty()) {
                draft->others = {{schema::Entity::KIND_OPERATOR, place.operator_id()}};
            }
            draft->score_permille = too_fast ? 1000 : std::min(990U, 500 + 50 * tail);
            draft->evidence = known.evidence.records;
            draft->measures = {
                {"registrations", static_cast<std::int64_t>(in_hour),
                 static_cast<std::int64_t>(usual_milli / 1000), "count an hour"},
                {"registrations_lately", static_cast<std::int64_t>(in_ten),
                 static_cast<std::int64_t>(usual_milli / 6000), "count in ten minutes"}};
            draft->explanation =
                too_fast ? "Registrations at a terminal followed one another faster than people "
                           "can be checked."
                         : "A terminal made far more registrations than it does at this hour.";
            findings.push_back(*std::move(draft));
        }
    }
    return state.store(cell, options_.memory);
}

}  // namespace chopmark::anomaly
