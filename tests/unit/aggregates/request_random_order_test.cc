#include <gtest/gtest.h>

#include <random>

#include "aggregates/citizen/bulk.h"
#include "events/core/limits.h"
#include "events/fold/row_codec.h"
#include "tests/support/service_story.h"

namespace chopmark::test {
namespace {

using namespace citizen;

/// Events of the families that logins and requests react to, about few enough things that they
/// meet, and now and then malformed: what decide would never give may still be folded.
class RandomEvents {
  public:
    explicit RandomEvents(std::uint64_t seed) : engine_(seed) {}

    schema::Event draw() {
        switch (pick(29)) {
            case 0:
                return approved();
            case 1:
                return traced<schema::LoginRefused>();
            case 2:
                return traced<schema::LoginExpired>();
            case 3:
                return redeemed();
            case 4:
                return replayed();
            case 5:
                return about_login<schema::TokenRevoked>();
            case 6:
                return disputed();
            case 7:
                return revoked();
            case 8:
                return asked<schema::ConsentAsked>();
            case 9:
                return asked<schema::SignatureAsked>();
            case 10:
                return asked<schema::StepUpAsked>();
            case 11:
                return answered<schema::ConsentGranted>();
            case 12:
                return answered<schema::ConsentRefused>();
            case 13:
                return answered<schema::ConsentExpired>();
            case 14:
                return answered<schema::ConsentWithdrawn>();
            case 15:
                return answered<schema::SignatureMade>();
            case 16:
                return mismatched();
            case 17:
                return answered<schema::SignatureExpired>();
            case 18:
                return answered<schema::SignatureAcknowledged>();
            case 19:
                return answered<schema::StepUpPassed>();
            case 20:
                return answered<schema::StepUpRefused>();
            case 21:
                return answered<schema::StepUpExpired>();
            case 22:
                return answered<schema::CallbackSettled>();
            case 23:
                return asked_bulk();
            case 24:
                return listed();
            case 25:
                return answered<schema::BulkApproved>();
            case 26:
                return signed_part();
            case 27:
                return pick(2) == 0 ? schema::Event(answered<schema::BulkCancelled>())
                                    : schema::Event(answered<schema::BulkFailed>());
            default:
                return rare();
        }
    }
    schema::Event draw_anonymous() {
        switch (pick(5)) {
            case 0:
            case 1: {
                schema::RequestOpened event;
                event.mutable_leaf()->set_kind(schema::REQUEST_KIND_BULK_SIGNING);
                event.mutable_leaf()->set_parts(pick(3) == 0 ? pick(1000) : 0);
                auto& link = *event.mutable_link();
                link.set_request_id(bytes<RequestId>());
                link.set_business_id_token(bytes<BusinessIdToken>());
                link.set_due_us(engine_() & INT64_MAX);
                return event;
            }
            case 2: {
                schema::RequestClaimed event;
                event.mutable_leaf()->mutable_head()->set_outcome(pick(2) == 0 ? schema::DONE
                                                                               : schema::REFUSED);
                event.mutable_link()->set_request_id(bytes<RequestId>());
                event.mutable_link()->set_claimer_account_id(bytes<AccountId>());
                return event;
            }
            case 3: {
                schema::RequestListed event;
                event.mutable_leaf()->set_documents(pick(200));
                event.mutable_link()->set_request_id(bytes<RequestId>());
                return event;
            }
            default: {
                schema::RequestExpired event;
                event.mutable_link()->set_request_id(bytes<RequestId>());
                return event;
            }
        }
    }
    /// Mostly forwards, sometimes by days.
    record::Stamp stamp() {
        now_ =
            now_ + (pick(50) == 0 ? std::chrono::hours(pick(48)) : std::chrono::seconds(pick(90)));
        ByteArray<16> id{};
        for (auto& byte : id) {
            byte = static_cast<std::uint8_t>(engine_());
        }
        return {EventId(id), now_};
    }
    [[nodiscard]] Instant now() const { return now_; }

  private:
    std::uint32_t pick(std::uint32_t n) { return static_cast<std::uint32_t>(engine_() % n); }

