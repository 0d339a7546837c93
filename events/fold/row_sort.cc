#include "events/fold/row_sort.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <thread>

namespace chopmark::fold {
namespace {

constexpr std::size_t leads = 256;
constexpr std::size_t head_bytes = 8;
constexpr std::size_t row_bytes_at_most = 1024 * 1024;
constexpr std::size_t memory_at_most = 1024 * 1024 * 1024;  // places in it are 32 bits
constexpr std::size_t memory_at_least = 64 * 1024;
// While merging, of all chunks together and of each.
constexpr std::size_t blocks_bytes = 32 * 1024 * 1024;
constexpr std::size_t block_at_least = 4 * 1024;
constexpr std::size_t block_at_most = 256 * 1024;

struct Close {
    void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
};
using File = std::unique_ptr<std::FILE, Close>;

Error failed(const std::filesystem::path& path) {
    return {rows_unavailable, path.string() + ": " + std::strerror(errno)};
}

std::size_t lead_byte(ByteView key) {
    return key.empty() ? 0 : static_cast<std::uint8_t>(key.front());
}

std::uint64_t lead_of(ByteView key) {
    std::array<char, sizeof(std::uint64_t)> first{};
    std::memcpy(first.data(), key.data(), std::min(key.size(), first.size()));
    return get_big_endian<std::uint64_t>({first.data(), first.size()});
}

struct RowView {
    ByteView key;
    ByteView value;
    friend bool operator<(const RowView& left, const RowView& right) {
        const int keys = left.key.compare(right.key);
        return keys < 0 || (keys == 0 && left.value < right.value);
    }
};

RowView row_at(ByteView bytes, std::size_t at) {
    const auto key = get_big_endian<std::uint32_t>(bytes, at);
    const auto value = get_big_endian<std::uint32_t>(bytes, at + 4);
    return {bytes.substr(at + head_bytes, key), bytes.substr(at + head_bytes + key, value)};
}

}  // namespace

/// In memory, or in a file once it was set aside.
struct RowSort::Chunk {
    Bytes bytes;
    std::filesystem::path path;
    std::array<std::uint64_t, leads + 1> begins{};  // of the rows of a leading byte

    ~Chunk() {
        if (!path.empty()) {
            std::error_code ignored;  // the folder is emptied before the next rebuild
            std::filesystem::remove(path, ignored);
        }
    }
};

/// Walks the rows of one chunk in a range. The file is open only while a block is read: there may
/// be more chunks than a process may hold files.
class RowSort::Reader {
  public:
    Reader(const Chunk& chunk, const Range& range, std::size_t block_bytes)
        : chunk_(&chunk),
          block_bytes_(block_bytes),
          at_(chunk.begins[range.begin]),
          end_(chunk.begins[range.end]),
          read_to_(at_) {}

    [[nodiscard]] bool valid() const { return valid_; }
    [[nodiscard]] const RowView& row() const { return row_; }
    [[nodiscard]] std::uint64_t lead() const { return lead_; }
    /// The first row, too. What row() gave is gone then.
    Result<void> next() {
        valid_ = at_ < end_;
        if (!valid_) {
            return {};
        }
        if (chunk_->path.empty()) {
            row_ = row_at(chunk_->bytes, at_);
        } else {
            CHOPMARK_TRY(read_row());
        }
        at_ += head_bytes + row_.key.size() + row_.value.size();
        lead_ = lead_of(row_.key);
        return {};
    }

