// Bytes for any plain value that goes from node to node: commands, outcomes, states, login claims.
// The encoding is positional and walks the members of aggregates by itself (Boost.PFR), so a struct
// is listed nowhere twice. A message begins with the fingerprint of its type – the names of all
// types and the order of all members, walked by the same templates – so that a node with another
// layout is refused with node.other_version and never misread. A variant bears the fingerprint of
// what it holds, through variants of variants, and describes none of its alternatives, whose types
// MUST differ: nodes of two releases understand one another in every command that both have alike,
// whatever else one of them knows. Two members of one type that swap places, or a member that
// changes its meaning, do not show there: whoever does that MUST raise wire_layout. For the wire
// between two running nodes only; nothing stored is written like this.
//
//   message = fingerprint:8 value           answer = 0:u8 name detail kind:u8 | 1:u8 message
//   value   = integer, big-endian, its own width      bool, presence = u8, 0 or 1
//           | enum as its integer                      instant, duration = i64 micros
//           | id: its bytes                            string, Protobuf message, row = length:u32 …
//           | variant: fingerprint:8 value             optional, pointer: presence [value]
//           | list, set, map: count:u32 value*; sets and maps in rising order
//           | aggregate: its members
//
// The reader refuses short input, surplus bytes, counts that the input cannot hold, and whatever
// is no value of its type. Types are no deeper than they are written, Protobuf bounds its own.
// Costly to compile: include it in a .cc that has an encoder to define.
#pragma once

#include <boost/pfr.hpp>
#include <concepts>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

#include "aggregates/citizen/card.h"
#include "aggregates/runtime/command_wire.h"
#include "aggregates/runtime/command_wire_bytes.h"
#include "events/core/sensitive.h"
#include "events/crypto/digest.h"
#include "events/fold/row_codec.h"