    template <class Id>
    Bytes bytes() {
        const auto kind = pick(100);
        if (kind == 0) {
            return "malformed";
        }
        // One in five is one of few; the rest make the maps grow to their limits.
        const auto number = static_cast<std::uint8_t>(kind < 20 ? pick(8) : pick(256));
        return sample_id<Id>(number, static_cast<std::uint8_t>(kind < 20 ? 0 : pick(4))).to_bytes();
    }
    schema::Event approved() {
        auto event = traced<schema::LoginApproved>();
        event.mutable_leaf()->add_scopes(pick(2) == 0 ? "eidapi_profiles" : "eidapi_auth");
        return event;
    }
    template <class E>
    E traced() {
        E event;
        event.mutable_leaf()->set_client_id(bytes<ClientId>());
        event.mutable_link()->mutable_traces()->set_login_id(bytes<RequestId>());
        event.mutable_link()->mutable_traces()->set_device_id(bytes<DeviceId>());
        return event;
    }
    template <class E>
    E about_login() {
        E event;
        event.mutable_link()->set_login_id(bytes<RequestId>());
        return event;
    }
    schema::Event redeemed() {
        auto event = about_login<schema::LoginRedeemed>();
        event.mutable_leaf()->set_client_id(bytes<ClientId>());
        event.mutable_leaf()->set_token_life_ms(pick(10) == 0 ? engine_() : pick(20'000'000));
        return event;
    }
    schema::Event replayed() {
        auto event = about_login<schema::CodeReplayed>();
        event.mutable_leaf()->set_client_id(bytes<ClientId>());
        event.mutable_leaf()->set_grade(static_cast<schema::ReplayGrade>(pick(4)));
        return event;
    }
    schema::Event disputed() {
        auto event = about_login<schema::LoginDisputed>();
        event.mutable_link()->set_event_id(bytes<EventId>());
        return event;
    }
    schema::Event revoked() {
        schema::DeviceRevoked event;
        event.mutable_link()->set_device_id(bytes<DeviceId>());
        return event;
    }
    template <class E>
    schema::Event asked() {
        E event;
        event.mutable_leaf()->set_client_id(bytes<ClientId>());
        auto& link = *event.mutable_link();
        link.set_request_id(bytes<RequestId>());
        link.set_business_id_token(bytes<BusinessIdToken>());
        link.set_due_us((now_ + std::chrono::minutes(pick(30))).micros());
        if (pick(2) == 0) {
            link.set_login_id(bytes<RequestId>());
        }
        return event;
    }
    template <class E>
    E answered() {
        E event;
        event.mutable_leaf()->set_client_id(bytes<ClientId>());
        event.mutable_link()->set_request_id(bytes<RequestId>());
        return event;
    }
    schema::Event asked_bulk() {
        auto event = std::get<schema::SignatureAsked>(asked<schema::SignatureAsked>());
        event.mutable_leaf()->set_kind(schema::SIGNATURE_KIND_BULK);
        event.mutable_leaf()->set_documents(pick(3));
        event.mutable_leaf()->set_parts(pick(100));
        return event;
    }
    schema::Event listed() {
        auto event = answered<schema::BulkListed>();
        event.mutable_leaf()->set_part(pick(3));
        event.mutable_leaf()->set_documents(pick(3));
        return event;
    }
    schema::Event signed_part() {
        auto event = answered<schema::BulkSigned>();
        event.mutable_leaf()->set_part(pick(4));
        return event;
    }
    schema::Event mismatched() {
        auto event = answered<schema::SignatureRefused>();
        event.mutable_leaf()->mutable_head()->set_reason(
            std::string(pick(2) == 0 ? signature_hkic_mismatch.name : signature_declined.name));
        return event;
    }
    schema::Event rare() {
        switch (pick(60)) {
            case 0:
                return schema::AccountClosed();
            case 1:
                return schema::SubjectErased();
            case 2:
                return schema::AccountSuspended();
            default:
                return asked<schema::ConsentAsked>();
        }
    }

