#include "events/fold/positions.h"

#include <algorithm>

namespace chopmark::fold {
namespace {

constexpr std::size_t entry_bytes = 10;

}  // namespace

void Positions::set(PartitionId partition, Sequence next) {
    if (partition.value() >= next_.size()) {
        next_.resize(partition.value() + 1U);
    }
    next_[partition.value()] = next;
    while (!next_.empty() && next_.back() == Sequence()) {
        next_.pop_back();
    }
}

bool Positions::covers(const Positions& other) const {
    for (std::size_t i = 0; i < other.next_.size(); ++i) {
        if ((i < next_.size() ? next_[i] : Sequence()) < other.next_[i]) {
            return false;
        }
    }
    return true;
}

Positions Positions::furthest(const Positions& other) const {
    Positions out = *this;
    for (const PartitionId partition : other.partitions()) {
        out.set(partition, std::max(at(partition), other.at(partition)));
    }
    return out;
}

std::vector<PartitionId> Positions::partitions() const {
    std::vector<PartitionId> out;
    for (std::size_t i = 0; i < next_.size(); ++i) {
        if (next_[i] != Sequence()) {
            out.emplace_back(static_cast<std::uint16_t>(i));
        }
    }
    return out;
}

Bytes Positions::encode() const {
    const auto known = partitions();
    Bytes out;
    append_big_endian(out, static_cast<std::uint16_t>(known.size()));
    for (const PartitionId partition : known) {
        append_big_endian(out, partition.value());
        append_big_endian(out, at(partition).value());
    }
    return out;
}

Result<Positions> Positions::decode(ByteView bytes) {
    if (bytes.size() < 2 ||
        bytes.size() != 2 + entry_bytes * get_big_endian<std::uint16_t>(bytes)) {
        return bad_positions;
    }
    Positions out;
    for (bytes.remove_prefix(2); !bytes.empty(); bytes.remove_prefix(entry_bytes)) {
        const PartitionId partition(get_big_endian<std::uint16_t>(bytes));
        const Sequence next(get_big_endian<std::uint64_t>(bytes, 2));
        if (partition.value() < out.next_.size() || next == Sequence()) {
            return bad_positions;
        }
        out.set(partition, next);
    }
    return out;
}

Result<Positions> read_positions(const ReadView& rows, const Table& positions, const Table& table) {
    CHOPMARK_ASSIGN(const auto row, rows.get(positions, table.name()));
    return row ? Positions::decode(*row) : Positions();
}

Result<Positions> furthest_position(const ReadView& rows, const Table& positions) {
    Positions out;
    const auto row = rows.scan(positions, KeyRange::all());
    for (; row->valid(); row->next()) {
        CHOPMARK_ASSIGN(const Positions one, Positions::decode(row->value()));
        out = out.furthest(one);
    }
    CHOPMARK_TRY(row->status());
    return out;
}

}  // namespace chopmark::fold
