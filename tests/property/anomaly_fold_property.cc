// Any way of folding the same journal gives the same rows and findings: in one go, after every cut,
// with restarts and lost commits, on another node.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "tests/support/anomaly_rig.h"

namespace chopmark::test {
namespace {

constexpr unsigned histories = 8;
constexpr int events_a_history = 400;

class History {
  public:
    History(unsigned seed, AnomalyRig& rig) : rig_(rig), random_(seed) {}

    std::size_t below(std::size_t bound) { return random_() % bound; }
    bool chance(unsigned percent) { return below(100) < percent; }
    [[nodiscard]] Instant at() const { return at_; }

    void append() {
        // Partitions run side by side, so times of different ones overlap.
        at_ = at_ + std::chrono::seconds(below(90));
        const auto whom = below(12);
        const auto who =
            AnomalyRig::person(static_cast<std::uint16_t>(1 + whom + 12 * lives_[whom]));
        switch (below(9)) {
            case 0:
            case 1:
            case 2:
                return login(who);
            case 3: {
                auto event = AnomalyRig::about<schema::CodeReplayed>(who);
                event.mutable_leaf()->set_grade(static_cast<schema::ReplayGrade>(1 + below(3)));
                event.mutable_leaf()->set_client_id(one_of(3));
                event.mutable_link()->set_login_id(one_of(20));
                return put(event);
            }
            case 4: {
                auto event = AnomalyRig::about<schema::DeviceBound>(who);
                event.mutable_link()->set_device_id(one_of(2));
                return put(event);
            }
            case 5: {
                auto event = AnomalyRig::about<schema::SignatureMade>(who);
                event.mutable_link()->set_device_id(one_of(2));
                event.mutable_leaf()->set_client_id(one_of(3));
                return put(event);
            }
            case 6: {
                auto event = AnomalyRig::about<schema::AccountRegistered>(who);
                event.mutable_link()->mutable_place()->set_terminal_id(one_of(1));
                return put(event);
            }
            case 7: {
                schema::SignInImported event;
                event.mutable_leaf()->mutable_head()->set_outcome(chance(20) ? schema::DONE
                                                                             : schema::FAILED);
                event.mutable_link()->mutable_network()->set_current(one_of(2));
                event.mutable_link()->mutable_user()->set_current(one_of(5));
                return put(event);
            }
            default:
                if (chance(10)) {
                    ++lives_[whom];  // no event follows an erasure
                    return put(AnomalyRig::about<schema::SubjectErased>(who));
                }
                return consent(who);
        }
    }

  private:
    Bytes one_of(std::size_t pool) { return Bytes(16, static_cast<char>('a' + below(pool))); }
    void put(const schema::Event& event) { rig_.append(event, at_); }

    void login(const AnomalyRig::Person& who) {
        auto event = AnomalyRig::about<schema::LoginApproved>(who);
        event.mutable_leaf()->set_flow(schema::QR);
        auto& traces = *event.mutable_link()->mutable_traces();
        traces.set_login_id(one_of(20));
        traces.mutable_phone()->set_country("HK");
        traces.mutable_phone()->set_asn(9269);
        traces.mutable_browser()->set_country(chance(80) ? "HK" : "GB");
        traces.mutable_browser()->set_asn(chance(80) ? 4760 : 16509);
        traces.mutable_browser()->mutable_network()->set_current(one_of(4));
        traces.mutable_browser()->mutable_network()->set_next(one_of(4));
        traces.mutable_browser()->mutable_agent()->set_current("agent");
        traces.mutable_browser()->mutable_agent()->set_next("agent before");
        traces.set_distance_class(static_cast<std::uint32_t>(below(6)));
        put(event);
    }
    void consent(const AnomalyRig::Person& who) {
        const Bytes request = one_of(10);
        if (chance(50)) {
            auto event = AnomalyRig::about<schema::ConsentAsked>(who);
            event.mutable_leaf()->set_client_id(one_of(2));
            event.mutable_leaf()->add_field_names(chance(50) ? "idNo" : "prefix");
            event.mutable_link()->set_request_id(request);
            return put(event);
        }
        auto event = AnomalyRig::about<schema::ConsentGranted>(who);
        event.mutable_leaf()->set_client_id(one_of(2));
        event.mutable_leaf()->add_field_names(chance(50) ? "idNo" : "prefix");
        event.mutable_link()->set_request_id(request);
        put(event);
    }

    AnomalyRig& rig_;
    std::mt19937 random_;
    std::array<std::size_t, 12> lives_{};
    Instant at_ = Instant::from_seconds(1'769'572'800);
};

/// The same history: folded as it grows by one rig, in one go by another.
TEST(AnomalyFold, AnyWayOfFoldingGivesTheSameRowsAndFindings) {
    for (unsigned seed = 1; seed <= histories; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        AnomalyRig growing;
        AnomalyRig whole;
        History one(seed, growing);
        History other(seed, whole);
        std::mt19937 cuts(seed);
        for (int i = 0; i < events_a_history; ++i) {
            one.append();
            other.append();
            if (cuts() % 7 != 0) {
                continue;
            }
            growing.cut(one.at());
            whole.cut(other.at());
            growing.fold();
            growing.restart(cuts() % 4);
        }
        growing.cut(one.at());
        whole.cut(other.at());
        growing.fold();
        whole.fold();
        EXPECT_EQ(growing.dump(), whole.dump());
        const auto found = whole.stored();
        EXPECT_FALSE(found.empty());
        std::map<AlertId, std::uint32_t> revisions;
        for (const auto& finding : found) {
            EXPECT_EQ(finding.what.revision, ++revisions[finding.alert]) << finding.rule;
        }
    }
}

}  // namespace
}  // namespace chopmark::test
