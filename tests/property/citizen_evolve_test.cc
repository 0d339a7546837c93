// evolve is total: whatever events a slot's log holds, in whatever order, folding them fails never,
// stays bounded and is deterministic, and every state survives its row.
#include <algorithm>
#include <random>

#include "events/fold/row_codec.h"
#include "tests/support/given_when_then.h"
#include "tests/support/sample_event.h"

namespace chopmark::citizen {
namespace {

constexpr int rounds = 200;
constexpr int events_per_round = 400;

/// What this suite folds: the parts whose events name the account itself.
struct Parts {
    AccountState account;
    DeviceState devices;
    ProfileState profile;
    CertificateState certificate;
    SlotState slot;
    CardHolder holder;

    static void fields(auto& archive, Parts& row) {
        archive(row.account, row.devices, row.profile, row.certificate, row.slot, row.holder);
    }
    friend bool operator==(const Parts&, const Parts&) = default;

    void fold(const schema::Event& event, const record::Stamp& stamp) {
        test::fold_into(account, event, stamp);
        test::fold_into(devices, event, stamp);
        test::fold_into(profile, event, stamp);
        test::fold_into(certificate, event, stamp);
        test::fold_into(slot, event, stamp);
        test::fold_into(holder, event, stamp);
    }
};

/// Any event with ids of the right length from a small set, so that events meet.
schema::Event any_event(std::mt19937_64& random) {
    const auto infos = schema::all_events();
    schema::Event event = test::sample_event(infos[random() % infos.size()]);
    const auto id = [&](std::size_t size) {
        return random() % 16 == 0 ? Bytes("short") : Bytes(size, static_cast<char>(random() % 4));
    };
    auto& head = schema::link_head(event);
    head.set_account_id(id(AccountId::size));
    head.set_command_id(id(CommandId::size));
    head.set_key_index(random());
    std::visit(
        [&](auto& one) {
            auto& link = *one.mutable_link();
            if constexpr (requires { link.set_device_id(Bytes()); }) {
                link.set_device_id(Bytes(DeviceId::size, static_cast<char>(random() % 32)));
            }
            if constexpr (requires { link.set_old_device_id(Bytes()); }) {
                link.set_old_device_id(id(DeviceId::size));
            }
            if constexpr (requires { link.set_cause_event_id(Bytes()); }) {
                link.set_cause_event_id(id(EventId::size));
            }
            if constexpr (requires { link.set_key_handle(Bytes()); }) {
                link.set_key_handle(Bytes(keys::KeyHandle::size, static_cast<char>(random())));
            }
            if constexpr (requires { link.set_serial(Bytes()); }) {
                link.set_serial(id(4));
            }
            if constexpr (requires { link.mutable_attempt()->set_current(Bytes()); }) {
                link.mutable_attempt()->set_current(std::to_string(random() % 1000));
            }
        },
        event);
    return event;
}

TEST(CitizenEvolve, IsTotalBoundedAndDeterministicInAnyOrder) {
    for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        Parts parts;
        Parts twin;
        Instant now = Instant::from_seconds(1'782'878'400);
        for (int i = 0; i < events_per_round; ++i) {
            now = now + Duration(static_cast<std::int64_t>(random() % 3'600'000'000));
            const schema::Event event = any_event(random);
            const record::Stamp stamp{EventId(ByteArray<16>{static_cast<std::uint8_t>(i % 4)}),
                                      now};
            parts.fold(event, stamp);
            twin.fold(event, stamp);
        }
        EXPECT_EQ(parts, twin);
        EXPECT_LE(parts.devices.devices.size(), limits::devices_per_account);
        EXPECT_LE(parts.devices.notices.size(), limits::devices_per_account);
        EXPECT_LE(parts.devices.refusals.size(), limits::binding_refusals_per_account);
        EXPECT_LE(parts.slot.attempts.size(), limits::attempt_parties_per_slot);
        EXPECT_LE(parts.certificate.retired_keys.size(), limits::retired_keys_per_account);
        EXPECT_LE(std::count_if(parts.devices.devices.begin(), parts.devices.devices.end(),
                                [](const auto& entry) { return entry.second.active; }),
                  1);
        const auto row = fold::decode_row<Parts>(fold::encode_row(parts));
        ASSERT_TRUE(row);
        EXPECT_EQ(*row, parts);
    }
}

}  // namespace
}  // namespace chopmark::citizen
