#include "events/fold/spill.h"

#include <cerrno>
#include <cstring>

#include "events/core/limits.h"
#include "events/fold/row_store.h"

namespace chopmark::fold {
namespace {

constexpr std::size_t buffer_bytes = 256 * 1024;
constexpr std::size_t head_bytes = 8 + Digest::size + 4;
constexpr std::size_t most_bytes = limits::leaf_bytes + limits::boxes_bytes + 12;

Error failed(const std::filesystem::path& path) {
    return {rows_unavailable, path.string() + ": " + std::strerror(errno)};
}

}  // namespace

Result<std::unique_ptr<Spill>> Spill::open(const std::filesystem::path& folder,
                                           PartitionId partition, std::size_t buckets) {
    std::unique_ptr<Spill> spill(new Spill(partition));
    for (std::size_t i = 0; i < buckets; ++i) {
        Bucket bucket;
        bucket.path =
            folder / ("spill." + std::to_string(partition.value()) + "." + std::to_string(i));
        bucket.file.reset(std::fopen(bucket.path.c_str(), "w+b"));
        if (bucket.file == nullptr) {
            return failed(bucket.path);
        }
        static_cast<void>(std::setvbuf(bucket.file.get(), nullptr, _IOFBF, buffer_bytes));
        spill->buckets_.push_back(std::move(bucket));
    }
    return spill;
}

Spill::~Spill() {
    for (const Bucket& bucket : buckets_) {
        std::error_code ignored;  // the folder is emptied before the next rebuild
        std::filesystem::remove(bucket.path, ignored);
    }
}

Result<void> Spill::add(std::size_t bucket, const journal::Entry& entry) {
    const Bucket& into = buckets_.at(bucket);
    const Bytes stored = record::encode(entry.record);
    Bytes head;
    append_big_endian(head, entry.sequence.value());
    head.append(entry.leaf_hash.bytes());
    append_big_endian(head, static_cast<std::uint32_t>(stored.size()));
    if (std::fwrite(head.data(), 1, head.size(), into.file.get()) != head.size() ||
        std::fwrite(stored.data(), 1, stored.size(), into.file.get()) != stored.size()) {
        return failed(into.path);
    }
    return {};
}

Result<void> Spill::read(std::size_t bucket,
                         const std::function<Result<void>(const journal::Entry&)>& visit) {
    Bucket& from = buckets_.at(bucket);
    if (std::fflush(from.file.get()) != 0 || std::fseek(from.file.get(), 0, SEEK_SET) != 0) {
        return failed(from.path);
    }
    Bytes head(head_bytes, '\0');
    Bytes stored;
    while (true) {
        const std::size_t got = std::fread(head.data(), 1, head.size(), from.file.get());
        if (got == 0 && std::feof(from.file.get()) != 0) {
            return {};
        }
        const auto length = got == head.size() ? get_big_endian<std::uint32_t>(head, 40) : 0U;
        stored.resize(std::min<std::size_t>(length, most_bytes));
        if (length == 0 || length > most_bytes ||
            std::fread(stored.data(), 1, stored.size(), from.file.get()) != stored.size()) {
            return Error(rows_damaged, from.path.string());
        }
        journal::Entry entry;
        entry.partition = partition_;
        entry.sequence = Sequence(get_big_endian<std::uint64_t>(head));
        entry.leaf_hash = *Digest::from_bytes(ByteView(head).substr(8, Digest::size));
        CHOPMARK_ASSIGN(entry.record, record::decode_record(stored));
        CHOPMARK_TRY(visit(entry));
    }
}

}  // namespace chopmark::fold
