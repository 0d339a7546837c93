#include "ops/relying_party_calendar.h"

#include "events/crypto/digest.h"
#include "ops/deciding.h"

namespace chopmark::ops {
namespace {

/// In one turn; the rest is due in the next as well.
constexpr std::size_t commands_at_once = 64;
constexpr auto near = std::chrono::hours(24 * 30);

/// The same for the same thing that is due, whoever notices it and however often.
CommandId command_of(const control::RelyingParty& party,
                     const control::RelyingPartyLifeCommand& due) {
    Bytes what;
    append_big_endian(what, static_cast<std::uint64_t>(due.index()));
    if (const auto* reminder = std::get_if<control::RemindRelyingParty>(&due)) {
        append_big_endian(what, static_cast<std::uint64_t>(reminder->subject));
    }
    for (const Instant at : {party.declaration_due, party.kek_not_after}) {
        append_big_endian(what, static_cast<std::uint64_t>(at.micros()));
    }
    append_big_endian(what, party.declaration_reminded);
    append_big_endian(what, party.kek_reminded);
    // Who was resumed may be suspended for the same date once more.
    append_big_endian(what, static_cast<std::uint64_t>(party.changed_at.micros()));
    return CommandId(crypto::sha256({"chopmark/rp-calendar/1", party.id.bytes(), what}).array());
}

}  // namespace

void RelyingPartyCalendar::tick() {
    if (waiting_.load() != 0) {
        return;
    }
    const control::SnapshotPtr control = control_.latest();
    const Instant now = clock_.now();
    count_near(*control->state, now);
    std::size_t given = 0;
    for (const auto& [client, party] : *control->state->relying_parties) {
        for (const auto& due : control::due_of(party, now)) {
            if (given++ == commands_at_once) {
                return;
            }
            submit(party, due, now);
        }
    }
}

void RelyingPartyCalendar::submit(const control::RelyingParty& party,
                                  const control::RelyingPartyLifeCommand& due, Instant now) {
    waiting_.fetch_add(1);
    commands_.submit(control::Command(due), timer_command(command_of(party, due), now),
                     [this](const Result<runtime::Receipt>& done) {
                         (done ? recorded_ : failed_).fetch_add(1);
                         waiting_.fetch_sub(1);
                     });
}

void RelyingPartyCalendar::count_near(const control::State& state, Instant now) {
    std::uint64_t declarations = 0;
    std::uint64_t keys = 0;
    for (const auto& [client, party] : *state.relying_parties) {
        const bool stands = party.standing == control::ServiceStanding::active ||
                            party.standing == control::ServiceStanding::trial ||
                            party.standing == control::ServiceStanding::suspended;
        const auto ends_soon = [&](Instant end) {
            return stands && end != Instant() && end - near <= now;
        };
        declarations += ends_soon(party.declaration_due) ? 1 : 0;
        keys += ends_soon(party.kek_not_after) ? 1 : 0;
    }
    declarations_near_.store(declarations);
    keys_near_.store(keys);
}

RelyingPartyCalendar::Probe RelyingPartyCalendar::probe() const {
    return {recorded_.load(), failed_.load(), declarations_near_.load(), keys_near_.load()};
}

}  // namespace chopmark::ops
