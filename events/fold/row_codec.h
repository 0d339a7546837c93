// The one codec of state rows and view rows. A row type lists its fields once, in a static
// `fields(archive, row)`; RowWriter and RowReader walk the same list, so that what is written and
// what is read cannot drift apart. Bytes are deterministic: fixed-width big-endian integers,
// length-prefixed strings and sequences, maps and sets in key order. Fields are only ever appended
// under a new row version; a view of another version rebuilds beside the old one (design 7).
//
//   row      = field*
//   integer  = big-endian, its own width          instant = i64 micros     bool, enum = u8
//   string   = length:u32 bytes                   id      = its bytes
//   optional = present:u8 [value]                 list, set, map = count:u32 element*
//
// The reader refuses short input, surplus bytes and counts that the input cannot hold.
#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/result.h"

namespace chopmark::fold {

inline constexpr Reason bad_row{"fold.bad_row", Kind::damaged};

template <class Archive, class Row>
concept HasFields = requires(Archive& archive, Row& row) {
    Row::fields(archive, row);
};

class RowWriter {
  public:
    /// For who knows how long the row will be: a row grows by many small pieces.
    void reserve(std::size_t bytes) { out_.reserve(bytes); }
    template <class... Fields>
    void operator()(const Fields&... fields) {
        (put(fields), ...);
    }
    [[nodiscard]] Bytes take() && { return std::move(out_); }

  private:
    template <class T>
    void put(const T& value) {
        if constexpr (std::is_enum_v<T>) {
            append_big_endian(out_, static_cast<std::uint8_t>(value));
        } else if constexpr (std::integral<T>) {
            append_big_endian(out_, value);
        } else {
            // fields() takes a mutable row, for the reader's sake; the writer changes nothing.
            T::fields(*this, const_cast<T&>(value));
        }
    }
    void put(const Instant& at) { append_big_endian(out_, at.micros()); }
    void put(const std::string& text) {
        append_big_endian(out_, static_cast<std::uint32_t>(text.size()));
        out_.append(text);
    }
    template <class Tag, std::size_t N>
    void put(const OpaqueId<Tag, N>& id) {
        out_.append(id.bytes());
    }
    template <class Tag, class Integer>
    void put(const NumberId<Tag, Integer>& id) {
        append_big_endian(out_, id.value());
    }
    template <class T>
    void put(const std::optional<T>& value) {
        append_big_endian(out_, static_cast<std::uint8_t>(value.has_value()));
        if (value) {
            put(*value);
        }
    }
    template <class T>
    void put_all(const T& elements) {
        append_big_endian(out_, static_cast<std::uint32_t>(elements.size()));
        for (const auto& element : elements) {
            put(element);
        }
    }
    template <class T>
    void put(const std::vector<T>& list) {
        put_all(list);
    }
    template <class T>
    void put(const std::set<T>& set) {
        put_all(set);
    }
    template <class K, class V>
    void put(const std::map<K, V>& map) {
        put_all(map);
    }
    template <class K, class V>
    void put(const std::pair<K, V>& pair) {
        put(pair.first);
        put(pair.second);
    }

    Bytes out_;
};

class RowReader {
  public:
    explicit RowReader(ByteView bytes) : rest_(bytes) {}

    template <class... Fields>
    void operator()(Fields&... fields) {
        (get(fields), ...);
    }
    /// All fields were there and nothing is left.
    [[nodiscard]] bool finished() const { return good_ && rest_.empty(); }

  private:
    ByteView take(std::size_t count) {
        if (!good_ || rest_.size() < count) {
            good_ = false;
            return {};
        }
        const ByteView out = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return out;
    }
    template <class Integer>
    Integer integer() {
        const ByteView bytes = take(sizeof(Integer));
        return bytes.empty() ? Integer{} : get_big_endian<Integer>(bytes);
    }
    /// Every element takes at least one byte, so a larger count is a lie.
    std::uint32_t count() {
        const auto n = integer<std::uint32_t>();
        if (n > rest_.size()) {
            good_ = false;
            return 0;
        }
        return n;
    }

    template <class T>
    void get(T& value) {
        if constexpr (std::same_as<T, bool>) {
            value = integer<std::uint8_t>() != 0;
        } else if constexpr (std::is_enum_v<T>) {
            value = static_cast<T>(integer<std::uint8_t>());
        } else if constexpr (std::integral<T>) {
            value = integer<T>();
        } else {
            T::fields(*this, value);
        }
    }
    void get(Instant& at) { at = Instant::from_micros(integer<std::int64_t>()); }
    void get(std::string& text) { text = std::string(take(count())); }
    template <class Tag, std::size_t N>
    void get(OpaqueId<Tag, N>& id) {
        id = OpaqueId<Tag, N>(to_array<N>(take(N)));
    }
    template <class Tag, class Integer>
    void get(NumberId<Tag, Integer>& id) {
        id = NumberId<Tag, Integer>(integer<Integer>());
    }
    template <class T>
    void get(std::optional<T>& value) {
        value.reset();
        if (integer<std::uint8_t>() != 0) {
            get(value.emplace());
        }
    }
    template <class T>
    void get(std::vector<T>& list) {
        list.clear();
        for (std::uint32_t n = count(); n > 0 && good_; --n) {
            get(list.emplace_back());
        }
    }
    template <class T>
    void get(std::set<T>& set) {
        set.clear();
        for (std::uint32_t n = count(); n > 0 && good_; --n) {
            T element{};
            get(element);
            set.insert(set.end(), std::move(element));
        }
    }
    template <class K, class V>
    void get(std::pair<K, V>& pair) {
        get(pair.first);
        get(pair.second);
    }
    template <class K, class V>
    void get(std::map<K, V>& map) {
        map.clear();
        for (std::uint32_t n = count(); n > 0 && good_; --n) {
            K key{};
            get(key);
            get(map.emplace_hint(map.end(), std::move(key), V{})->second);
        }
    }

    ByteView rest_;
    bool good_ = true;
};

template <class Row>
Bytes encode_row(const Row& row) {
    RowWriter writer;
    writer(row);
    return std::move(writer).take();
}

/// fold.bad_row unless the bytes are exactly one row.
template <class Row>
Result<Row> decode_row(ByteView bytes) {
    Row row{};
    RowReader reader(bytes);
    reader(row);
    if (!reader.finished()) {
        return bad_row;
    }
    return row;
}

}  // namespace chopmark::fold
