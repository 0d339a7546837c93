#include "aggregates/runtime/idempotency.h"

#include <gtest/gtest.h>

#include "events/crypto/digest.h"

namespace chopmark::runtime {
namespace {

CommandHead command(std::string_view name, std::string_view content, Instant issued_at) {
    CommandHead head;
    head.id = CommandId(crypto::sha256(name).array());
    head.digest = crypto::sha256(content);
    head.issued_at = issued_at;
    return head;
}

constexpr Instant noon = Instant::from_seconds(1'767'268'800);
constexpr Duration minute = std::chrono::minutes(1);

TEST(Idempotency, NewCommandIsUnknown) {
    const IdempotencyWindow window({});
    const auto known = window.look_up(command("a", "x", noon), noon);
    ASSERT_TRUE(known);
    EXPECT_FALSE(*known);
}

TEST(Idempotency, RepetitionNamesItsRecord) {
    IdempotencyWindow window({});
    const auto head = command("a", "x", noon);
    window.accepted(head.id, head.digest, Sequence(7), noon);
    const auto known = window.look_up(head, noon + minute);
    ASSERT_TRUE(known && *known);
    EXPECT_EQ(std::get<Sequence>(**known), Sequence(7));
}

TEST(Idempotency, SameIdWithOtherContentIsRefused) {
    IdempotencyWindow window({});
    const auto head = command("a", "x", noon);
    window.accepted(head.id, head.digest, Sequence(7), noon);
    EXPECT_EQ(window.look_up(command("a", "y", noon), noon).error(), command_id_reused);
}

TEST(Idempotency, RefusalIsRememberedAsRefusal) {
    IdempotencyWindow window({});
    constexpr Reason no{"test.no", Kind::refused};
    const auto head = command("a", "x", noon);
    window.refused(head.id, head.digest, no, noon);
    const auto known = window.look_up(head, noon);
    ASSERT_TRUE(known && *known);
    EXPECT_EQ(std::get<Reason>(**known), no);
}

// What the window has forgotten must be too old to be decided again, even for a caller whose clock
// was ahead: otherwise a late repetition would become a second record.
TEST(Idempotency, WhatIsForgottenIsTooOld) {
    IdempotencyWindow window({});
    const auto head = command("a", "x", noon + 5 * minute);
    window.accepted(head.id, head.digest, Sequence(7), noon);
    window.expire(noon + 35 * minute - Duration(1));
    EXPECT_EQ(window.size(), 1U);
    window.expire(noon + 35 * minute);
    EXPECT_EQ(window.size(), 0U);
    EXPECT_EQ(window.look_up(head, noon + 35 * minute).error(), command_too_old);
}

TEST(Idempotency, CallerFarAheadIsRefused) {
    const IdempotencyWindow window({});
    EXPECT_TRUE(window.look_up(command("a", "x", noon + 5 * minute), noon));
    EXPECT_EQ(window.look_up(command("a", "x", noon + 5 * minute + Duration(1)), noon).error(),
              command_from_future);
}

TEST(Idempotency, RefusalsAreBounded) {
    IdempotencyWindow window({.refusals = 10});
    for (int i = 0; i < 100; ++i) {
        const auto head = command(std::to_string(i), "x", noon);
        window.refused(head.id, head.digest, command_too_old, noon);
    }
    EXPECT_EQ(window.size(), 10U);
}

}  // namespace
}  // namespace chopmark::runtime
