// What one rule remembers, by key: rows of the anomaly fold, bounded in number and in age. When a
// rule holds as many keys as it may, the one that was written least lately goes – nearly: of the
// first few by the time they were due –, and a row that was not written for its life goes too. All
// of it is a function of the events alone, so every node and every restart forgets the same.
//
// A key may have two names, for the tokens of detection change their key every three months and an
// event carries those of two keys (design 12): a row is found under either, whichever of the two an
// event names first. One thread; the batch must outlive the object.
//
//   state row = "s" space:u8 name → until:i64 due:i64 other body        ; strings length-prefixed
//   alias row = "a" space:u8 other name → name of the state row
//   timer row = "t" space:u8 due:i64 name → (empty)
#pragma once

#include "anomaly/state/head_row.h"
#include "events/fold/row_batch.h"
#include "events/fold/row_codec.h"

namespace chopmark::schema {
class KeyedToken;
}

namespace chopmark::anomaly {

struct Key {
    Bytes name;
    Bytes other{};  // another name of the same; empty: none

    static Key person(KeyIndex index);
    static Key client(ByteView id) { return {"c" + Bytes(id)}; }
    static Key terminal(ByteView id) { return {"m" + Bytes(id)}; }
    static Key request(ByteView id) { return {"r" + Bytes(id)}; }
    static Key login(ByteView id) { return {"l" + Bytes(id)}; }
    /// Of a network, or of an agent in a network.
    static Key token(const schema::KeyedToken& token);
    static Key tokens(const schema::KeyedToken& network, const schema::KeyedToken& agent);
};

class StateRows {
  public:
    /// `keys` is how many it may hold.
    StateRows(fold::RowBatch& rows, Head& head, std::uint8_t space, std::uint64_t keys, Instant now)
        : rows_(rows), head_(head.spaces[space]), space_(space), most_(keys), now_(now) {}

    /// A state as it was read, to be written back.
    template <class State>
    struct Cell {
        State state{};
        bool known = false;
        Key key;
        Bytes stored_as{};
        Instant due{};
        Bytes other{};
    };

    template <class State>
    Result<Cell<State>> open(Key key) const {
        Cell<State> cell;
        CHOPMARK_ASSIGN(const auto held, find(key));
        cell.key = std::move(key);
        if (held && held->second.until > now_) {
            CHOPMARK_ASSIGN(cell.state, fold::decode_row<State>(held->second.body));
            cell.known = true;
        }
        if (held) {
            cell.stored_as = held->first;
            cell.due = held->second.due;
            cell.other = held->second.other;
        }
        return cell;
    }
    /// Kept for `life` from now, at most limits::detector_state_life.
    template <class State>
    Result<void> store(const Cell<State>& cell, Duration life) {
        return write(cell.key, cell.stored_as, cell.due, cell.other, fold::encode_row(cell.state),
                     life);
    }
    Result<void> erase(const Key& key);

    /// Lets go of rows whose life is over, `most` at a time.
    Result<void> expire(std::size_t most);

  private:
    struct Held {
        Instant until;
        Instant due;  // of its timer
        Bytes other;
        Bytes body;
        static void fields(auto& archive, Held& row) {
            archive(row.until, row.due, row.other, row.body);
        }
    };
    struct Timer {
        Instant due;
        Bytes name;
    };
    using Named = std::pair<Bytes, Held>;

    [[nodiscard]] Bytes key_of(char tag, ByteView name) const;
    [[nodiscard]] Bytes timer_key(const Timer& timer) const;
    [[nodiscard]] Result<std::optional<Held>> read(ByteView name) const;
    [[nodiscard]] Result<std::optional<Named>> find(const Key& key) const;
    Result<void> write(const Key& key, const Bytes& stored_as, Instant due, const Bytes& other,
                       Bytes body, Duration life);
    void put(const Bytes& name, const Held& held);
    void set_timer(const Timer& timer);
    void move_timer(const Timer& timer, Held held);
    void drop(const Bytes& name, Instant due, const Bytes& other);
    [[nodiscard]] Result<std::vector<Timer>> first_timers(std::size_t most) const;
    Result<void> make_room();

    fold::RowBatch& rows_;
    SpaceHead& head_;
    std::uint8_t space_;
    std::uint64_t most_;
    Instant now_;
};

}  // namespace chopmark::anomaly