  private:
    Result<void> read_row() {
        CHOPMARK_TRY(need(head_bytes));
        const std::uint64_t length = std::uint64_t{get_big_endian<std::uint32_t>(held_, used_)} +
                                     get_big_endian<std::uint32_t>(held_, used_ + 4);
        if (length > row_bytes_at_most) {
            return Error(rows_damaged, chunk_->path.string());
        }
        CHOPMARK_TRY(need(head_bytes + length));
        row_ = row_at(held_, used_);
        used_ += head_bytes + length;
        return {};
    }
    Result<void> need(std::size_t bytes) {
        if (held_.size() - used_ >= bytes) {
            return {};
        }
        held_.erase(0, std::exchange(used_, 0));
        const std::size_t before = held_.size();
        const auto wanted = static_cast<std::size_t>(
            std::min<std::uint64_t>(std::max(bytes - before, block_bytes_), end_ - read_to_));
        const File file(std::fopen(chunk_->path.c_str(), "rb"));
        if (file == nullptr || std::fseek(file.get(), static_cast<long>(read_to_), SEEK_SET) != 0) {
            return failed(chunk_->path);
        }
        static_cast<void>(std::setvbuf(file.get(), nullptr, _IONBF, 0));
        held_.resize(before + wanted);
        if (std::fread(held_.data() + before, 1, wanted, file.get()) != wanted ||
            held_.size() < bytes) {
            return Error(rows_damaged, chunk_->path.string() + " is cut off");
        }
        read_to_ += wanted;
        return {};
    }