namespace chopmark::runtime::wire {

/// Of this grammar, and of what the fingerprint cannot see.
inline constexpr std::string_view wire_layout = "chopmark/node-wire/2";
inline constexpr std::size_t fingerprint_bytes = 8;

/// How the values of a type are described, put and got; one specialisation a family of types.
template <class T>
struct Form;

template <class T>
void describe(std::string& out) {
    Form<T>::describe(out);
}
template <class T>
void put(Writer& out, const T& value) {
    Form<T>::put(out, value);
}
template <class T>
void get(Reader& in, T& value) {
    if (in.good()) {
        Form<T>::get(in, value);
    }
}

/// Of a type as it is described.
template <class T>
const ByteArray<fingerprint_bytes>& fingerprint() {
    static const auto value = [] {
        std::string text(wire_layout);
        describe<T>(text += ' ');
        return to_array<fingerprint_bytes>(
            crypto::sha256(text).bytes().substr(0, fingerprint_bytes));
    }();
    return value;
}

template <class T>
void name_type(std::string& out) {
    out += typeid(T).name();
    out += ' ';
}

// ---- numbers
// -------------------------------------------------------------------------------------

template <std::integral T>
struct Form<T> {
    static void describe(std::string& out) { name_type<T>(out); }
    static void put(Writer& out, T value) { out.number(value); }
    static void get(Reader& in, T& value) { value = in.number<T>(); }
};

template <>
struct Form<bool> {
    static void describe(std::string& out) { out += "bool "; }
    static void put(Writer& out, bool value) { out.flag(value); }
    static void get(Reader& in, bool& value) { value = in.flag(); }
};

template <class T>
requires std::is_enum_v<T>
struct Form<T> {
    using Integer = std::underlying_type_t<T>;
    static void describe(std::string& out) { name_type<T>(out); }
    static void put(Writer& out, T value) { out.number(static_cast<Integer>(value)); }
    static void get(Reader& in, T& value) { value = static_cast<T>(in.number<Integer>()); }
};

template <class Tag, class Integer>
struct Form<NumberId<Tag, Integer>> {
    using Id = NumberId<Tag, Integer>;
    static void describe(std::string& out) { name_type<Id>(out); }
    static void put(Writer& out, Id id) { out.number(id.value()); }
    static void get(Reader& in, Id& id) { id = Id(in.number<Integer>()); }
};

template <>
struct Form<Instant> {
    static void describe(std::string& out) { out += "instant "; }
    static void put(Writer& out, Instant at) { out.number(at.micros()); }
    static void get(Reader& in, Instant& at) {
        at = Instant::from_micros(in.number<std::int64_t>());
    }
};

template <>
struct Form<Duration> {
    static void describe(std::string& out) { out += "duration "; }
    static void put(Writer& out, Duration span) {
        out.number(static_cast<std::int64_t>(span.count()));
    }
    static void get(Reader& in, Duration& span) { span = Duration(in.number<std::int64_t>()); }
};

template <>
struct Form<std::chrono::year_month_day> {
    static void describe(std::string& out) { out += "date "; }
    static void put(Writer& out, std::chrono::year_month_day date) {
        out.number(static_cast<std::int16_t>(static_cast<int>(date.year())));
        out.number(static_cast<std::uint8_t>(static_cast<unsigned>(date.month())));
        out.number(static_cast<std::uint8_t>(static_cast<unsigned>(date.day())));
    }
    static void get(Reader& in, std::chrono::year_month_day& date) {
        const std::chrono::year year(in.number<std::int16_t>());
        const std::chrono::month month(in.number<std::uint8_t>());
        date = {year, month, std::chrono::day(in.number<std::uint8_t>())};
    }
};

// ---- bytes
// ---------------------------------------------------------------------------------------

template <>
struct Form<std::string> {
    static void describe(std::string& out) { out += "bytes "; }
    static void put(Writer& out, const std::string& text) { out.text(text); }
    static void get(Reader& in, std::string& text) { text = std::string(in.text()); }
};

template <std::size_t N>
struct Form<ByteArray<N>> {
    static void describe(std::string& out) { out += "bytes" + std::to_string(N) + " "; }
    static void put(Writer& out, const ByteArray<N>& bytes) { out.raw(view(bytes)); }
    static void get(Reader& in, ByteArray<N>& bytes) { bytes = to_array<N>(in.raw(N)); }
};

template <class Tag, std::size_t N>
struct Form<OpaqueId<Tag, N>> {
    using Id = OpaqueId<Tag, N>;
    static void describe(std::string& out) { name_type<Id>(out); }
    static void put(Writer& out, const Id& id) { out.raw(id.bytes()); }
    static void get(Reader& in, Id& id) { id = Id(to_array<N>(in.raw(N))); }
};

/// Its fields are described by its own descriptor, whose rules let versions differ.
template <class T>
concept ProtoMessage = requires(const T& value, T& target, const std::string& bytes) {
    { value.SerializeAsString() } -> std::same_as<std::string>;
    { target.ParseFromString(bytes) } -> std::same_as<bool>;
};

template <ProtoMessage T>
struct Form<T> {
    static void describe(std::string& out) { name_type<T>(out); }
    static void put(Writer& out, const T& message) { out.text(message.SerializeAsString()); }
    static void get(Reader& in, T& message) {
        if (!message.ParseFromString(std::string(in.text()))) {
            in.fail();
        }
    }
};

/// The only spelling is the one that parses to itself.
template <>
struct Form<citizen::HkidNumber> {
    static void describe(std::string& out) { out += "card-number "; }
    static void put(Writer& out, const citizen::HkidNumber& number) { out.text(number.text()); }
    static void get(Reader& in, citizen::HkidNumber& number) {
        const ByteView text = in.text();
        number = {};
        if (text.empty()) {
            return;
        }
        auto parsed = citizen::HkidNumber::parse(text);
        if (!parsed || parsed->text() != text) {
            in.fail();
            return;
        }
        number = *std::move(parsed);
    }
};

// ---- what holds others
// ---------------------------------------------------------------------------

template <class T>
inline constexpr bool is_variant = false;
template <class... Ts>
inline constexpr bool is_variant<std::variant<Ts...>> = true;

template <class T>
struct Form<Sensitive<T>> {
    static void describe(std::string& out) { wire::describe<T>(out += "sensitive "); }
    static void put(Writer& out, const Sensitive<T>& value) { wire::put(out, value.reveal()); }
    static void get(Reader& in, Sensitive<T>& value) {
        T inner{};
        wire::get(in, inner);
        value = Sensitive<T>(std::move(inner));
    }
};

template <class T>
struct Form<std::optional<T>> {
    static void describe(std::string& out) { wire::describe<T>(out += "optional "); }
    static void put(Writer& out, const std::optional<T>& value) {
        out.flag(value.has_value());
        if (value) {
            wire::put(out, *value);
        }
    }
    static void get(Reader& in, std::optional<T>& value) {
        value.reset();
        if (in.flag()) {
            wire::get(in, value.emplace());
        }
    }
};

template <class T>
struct Form<std::shared_ptr<const T>> {
    using Pointer = std::shared_ptr<const T>;
    static void describe(std::string& out) { wire::describe<T>(out += "pointer "); }
    static void put(Writer& out, const Pointer& value) {
        out.flag(value != nullptr);
        if (value) {
            wire::put(out, *value);
        }
    }
    static void get(Reader& in, Pointer& value) {
        value = nullptr;
        if (in.flag()) {
            auto made = std::make_shared<T>();
            wire::get(in, *made);
            value = std::move(made);
        }
    }
};

template <class... Ts>
struct Form<std::variant<Ts...>> {
    using Variant = std::variant<Ts...>;

    static void describe(std::string& out) { out += "variant "; }
    static void put(Writer& out, const Variant& value) {
        std::visit(
            [&out]<class One>(const One& one) {
                if constexpr (!is_variant<One>) {
                    out.raw(view(fingerprint<One>()));
                }
                wire::put(out, one);
            },
            value);
    }
    static void get(Reader& in, Variant& value) {
        const ByteView held = in.raw(fingerprint_bytes);
        if (in.good() && !get_held(in, value, held)) {
            in.fail_unknown();
        }
    }
    /// Whether one of the alternatives is what `held` says.
    static bool get_held(Reader& in, Variant& value, ByteView held) {
        return (get_one<Ts>(in, value, held) || ...);
    }

