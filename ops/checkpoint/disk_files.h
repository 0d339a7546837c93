// Files too large for memory, read once: hashed where they lie, or copied and hashed on the way,
// and durable when the call returns. Only plain files are read, never what a link points to, so
// that a folder that somebody else has filled leads nowhere. Errors are disk.failed, with the
// file's name and the system's words. Safe from any thread.
#pragma once

#include <filesystem>
#include <functional>

#include "events/core/ids.h"
#include "events/core/result.h"

namespace chopmark::checkpoint {

inline constexpr Reason disk_failed{"disk.failed", Kind::unavailable};
inline constexpr Reason disk_cancelled{"disk.cancelled", Kind::unavailable};

/// disk.failed.
Error disk_error(const std::filesystem::path& file, const std::error_code& why);

struct FileSum {
    std::uint64_t bytes = 0;
    Digest sha256;
    friend bool operator==(const FileSum&, const FileSum&) = default;
};

/// Told how many more bytes were read; false ends the work with disk.cancelled.
using FileProgress = std::function<bool(std::uint64_t bytes)>;

/// Syncs the file, too.
Result<FileSum> sum_file(const std::filesystem::path& file, const FileProgress& progress);
/// `to` must not exist; readable by the owner alone.
Result<FileSum> copy_file(const std::filesystem::path& from, const std::filesystem::path& to,
                          const FileProgress& progress);
/// Makes the names in a folder durable.
Result<void> sync_folder(const std::filesystem::path& folder);

}  // namespace chopmark::checkpoint