    const Chunk* chunk_;
    std::size_t block_bytes_;
    std::uint64_t at_;
    std::uint64_t end_;
    std::uint64_t read_to_;
    Bytes held_;
    std::size_t used_ = 0;
    RowView row_;
    std::uint64_t lead_ = 0;
    bool valid_ = false;
};

RowSort::Collector::Collector(RowSort& sort, std::size_t memory_bytes)
    : sort_(sort), memory_bytes_(std::clamp(memory_bytes, memory_at_least, memory_at_most)) {}

Result<void> RowSort::Collector::add(ByteView key, ByteView value) {
    if (key.size() + value.size() > row_bytes_at_most) {
        return row_too_large;
    }
    rows_.push_back({lead_of(key), static_cast<std::uint32_t>(bytes_.size())});
    append_big_endian(bytes_, static_cast<std::uint32_t>(key.size()));
    append_big_endian(bytes_, static_cast<std::uint32_t>(value.size()));
    bytes_.append(key).append(value);
    // Sorting holds the bytes twice.
    if (2 * bytes_.size() + rows_.size() * sizeof(Row) > memory_bytes_) {
        return set_aside();
    }
    return {};
}

std::unique_ptr<RowSort::Chunk> RowSort::Collector::take() {
    std::sort(rows_.begin(), rows_.end(), [&](const Row& left, const Row& right) {
        return left.lead != right.lead ? left.lead < right.lead
                                       : row_at(bytes_, left.at) < row_at(bytes_, right.at);
    });
    auto chunk = std::make_unique<Chunk>();
    chunk->bytes.reserve(bytes_.size());
    std::size_t begun = 0;
    for (const Row& row : rows_) {
        const RowView at = row_at(bytes_, row.at);
        for (; begun <= lead_byte(at.key); ++begun) {
            chunk->begins[begun] = chunk->bytes.size();
        }
        chunk->bytes.append(bytes_, row.at, head_bytes + at.key.size() + at.value.size());
    }
    for (; begun <= leads; ++begun) {
        chunk->begins[begun] = chunk->bytes.size();
    }
    rows_.clear();
    bytes_.clear();
    return chunk;
}

Result<void> RowSort::Collector::set_aside() {
    auto chunk = take();
    {
        const std::lock_guard lock(sort_.mutex_);
        chunk->path = sort_.scratch_ / (sort_.name_ + "." + std::to_string(sort_.next_chunk_++));
    }
    File file(std::fopen(chunk->path.c_str(), "wb"));
    if (file == nullptr ||
        std::fwrite(chunk->bytes.data(), 1, chunk->bytes.size(), file.get()) !=
            chunk->bytes.size() ||
        std::fflush(file.get()) != 0) {
        return failed(chunk->path);
    }
    Bytes().swap(chunk->bytes);
    const std::lock_guard lock(sort_.mutex_);
    sort_.chunks_.push_back(std::move(chunk));
    return {};
}

void RowSort::Collector::finish() {
    auto chunk = take();
    Bytes().swap(bytes_);
    std::vector<Row>().swap(rows_);
    const std::lock_guard lock(sort_.mutex_);
    sort_.chunks_.push_back(std::move(chunk));
}

RowSort::RowSort(std::filesystem::path scratch, std::string name)
    : scratch_(std::move(scratch)), name_(std::move(name)) {}

RowSort::~RowSort() = default;

/// About even ones, as far as leading bytes allow.
std::vector<RowSort::Range> RowSort::ranges(std::size_t wanted) const {
    const auto bytes_before = [&](std::size_t lead) {
        std::uint64_t sum = 0;
        for (const auto& chunk : chunks_) {
            sum += chunk->begins[lead];
        }
        return sum;
    };
    const std::uint64_t all = bytes_before(leads);
    std::vector<Range> out;
    if (all == 0) {
        return out;
    }
    std::size_t begin = 0;
    for (std::size_t lead = 1; lead <= leads; ++lead) {
        if (lead == leads || bytes_before(lead) * wanted >= all * (out.size() + 1)) {
            out.push_back({begin, lead});
            begin = lead;
        }
    }
    return out;
}

Result<std::uint64_t> RowSort::merge(const Range& range, TableLoad& into) const {
    const std::size_t block_bytes = std::clamp(
        blocks_bytes / std::max<std::size_t>(chunks_.size(), 1), block_at_least, block_at_most);
    std::deque<Reader> readers;
    std::vector<Reader*> heap;
    for (const auto& chunk : chunks_) {
        Reader& reader = readers.emplace_back(*chunk, range, block_bytes);
        CHOPMARK_TRY(reader.next());
        if (reader.valid()) {
            heap.push_back(&reader);
        }
    }
    std::unique_ptr<SortedRun> run;
    std::uint64_t rows = 0;
    const auto later = [](const Reader* left, const Reader* right) {
        return left->lead() != right->lead() ? left->lead() > right->lead()
                                             : right->row() < left->row();
    };
    std::make_heap(heap.begin(), heap.end(), later);
    Bytes key;  // the row that is held back until another key comes
    Bytes value;
    const auto put = [&]() -> Result<void> {
        if (run == nullptr) {
            CHOPMARK_ASSIGN(run, into.begin_run());
        }
        ++rows;
        return run->add(key, value);
    };
    bool held = false;
    while (!heap.empty()) {
        std::pop_heap(heap.begin(), heap.end(), later);
        Reader& first = *heap.back();
        if (held && first.row().key != key) {
            CHOPMARK_TRY(put());
        }
        key = first.row().key;
        value = first.row().value;
        held = true;
        CHOPMARK_TRY(first.next());
        if (first.valid()) {
            std::push_heap(heap.begin(), heap.end(), later);
        } else {
            heap.pop_back();
        }
    }
    if (held) {
        CHOPMARK_TRY(put());
        CHOPMARK_TRY(run->finish());
    }
    return rows;
}

Result<std::uint64_t> RowSort::load(TableLoad& into, unsigned threads) {
    const std::vector<Range> all = ranges(std::max(1U, threads));
    std::atomic<std::size_t> next{0};
    std::vector<Result<std::uint64_t>> outcomes(all.size(), std::uint64_t{0});
    std::vector<std::thread> others;
    const auto work = [&] {
        for (std::size_t i = next++; i < all.size(); i = next++) {
            outcomes[i] = merge(all[i], into);
        }
    };
    for (unsigned i = 1; i < std::min<std::size_t>(threads, all.size()); ++i) {
        others.emplace_back(work);
    }
    work();
    for (std::thread& other : others) {
        other.join();
    }
    std::uint64_t rows = 0;
    for (const auto& outcome : outcomes) {
        CHOPMARK_ASSIGN(const std::uint64_t merged, outcome);
        rows += merged;
    }
    chunks_.clear();
    return rows;
}

}  // namespace chopmark::fold
