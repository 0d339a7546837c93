// What relying parties call, each alone over loopback, the generator on the same cores: tokens for
// codes, forms filled with the callback delivered, digests signed beside `openssl speed` signing on
// one core of the same run.
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <thread>

#include "ops/figures/figure.h"
#include "ops/figures/gateways.h"
#include "ops/figures/request_traffic.h"

namespace chopmark::figures {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr double tokens_wanted = 8000;
constexpr double forms_wanted = 1500;
constexpr double signatures_wanted = 0.60;
constexpr unsigned callers = 64;
constexpr unsigned signers = 64;
/// A code lives for a minute; so many are made in a few seconds.
constexpr std::size_t codes_a_caller = 100;

struct Serving {
    std::unique_ptr<NodeHome> node;
    LoginTraffic::Gateways gateways;
};

Result<Serving> serve(Bench& bench) {
    const config::Config config = serving_config(bench.settings, /*tls=*/false);
    Serving out;
    CHOPMARK_ASSIGN(out.node, NodeHome::serving(bench.make_folder("rp"), config));
    CHOPMARK_ASSIGN(out.gateways, gateways_of(*out.node, /*tls=*/false));
    return out;
}

// ---- tokens
// -----------------------------------------------------------------------------------

struct Redeemer {
    LoginTraffic::Caller wires;
    std::vector<std::string> codes;
    std::vector<std::uint32_t> waits_us;
    std::optional<Error> failed;

    explicit Redeemer(LoginTraffic::Caller connected) : wires(std::move(connected)) {}
};

void log_in(LoginTraffic& logins, Redeemer& redeemer, unsigned number) {
    for (std::size_t i = 0; i < codes_a_caller && !redeemer.failed; ++i) {
        const auto code = logins.log_in(redeemer.wires, logins.phones()[number + callers * i]);
        if (code) {
            redeemer.codes.push_back(*code);
        } else {
            redeemer.failed = code.error();
        }
    }
}

void redeem(LoginTraffic& logins, Redeemer& redeemer) {
    for (const std::string& code : redeemer.codes) {
        const auto begin = SteadyClock::now();
        const auto token = logins.service().get_token(redeemer.wires.server, code);
        if (!token) {
            redeemer.failed = token.error();
            return;
        }
        const auto waited = SteadyClock::now() - begin;
        redeemer.waits_us.push_back(static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(waited).count()));
    }
}

