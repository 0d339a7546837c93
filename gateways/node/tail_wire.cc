#include "gateways/node/tail_wire.h"

#include "events/core/limits.h"

namespace chopmark::node {
namespace {

constexpr std::size_t question_bytes = 2 + 8 + 4;
constexpr std::size_t page_head_bytes = 8 + Digest::size + 4;
constexpr std::size_t length_bytes = 4;
/// Of a record that stands alone in its page, and of what frames all of them.
constexpr std::size_t page_bytes = page_head_bytes + journal::tail_page_bytes + limits::leaf_bytes +
                                   limits::boxes_bytes + journal::tail_page_records * 16;

}  // namespace

Bytes encode(const TailQuestion& question) {
    Bytes out;
    append_big_endian(out, question.partition.value());
    append_big_endian(out, question.from.value());
    append_big_endian(out, question.at_most);
    return out;
}

std::optional<TailQuestion> decode_tail_question(ByteView bytes) {
    if (bytes.size() != question_bytes) {
        return std::nullopt;
    }
    return TailQuestion{PartitionId(get_big_endian<std::uint16_t>(bytes)),
                        Sequence(get_big_endian<std::uint64_t>(bytes, 2)),
                        get_big_endian<std::uint32_t>(bytes, 10)};
}

Bytes encode(const journal::TailPage& page) {
    Bytes out;
    append_big_endian(out, page.end.value());
    out.append(page.previous.bytes());
    append_big_endian(out, static_cast<std::uint32_t>(page.records.size()));
    for (const Bytes& record : page.records) {
        append_big_endian(out, static_cast<std::uint32_t>(record.size()));
        out.append(record);
    }
    return out;
}

std::optional<journal::TailPage> decode_tail_page(ByteView bytes) {
    if (bytes.size() < page_head_bytes || bytes.size() > page_bytes) {
        return std::nullopt;
    }
    journal::TailPage out;
    out.end = Sequence(get_big_endian<std::uint64_t>(bytes));
    out.previous = Digest(to_array<Digest::size>(bytes.substr(8, Digest::size)));
    const auto count = get_big_endian<std::uint32_t>(bytes, 8 + Digest::size);
    if (count > journal::tail_page_records) {
        return std::nullopt;
    }
    ByteView rest = bytes.substr(page_head_bytes);
    for (std::uint32_t i = 0; i < count; ++i) {
        if (rest.size() < length_bytes) {
            return std::nullopt;
        }
        const std::size_t length = get_big_endian<std::uint32_t>(rest);
        if (rest.size() - length_bytes < length) {
            return std::nullopt;
        }
        out.records.emplace_back(rest.substr(length_bytes, length));
        rest.remove_prefix(length_bytes + length);
    }
    return rest.empty() ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace chopmark::node