  private:
    template <class One>
    static bool get_one(Reader& in, Variant& value, ByteView held) {
        if constexpr (is_variant<One>) {
            One inner;
            if (!Form<One>::get_held(in, inner, held)) {
                return false;
            }
            value = std::move(inner);
        } else {
            if (held != view(fingerprint<One>())) {
                return false;
            }
            wire::get(in, value.template emplace<One>());
        }
        return true;
    }
};

template <class A, class B>
struct Form<std::pair<A, B>> {
    static void describe(std::string& out) {
        wire::describe<A>(out);
        wire::describe<B>(out);
    }
    static void put(Writer& out, const std::pair<A, B>& pair) {
        wire::put(out, pair.first);
        wire::put(out, pair.second);
    }
    static void get(Reader& in, std::pair<A, B>& pair) {
        wire::get(in, pair.first);
        wire::get(in, pair.second);
    }
};

template <class Container>
void put_all(Writer& out, const Container& elements) {
    out.number(static_cast<std::uint32_t>(elements.size()));
    for (const auto& element : elements) {
        put(out, element);
    }
}

template <class T>
struct Form<std::vector<T>> {
    static void describe(std::string& out) { wire::describe<T>(out += "list "); }
    static void put(Writer& out, const std::vector<T>& list) { put_all(out, list); }
    static void get(Reader& in, std::vector<T>& list) {
        list.clear();
        for (std::uint32_t left = in.count(); left > 0 && in.good(); --left) {
            wire::get(in, list.emplace_back());
        }
    }
};

template <class T>
struct Form<std::set<T>> {
    static void describe(std::string& out) { wire::describe<T>(out += "set "); }
    static void put(Writer& out, const std::set<T>& set) { put_all(out, set); }
    static void get(Reader& in, std::set<T>& set) {
        set.clear();
        for (std::uint32_t left = in.count(); left > 0 && in.good(); --left) {
            T element{};
            wire::get(in, element);
            if (!set.empty() && !(*set.rbegin() < element)) {
                in.fail();
                return;
            }
            set.insert(set.end(), std::move(element));
        }
    }
};

template <class K, class V>
struct Form<std::map<K, V>> {
    static void describe(std::string& out) {
        wire::describe<K>(out += "map ");
        wire::describe<V>(out);
    }
    static void put(Writer& out, const std::map<K, V>& map) { put_all(out, map); }
    static void get(Reader& in, std::map<K, V>& map) {
        map.clear();
        for (std::uint32_t left = in.count(); left > 0 && in.good(); --left) {
            K key{};
            wire::get(in, key);
            if (!map.empty() && !(map.rbegin()->first < key)) {
                in.fail();
                return;
            }
            wire::get(in, map.emplace_hint(map.end(), std::move(key), V{})->second);
        }
    }
};

// ---- rows and aggregates
// -------------------------------------------------------------------------

/// What lists its own fields has a codec already, with golden-tested bytes.
template <class T>
concept Row = std::is_aggregate_v<T> && fold::HasFields<fold::RowWriter, T>;

class RowDescriber {
  public:
    explicit RowDescriber(std::string& out) : out_(out) {}
    template <class... Fields>
    void operator()(const Fields&... /*fields*/) {
        (describe<Fields>(out_), ...);
    }

  private:
    std::string& out_;
};

template <Row T>
struct Form<T> {
    static void describe(std::string& out) {
        name_type<T>(out);
        out += "( ";
        RowDescriber describer(out);
        T row{};
        T::fields(describer, row);
        out += ") ";
    }
    static void put(Writer& out, const T& row) { out.text(fold::encode_row(row)); }
    static void get(Reader& in, T& row) {
        auto decoded = fold::decode_row<T>(in.text());
        if (!decoded) {
            in.fail();
            return;
        }
        row = *std::move(decoded);
    }
};

template <class T>
requires(std::is_aggregate_v<T> && !Row<T> && !ProtoMessage<T>) struct Form<T> {
    static void describe(std::string& out) {
        name_type<T>(out);
        out += "{ ";
        describe_members(out, std::make_index_sequence<boost::pfr::tuple_size_v<T>>());
        out += "} ";
    }
    static void put(Writer& out, const T& value) {
        boost::pfr::for_each_field(value, [&out](const auto& member) { wire::put(out, member); });
    }
    static void get(Reader& in, T& value) {
        boost::pfr::for_each_field(value, [&in](auto& member) { wire::get(in, member); });
    }

  private:
    template <std::size_t... Is>
    static void describe_members(std::string& out, std::index_sequence<Is...> /*all*/) {
        (wire::describe<boost::pfr::tuple_element_t<Is, T>>(out), ...);
    }
};

}  // namespace chopmark::runtime::wire
