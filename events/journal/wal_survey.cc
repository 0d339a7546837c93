#include "events/journal/wal_survey.h"

#include <rocksdb/file_system.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "events/journal/crc32c.h"
#include "events/journal/journal.h"

namespace chopmark::journal {
namespace {

constexpr std::size_t block_bytes = 32 * 1024;
constexpr std::size_t header_bytes = 7;
constexpr std::size_t long_header_bytes = 11;

std::uint32_t little_endian(ByteView bytes, std::size_t at, std::size_t length) {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < length; ++i) {
        out |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[at + i])) << (8 * i);
    }
    return out;
}

std::uint32_t mask(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8U; }

enum class Part : std::uint8_t { full = 1, first = 2, middle = 3, last = 4 };

struct Fragment {
    Part part;
    ByteView payload;
    std::size_t size;  // with its header
};

/// The fragment that starts at `at`, if a sound one does.
std::optional<Fragment> fragment_at(ByteView block, std::size_t at) {
    if (block.size() - at < header_bytes) {
        return std::nullopt;
    }
    const auto kind = static_cast<std::uint8_t>(block[at + 6]);
    if (kind < 1 || kind > 8) {
        return std::nullopt;
    }
    const std::size_t header = kind > 4 ? long_header_bytes : header_bytes;
    const std::size_t length = little_endian(block, at + 4, 2);
    if (block.size() - at < header + length) {
        return std::nullopt;
    }
    // The checksum covers kind, log number and payload, which lie side by side.
    const ByteView covered = block.substr(at + 6, header - 6 + length);
    if (mask(crc32c(covered)) != little_endian(block, at, 4)) {
        return std::nullopt;
    }
    return Fragment{static_cast<Part>(kind > 4 ? kind - 4 : kind),
                    block.substr(at + header, length), header + length};
}

bool all_zero(ByteView bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](char byte) { return byte == '\0'; });
}

class KeyCollector final : public rocksdb::WriteBatch::Handler {
  public:
    explicit KeyCollector(FirstKeys& keys) : keys_(keys) {}
    rocksdb::Status PutCF(std::uint32_t family, const rocksdb::Slice& key,
                          const rocksdb::Slice& /*value*/) override {
        if (key.size() == sizeof(std::uint64_t)) {
            const auto number = get_big_endian<std::uint64_t>(ByteView(key.data(), key.size()));
            const auto known = keys_.try_emplace(family, number).first;
            known->second = std::min(known->second, number);
        }
        return rocksdb::Status::OK();
    }
    rocksdb::Status DeleteCF(std::uint32_t, const rocksdb::Slice&) override {
        return rocksdb::Status::OK();
    }
    void LogData(const rocksdb::Slice&) override {}

  private:
    FirstKeys& keys_;
};

/// Takes a log block by block.
class Surveyor {
  public:
    explicit Surveyor(bool with_keys) : with_keys_(with_keys) {}

    void take(ByteView block) {
        std::size_t at = 0;
        while (block.size() - at >= header_bytes) {
            const auto fragment = fragment_at(block, at);
            if (!fragment) {
                break;
            }
            assemble(*fragment, offset_ + at);
            at += fragment->size;
        }
        if (block.size() - at >= header_bytes || !all_zero(block.substr(at))) {
            leave_chain(block, at);
        }
        offset_ += block.size();
    }

    WalSurvey finish() {
        if (open_batch_at_) {
            damage(*open_batch_at_);  // torn in the middle
        }
        return std::move(survey_);
    }

  private:
    void damage(std::uint64_t at) {
        if (!survey_.damaged_at) {
            survey_.damaged_at = at;
        }
        open_batch_at_.reset();
        batch_.clear();
    }

    /// The chain of fragments ends inside a block. Zeros to its end may still be the end of all;
    /// anything else is damage, and further batches may start anywhere behind it.
    void leave_chain(ByteView block, std::size_t at) {
        if (all_zero(block.substr(at))) {
            silent_since_ = silent_since_ ? silent_since_ : offset_ + at;
            return;
        }
        if (const auto since = std::exchange(silent_since_, std::nullopt)) {
            damage(*since);
        }
        damage(offset_ + at);
        for (std::size_t next = at + 1; next + header_bytes <= block.size(); ++next) {
            const auto fragment = fragment_at(block, next);
            if (fragment && (fragment->part == Part::full || fragment->part == Part::first)) {
                assemble(*fragment, offset_ + next);
                next += fragment->size - 1;
            }
        }
    }