/// All at once, each on a thread of its own.
template <class Do>
Result<double> together(std::vector<Redeemer>& redeemers, Do act) {
    const auto begin = SteadyClock::now();
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < redeemers.size(); ++i) {
        threads.emplace_back([&, i] { act(redeemers[i], i); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    for (const Redeemer& redeemer : redeemers) {
        if (redeemer.failed) {
            return *redeemer.failed;
        }
    }
    return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

Result<void> measure_tokens(Bench& bench) {
    CHOPMARK_ASSIGN(const Serving serving, serve(bench));
    CHOPMARK_ASSIGN(const auto logins, LoginTraffic::prepare(*serving.node, serving.gateways,
                                                             callers * codes_a_caller));
    std::vector<double> rates;
    std::vector<Percentiles> waits;
    for (unsigned round = 0; round < bench.settings.rounds; ++round) {
        std::vector<Redeemer> redeemers;
        for (unsigned i = 0; i < callers; ++i) {
            CHOPMARK_ASSIGN(auto connected, LoginTraffic::Caller::connect(serving.gateways));
            redeemers.emplace_back(std::move(connected));
        }
        CHOPMARK_TRY(together(redeemers, [&](Redeemer& redeemer, unsigned number) {
            log_in(*logins, redeemer, number);
        }));
        CHOPMARK_ASSIGN(const double seconds,
                        together(redeemers, [&](Redeemer& redeemer, unsigned /*number*/) {
                            redeem(*logins, redeemer);
                        }));
        std::vector<std::uint32_t> all;
        for (const Redeemer& redeemer : redeemers) {
            all.insert(all.end(), redeemer.waits_us.begin(), redeemer.waits_us.end());
        }
        rates.push_back(static_cast<double>(all.size()) / seconds);
        waits.push_back(percentiles(std::move(all)));
    }
    Row row;
    row.name = "rp";
    row.variant = fmt::format("getToken, {} callers", callers);
    row.value = median(rates);
    row.unit = "tokens/s";
    row.reach = Reach::at_least(tokens_wanted);
    row.waits = median(waits);
    row.note = fmt::format("{} codes, made before", callers * codes_a_caller);
    bench.report.add(std::move(row));
    return {};
}

// ---- requests
// ---------------------------------------------------------------------------------

Result<void> measure_forms(Bench& bench) {
    CHOPMARK_ASSIGN(const Serving serving, serve(bench));
    CHOPMARK_ASSIGN(const auto traffic, RequestTraffic::prepare(*serving.node, serving.gateways,
                                                                callers, schema::DEFAULT));
    serving.node->settle();
    std::vector<double> rates;
    std::vector<Percentiles> waits;
    for (unsigned round = 0; round < bench.settings.rounds; ++round) {
        CHOPMARK_ASSIGN(const auto outcome, traffic->run(RequestTraffic::Kind::form,
                                                         bench.settings.warm, bench.settings.span));
        rates.push_back(outcome.per_second);
        waits.push_back(outcome.waits);
    }
    Row row;
    row.name = "rp";
    row.variant = fmt::format("form filling, {} callers", callers);
    row.value = median(rates);
    row.unit = "forms/s";
    row.reach = Reach::at_least(forms_wanted);
    row.waits = median(waits);
    row.note = "asked, seen, granted, and the callback opened: 5 requests and 1 of ours";
    bench.report.add(std::move(row));
    return {};
}

/// Signatures of RSA-2048 a second, on one core.
Result<double> openssl_speed() {
    struct Close {
        void operator()(FILE* pipe) const { ::pclose(pipe); }
    };
    const std::unique_ptr<FILE, Close> pipe(
        ::popen("openssl speed -mr -seconds 2 rsa2048 2>/dev/null", "r"));
    std::string said;
    std::array<char, 512> some{};
    while (pipe && std::fgets(some.data(), some.size(), pipe.get()) != nullptr) {
        said += some.data();
    }
    // "+F2:2:2048:<signs a second>:<verifications a second>"
    const std::string signs(between(said, ":2048:", ":"));
    const double rate = signs.empty() ? 0 : std::strtod(signs.c_str(), nullptr);
    return rate > 0 ? Result<double>(rate) : Error(answer_bad, "openssl speed: " + said);
}

Result<void> measure_signatures(Bench& bench) {
    CHOPMARK_ASSIGN(const Serving serving, serve(bench));
    CHOPMARK_ASSIGN(const auto traffic, RequestTraffic::prepare(*serving.node, serving.gateways,
                                                                signers, schema::SIGN));
    CHOPMARK_TRY(traffic->certified());
    serving.node->settle();
    std::vector<double> rates;
    std::vector<double> bare;
    std::vector<Percentiles> waits;
    for (unsigned round = 0; round < bench.settings.rounds; ++round) {
        CHOPMARK_ASSIGN(const auto outcome, traffic->run(RequestTraffic::Kind::signature,
                                                         bench.settings.warm, bench.settings.span));
        rates.push_back(outcome.per_second);
        waits.push_back(outcome.waits);
        CHOPMARK_ASSIGN(const double speed, openssl_speed());
        bare.push_back(speed);
    }
    Row row;
    row.name = "rp";
    row.variant = fmt::format("hash signing, {} callers", signers);
    row.value = median(rates);
    row.unit = "signatures/s";
    row.bare = median(bare);
    row.reach = Reach::ratio(signatures_wanted);
    row.waits = median(waits);
    row.note = "asked, seen, approved and signed, and the callback opened; bare: openssl speed";
    bench.report.add(std::move(row));
    return {};
}

}  // namespace

Result<void> measure_rp(Bench& bench) {
    CHOPMARK_TRY(measure_tokens(bench));
    CHOPMARK_TRY(measure_forms(bench));
    return measure_signatures(bench);
}

}  // namespace chopmark::figures
