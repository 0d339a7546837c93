#include "anomaly/state/state_rows.h"

#include <algorithm>
#include <limits>

#include "events/core/limits.h"
#include "events/schema/common.pb.h"

namespace chopmark::anomaly {
namespace {

constexpr char state_tag = 's';
constexpr char alias_tag = 'a';
constexpr char timer_tag = 't';
constexpr std::size_t chances = 8;  // rows that are spared before one has to go
constexpr std::size_t timer_prefix_bytes = 2;
constexpr Instant no_timer = Instant::from_micros(std::numeric_limits<std::int64_t>::max());

Bytes pair_of(ByteView network, ByteView agent) {
    Bytes out("b");
    append_big_endian(out, static_cast<std::uint8_t>(network.size()));
    return out.append(network).append(agent);
}

}  // namespace

Key Key::person(KeyIndex index) {
    Key key{"p"};
    append_big_endian(key.name, index.value());
    return key;
}

Key Key::token(const schema::KeyedToken& token) {
    return {"n" + token.current(), token.next().empty() ? Bytes() : "n" + token.next()};
}

Key Key::tokens(const schema::KeyedToken& network, const schema::KeyedToken& agent) {
    const bool both = !network.next().empty() && !agent.next().empty();
    return {pair_of(network.current(), agent.current()),
            both ? pair_of(network.next(), agent.next()) : Bytes()};
}

Bytes StateRows::key_of(char tag, ByteView name) const {
    Bytes key(1, tag);
    append_big_endian(key, space_);
    return key.append(name);
}

Bytes StateRows::timer_key(const Timer& timer) const {
    Bytes key = key_of(timer_tag, {});
    append_big_endian(key, timer.due.micros());
    return key.append(timer.name);
}

Result<std::optional<StateRows::Held>> StateRows::read(ByteView name) const {
    CHOPMARK_ASSIGN(const auto row, rows_.get(key_of(state_tag, name)));
    if (!row) {
        return std::optional<Held>();
    }
    CHOPMARK_ASSIGN(auto held, fold::decode_row<Held>(*row));
    return std::optional(std::move(held));
}

Result<std::optional<StateRows::Named>> StateRows::find(const Key& key) const {
    for (const Bytes* name : {&key.name, &key.other}) {
        if (name->empty()) {
            continue;
        }
        CHOPMARK_ASSIGN(auto held, read(*name));
        if (held) {
            return std::optional(Named(*name, *std::move(held)));
        }
        // A name of one kind only is never an alias: most keys cost one read.
        if (key.other.empty() && name->front() != 'n' && name->front() != 'b') {
            continue;
        }
        CHOPMARK_ASSIGN(const auto target, rows_.get(key_of(alias_tag, *name)));
        if (target) {
            CHOPMARK_ASSIGN(held, read(*target));
            if (held) {
                return std::optional(Named(*target, *std::move(held)));
            }
        }
    }
    return std::optional<Named>();
}

Result<void> StateRows::write(const Key& key, const Bytes& stored_as, Instant due,
                              const Bytes& other, Bytes body, Duration life) {
    const Instant until = now_ + std::min(life, limits::detector_state_life);
    Held held{until, due, key.other.empty() ? other : key.other, std::move(body)};
    // Another cell may have taken the room of this one since it was read.
    bool there = false;
    if (!stored_as.empty()) {
        CHOPMARK_ASSIGN(const auto before, read(stored_as));
        there = before.has_value();
    }
    if (!there || stored_as != key.name) {
        if (there) {
            drop(stored_as, due, other);
            held.other = key.other;
        }
        if (head_.keys >= most_) {
            CHOPMARK_TRY(make_room());
        }
        ++head_.keys;
        held.due = until;
        set_timer({until, key.name});
    } else if (!other.empty() && other != held.other) {
        rows_.erase(key_of(alias_tag, other));
    }
    if (!held.other.empty() && (!there || stored_as != key.name || other != held.other)) {
        rows_.put(key_of(alias_tag, held.other), key.name);
    }
    put(key.name, held);
    return {};
}

void StateRows::put(const Bytes& name, const Held& held) {
    rows_.put(key_of(state_tag, name), fold::encode_row(held));
}

void StateRows::set_timer(const Timer& timer) {
    head_.next_due = head_.keys <= 1 ? timer.due : std::min(head_.next_due, timer.due);
    rows_.put(timer_key(timer), {});
}

void StateRows::drop(const Bytes& name, Instant due, const Bytes& other) {
    rows_.erase(key_of(state_tag, name));
    rows_.erase(timer_key({due, name}));
    if (!other.empty()) {
        rows_.erase(key_of(alias_tag, other));
    }
    --head_.keys;
}

Result<void> StateRows::erase(const Key& key) {
    CHOPMARK_ASSIGN(const auto held, find(key));
    if (held) {
        drop(held->first, held->second.due, held->second.other);
    }
    return {};
}

Result<std::vector<StateRows::Timer>> StateRows::first_timers(std::size_t most) const {
    std::vector<Timer> timers;
    fold::KeyRange range = fold::KeyRange::prefix(key_of(timer_tag, {}));
    // Behind the timers that went off: their rows are gone, but a store may still walk over them.
    range.begin = timer_key({head_.next_due, {}});
    CHOPMARK_TRY(rows_.scan(range, [&](ByteView key, ByteView) {
        const auto due = get_big_endian<std::int64_t>(key, timer_prefix_bytes);
        timers.push_back({Instant::from_micros(due), Bytes(key.substr(timer_prefix_bytes + 8))});
        return timers.size() < most;
    }));
    return timers;
}

/// A row was written since its timer was set: it is due later.
void StateRows::move_timer(const Timer& timer, Held held) {
    rows_.erase(timer_key(timer));
    held.due = held.until;
    put(timer.name, held);
    rows_.put(timer_key({held.due, timer.name}), {});
}

Result<void> StateRows::expire(std::size_t most) {
    if (head_.keys == 0 || head_.next_due > now_) {
        return {};
    }
    // One more than may go, to know when to look again.
    CHOPMARK_ASSIGN(const auto timers, first_timers(most + 1));
    Instant next = no_timer;
    for (std::size_t i = 0; i < timers.size(); ++i) {
        if (i == most || timers[i].due > now_) {
            next = std::min(next, timers[i].due);
            break;
        }
        CHOPMARK_ASSIGN(auto held, read(timers[i].name));
        if (held && held->until > now_) {
            next = std::min(next, held->until);
            move_timer(timers[i], *std::move(held));
        } else if (held) {
            drop(timers[i].name, timers[i].due, held->other);
        }
    }
    head_.next_due = next;
    return {};
}

Result<void> StateRows::make_room() {
    CHOPMARK_ASSIGN(const auto timers, first_timers(chances));
    Instant next = no_timer;
    for (std::size_t i = 0; i < timers.size(); ++i) {
        CHOPMARK_ASSIGN(auto held, read(timers[i].name));
        if (!held) {
            continue;
        }
        if (held->until > timers[i].due && i + 1 < timers.size()) {
            next = std::min(next, held->until);
            move_timer(timers[i], *std::move(held));
            continue;
        }
        drop(timers[i].name, timers[i].due, held->other);
        head_.next_due = std::min(next, timers[i].due);
        return {};
    }
    return {};
}

}  // namespace chopmark::anomaly