    std::mt19937_64 engine_;
    Instant now_ = Instant::from_seconds(1'782'878'400);
};

template <class Row>
void expect_same_row(const Row& row) {
    const auto again = fold::decode_row<Row>(fold::encode_row(row));
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(*again, row);
}

void expect_bounded(const State& state) {
    EXPECT_LE(state.logins.logins.size(), limits::live_logins);
    EXPECT_LE(state.logins.declined.size(), limits::declined_logins);
    EXPECT_LE(state.logins.disputes.size(), limits::disputes);
    EXPECT_LE(state.logins.replays.used.size(), limits::replaying_clients);
    EXPECT_LE(state.requests.requests.size(), limits::kept_requests);
    EXPECT_LE(state.requests.business_ids.size(), limits::business_ids);
    for (const auto& [id, request] : state.requests.requests) {
        EXPECT_LE(request.bulk.parts.size(), most_bulk_parts);
    }
    EXPECT_LE(state.consents.standing.size(), limits::standing_consents);
    EXPECT_LE(state.signatures.card_mismatches.used.size(), limits::replaying_clients);
}

/// What is due, outstanding and next says the same of a state.
void expect_coherent(const State& state, Instant now) {
    const auto next = next_due(state.requests);
    EXPECT_EQ(due(state.requests, now).empty(), !next || *next > now);
    for (const FollowUp& follow_up : outstanding(state.requests)) {
        if (follow_up.name == bulk_signing) {
            const auto id = request_answered_by(state.requests, follow_up.cause);
            ASSERT_TRUE(id.has_value());
            EXPECT_TRUE(state.requests.requests.at(*id).being_signed());
            continue;
        }
        const auto id = request_asked_by(state.requests, follow_up.cause);
        ASSERT_TRUE(id.has_value());
        EXPECT_TRUE(state.requests.requests.at(*id).callback_outstanding());
    }
}

void fold_all(State& state, const schema::Event& event, const record::Stamp& stamp) {
    fold_into(state.logins, event, stamp);
    fold_into(state.requests, event, stamp);
    fold_into(state.consents, event, stamp);
    fold_into(state.signatures, event, stamp);
}

TEST(RandomOrder, OfEventsLeavesABoundedStateThatReadsBack) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE(seed);
        RandomEvents events(seed);
        State state;
        for (int i = 0; i < 3'000; ++i) {
            const schema::Event event = events.draw();
            fold_all(state, event, events.stamp());
            if (i % 100 == 0) {
                expect_bounded(state);
                expect_coherent(state, events.now());
                expect_same_row(state.logins);
                expect_same_row(state.requests);
                expect_same_row(state.consents);
                expect_same_row(state.signatures);
            }
        }
    }
}

TEST(RandomOrder, OfEventsGivesTheSameStateTwice) {
    State first;
    State second;
    for (State* state : {&first, &second}) {
        RandomEvents events(7);
        for (int i = 0; i < 3'000; ++i) {
            const schema::Event event = events.draw();
            fold_all(*state, event, events.stamp());
        }
    }
    EXPECT_EQ(first.logins, second.logins);
    EXPECT_EQ(first.requests, second.requests);
}

TEST(RandomOrder, OfAnonymousRequestsLeavesABoundedSlotThatReadsBack) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        SCOPED_TRACE(seed);
        RandomEvents events(seed);
        SlotRequests requests;
        for (int i = 0; i < 5'000; ++i) {
            const schema::Event event = events.draw_anonymous();
            fold_into(requests, event, events.stamp());
            EXPECT_LE(requests.requests.size(), limits::slot_requests);
        }
        EXPECT_EQ(due(requests, events.now()).empty(),
                  !next_due(requests) || *next_due(requests) > events.now());
        expect_same_row(requests);
    }
}

TEST(RandomOrder, EndsEverythingWithTheAccountAndForgetsItWithTheSubject) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        RandomEvents events(seed);
        State state;
        for (int i = 0; i < 500; ++i) {
            const schema::Event event = events.draw();
            fold_all(state, event, events.stamp());
        }
        fold_all(state, schema::AccountClosed(), events.stamp());
        EXPECT_TRUE(state.logins.logins.empty());
        EXPECT_TRUE(state.consents.standing.empty());
        EXPECT_EQ(next_due(state.requests), std::nullopt);
        fold_all(state, schema::SubjectErased(), events.stamp());
        EXPECT_EQ(state.logins, LoginState());
        EXPECT_EQ(state.requests, RequestState());
        EXPECT_EQ(state.consents, ConsentState());
        EXPECT_EQ(state.signatures, SignatureState());
    }
}

}  // namespace
}  // namespace chopmark::test