    void assemble(const Fragment& fragment, std::uint64_t at) {
        if (const auto since = std::exchange(silent_since_, std::nullopt)) {
            damage(*since);
        }
        const bool starts = fragment.part == Part::full || fragment.part == Part::first;
        if (starts == open_batch_at_.has_value()) {
            damage(open_batch_at_.value_or(at));  // a start inside a batch, or a middle outside
        }
        if (starts && survey_.damaged_at && !survey_.batch_behind_at) {
            survey_.batch_behind_at = at;
        }
        if (fragment.part == Part::first) {
            open_batch_at_ = at;
        }
        if (with_keys_ && (starts || open_batch_at_)) {
            batch_.append(fragment.payload);
        }
        if (fragment.part == Part::full || (fragment.part == Part::last && open_batch_at_)) {
            count_batch();
        }
    }

    void count_batch() {
        open_batch_at_.reset();
        survey_.batches += survey_.damaged_at ? 0 : 1;
        if (with_keys_) {
            KeyCollector collector(survey_.damaged_at ? survey_.keys_behind : survey_.keys);
            rocksdb::WriteBatch(std::exchange(batch_, {}))
                .Iterate(&collector)
                .PermitUncheckedError();
        }
    }

    const bool with_keys_;
    std::uint64_t offset_ = 0;                   // of the block at hand
    std::optional<std::uint64_t> silent_since_;  // only zeros from there on, so far
    std::optional<std::uint64_t> open_batch_at_;
    Bytes batch_;
    WalSurvey survey_;
};

Error io_error(const rocksdb::IOStatus& status) { return {not_ready, status.ToString()}; }

Result<WalSurvey> survey_wal(rocksdb::FileSystem& files, const std::string& path, bool with_keys) {
    std::unique_ptr<rocksdb::FSSequentialFile> file;
    if (const auto opened = files.NewSequentialFile(path, {}, &file, nullptr); !opened.ok()) {
        return io_error(opened);
    }
    Surveyor surveyor(with_keys);
    Bytes block;
    Bytes scratch(block_bytes, '\0');
    for (;;) {
        // A read may bring less than was asked for before the end of the file.
        rocksdb::Slice got;
        const auto read = file->Read(block_bytes - block.size(), {}, &got, scratch.data(), nullptr);
        if (!read.ok()) {
            return io_error(read);
        }
        block.append(got.data(), got.size());
        if (block.size() == block_bytes || got.empty()) {
            surveyor.take(block);
            block.clear();
        }
        if (got.empty()) {
            return surveyor.finish();
        }
    }
}

/// The number of a file named NNNNNN.log.
std::optional<std::uint64_t> wal_number(const std::string& name) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc() ||
        ByteView(end, static_cast<std::size_t>(name.data() + name.size() - end)) != ".log") {
        return std::nullopt;
    }
    return number;
}

}  // namespace

Result<std::vector<WalSurvey>> survey_wals(rocksdb::FileSystem& files, const std::string& folder,
                                           bool with_keys) {
    std::vector<std::string> names;
    const auto listed = files.GetChildren(folder, {}, &names, nullptr);
    if (listed.IsNotFound() || listed.IsPathNotFound()) {
        return std::vector<WalSurvey>();
    }
    if (!listed.ok()) {
        return io_error(listed);
    }
    std::map<std::uint64_t, std::string> wals;
    for (const std::string& name : names) {
        if (const auto number = wal_number(name)) {
            wals[*number] = (std::filesystem::path(folder) / name).string();
        }
    }
    std::vector<WalSurvey> out;
    for (const auto& [number, path] : wals) {
        auto survey = survey_wal(files, path, with_keys);
        if (!survey) {
            return survey.error();
        }
        survey->number = number;
        out.push_back(std::move(*survey));
    }
    return out;
}

}  // namespace chopmark::journal
