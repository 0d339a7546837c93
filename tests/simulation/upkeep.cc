#include "tests/simulation/upkeep.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "events/journal/opening_records.h"
#include "events/keys/sealing.h"
#include "events/schema/codec.h"
#include "events/schema/event.h"
#include "ops/owed_answers.h"

namespace chopmark::test {
namespace {

constexpr std::size_t shared_keys = 3;
constexpr unsigned callback_attempts = 4;

const crypto::RsaPrivateKey& shared_key(std::size_t number) {
    static const auto all = [] {
        std::vector<crypto::RsaPrivateKey> out;
        for (std::size_t i = 0; i < shared_keys; ++i) {
            out.push_back(crypto::RsaPrivateKey::generate());
        }
        return out;
    }();
    return all[number % shared_keys];
}

struct ErasedPerson {
    std::uint64_t key_index = 0;
    std::vector<int> classes;
};

/// Hands every event of a partition to `act`, with its record.
void each_event(GatewayBench& bench, PartitionId partition, const auto& act) {
    for (Sequence next(0);;) {
        const auto page = bench.journal().read(partition, next, {}).value();
        if (page.empty()) {
            return;
        }
        for (const auto& entry : page) {
            const auto prelude = record::decode_prelude(entry->record.leaf).value();
            if (journal::has_fixed_tail(prelude.type)) {
                continue;
            }
            const auto event = bench.vault->open(entry->record);
            ASSERT_TRUE(event.has_value()) << to_string(event.error());
            act(entry->record, *event);
        }
        next = Sequence(page.back()->sequence.value() + 1);
    }
}

std::vector<ErasedPerson> erased_persons(GatewayBench& bench) {
    std::vector<ErasedPerson> out;
    each_event(bench, control_partition, [&](const record::Record&, const schema::Event& event) {
        if (const auto* done = std::get_if<schema::ErasureCompleted>(&event)) {
            const auto& classes = done->leaf().classes();
            out.push_back({done->link().head().key_index(), {classes.begin(), classes.end()}});
        }
    });
    return out;
}

}  // namespace

Result<Bytes> FewKeys::create(const keys::KeyHandle& handle) {
    const auto there = bench_.signing_keys.public_key(handle);
    if (!there && there.error() == keys::no_signing_key) {
        // As LocalKeyPort keeps it: its row is this, and the rest of its work is its own.
        const auto& key = shared_key(static_cast<unsigned char>(handle.bytes().front()));
        CHOPMARK_TRY(bench_.secret_rows.put("k" + handle.to_bytes(), Bytes(key.pkcs8().reveal())));
    }
    return bench_.signing_keys.create(handle);
}

Upkeep::Upkeep(GatewayBench& bench, TakesCallback takes)
    : bench_(bench),
      takes_(std::move(takes)),
      signing_keys_(bench),
      follow_ups_({}, bench.work, bench.clock, bench.entropy),
      erasures_({bench.service(), bench.snapshots, bench.journal(), *bench.vault, *bench.ring,
                 bench.passwords, signing_keys_, bench.tables(), bench.work, bench.clock,
                 bench.entropy, NodeId()}) {
    ops::handle_owed_answers(follow_ups_, bench.work,
                             {bench.service(), *bench.finder, bench.snapshots, signing_keys_,
                              *bench.authority, push_, bench.clock});
    handle_callbacks();
}

void Upkeep::handle_callbacks() {
    follow_ups_.handle(std::string(citizen::callback), [this](const ops::OwedAnswer& owed,
                                                              ops::FollowUps::Done done) {
        ops::with_state(bench_.service(), bench_.work, owed.account, std::move(done),
                        [this, owed](const citizen::State& state, ops::FollowUps::Done ended) {
                            answer_callback(owed, state, ended);
                        });
    });
}

void Upkeep::answer_callback(const ops::OwedAnswer& owed, const citizen::State& state,
                             const ops::FollowUps::Done& done) {
    const auto request = citizen::request_asked_by(state.requests, owed.follow_up.cause);
    if (!request) {
        done({});
        return;
    }
    const bool delivered = takes_();
    if (!delivered && owed.failures + 1 < callback_attempts) {
        done(Error({"rp.callback_unanswered", Kind::unavailable}));
        return;
    }
    bench_.service().submit(owed.account,
                            citizen::RequestCommand(citizen::SettleCallback{
                                *request, delivered, owed.failures + 1, delivered ? 200U : 503U}),
                            ops::head_of(owed.follow_up, bench_.clock.now()), ops::answered(done));
}

std::vector<ops::OwedAnswer> Upkeep::outstanding() {
    std::vector<ops::OwedAnswer> out;
    for (std::uint16_t number = 1; number <= GatewayBench::partitions; ++number) {
        for (const auto& one : bench_.domain(PartitionId(number)).outstanding(bench_.clock.now())) {
            out.push_back({one.account, one.follow_up, 0, one.opened});
        }
    }
    return out;
}

std::vector<ops::OwedAnswer> Upkeep::owed() {
    auto out = outstanding();
    // For an hour a claim is followed up whether or not it has been: the slot of the request is not
    // told that its claimer's slot has it.
    std::erase_if(out, [](const ops::OwedAnswer& one) {
        return one.follow_up.name == citizen::open_claimed;
    });
    const auto& cases = *bench_.snapshots.latest()->state->cases;
    std::erase_if(out, [&](const ops::OwedAnswer& one) {
        return one.follow_up.name == citizen::dispute_case &&
               std::any_of(cases.begin(), cases.end(), [&](const auto& entry) {
                   return entry.second.cause == one.follow_up.cause;
               });
    });
    return out;
}

void Upkeep::tick() {
    follow_ups_.look(outstanding());
    erasures_.tick();
}

std::vector<control::Erasure> Upkeep::erasing() const {
    std::vector<control::Erasure> out;
    const control::SnapshotPtr control = bench_.snapshots.latest();
    for (const auto& [id, order] : *control->state->erasures) {
        if (order.standing == control::ErasureStanding::approved) {
            out.push_back(order);
        }
    }
    return out;
}

void expect_erased_stays_erased(GatewayBench& bench) {
    const auto erased = erased_persons(bench);
    if (erased.empty()) {
        return;
    }
    for (std::uint16_t number = 1; number <= GatewayBench::partitions; ++number) {
        each_event(
            bench, PartitionId(number),
            [&](const record::Record& stored, const schema::Event& event) {
                const int retention = schema::head(event).retention();
                for (const ErasedPerson& person : erased) {
                    if (schema::link_head(event).key_index() != person.key_index ||
                        std::count(person.classes.begin(), person.classes.end(), retention) == 0 ||
                        stored.personal_box.empty()) {
                        continue;
                    }
                    const auto opened = bench.vault->open_personal(stored);
                    EXPECT_FALSE(opened.has_value())
                        << schema::info_of(event).name << " opens after its person was erased";
                    if (!opened) {
                        EXPECT_EQ(opened.error().reason.name, keys::erased.name);
                    }
                }
            });
    }
}

}  // namespace chopmark::test
