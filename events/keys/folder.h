// The few file operations that key files need, as a port, so that a test can crash between any two
// of them and the simulation can run without a disk. Names are plain file names. Errors are
// keys.io with the operation and the system's words. Not safe from several threads at once.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "events/core/bytes.h"
#include "events/core/result.h"

namespace chopmark::keys {

inline constexpr Reason io_failed{"keys.io", Kind::unavailable};
inline constexpr Reason no_file{"keys.no_file", Kind::not_found};

class Folder {
  public:
    virtual ~Folder() = default;
    /// Sorted.
    [[nodiscard]] virtual Result<std::vector<std::string>> list() const = 0;
    /// keys.no_file when there is none.
    [[nodiscard]] virtual Result<Bytes> read(const std::string& name) const = 0;
    /// Creates or overwrites, readable by the owner alone; the bytes are durable on return, the
    /// name is only after sync().
    virtual Result<void> write(const std::string& name, ByteView bytes) = 0;
    /// Atomic; replaces `to`.
    virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
    /// No error when there is none.
    virtual Result<void> remove(const std::string& name) = 0;
    /// Makes renames and removals durable.
    virtual Result<void> sync() = 0;
};

/// Writes so that after a crash either the old or the new bytes are there, never a mixture: a
/// temporary name, its bytes synced, renamed, the folder synced.
Result<void> replace(Folder& folder, const std::string& name, ByteView bytes);
/// What replace() may leave behind in a crash; list() shows it, nobody needs it.
bool is_temporary(std::string_view name);

/// A folder of the file system, made with mode 0700 if it is not there.
class DiskFolder final : public Folder {
  public:
    static Result<DiskFolder> open(const std::filesystem::path& path);

    [[nodiscard]] Result<std::vector<std::string>> list() const override;
    [[nodiscard]] Result<Bytes> read(const std::string& name) const override;
    Result<void> write(const std::string& name, ByteView bytes) override;
    Result<void> rename(const std::string& from, const std::string& to) override;
    Result<void> remove(const std::string& name) override;
    Result<void> sync() override;

  private:
    explicit DiskFolder(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

/// For the simulation: everything is durable at once.
class MemoryFolder final : public Folder {
  public:
    [[nodiscard]] Result<std::vector<std::string>> list() const override;
    [[nodiscard]] Result<Bytes> read(const std::string& name) const override;
    Result<void> write(const std::string& name, ByteView bytes) override;
    Result<void> rename(const std::string& from, const std::string& to) override;
    Result<void> remove(const std::string& name) override;
    Result<void> sync() override { return {}; }

  private:
    std::map<std::string, Bytes> files_;
};

}  // namespace chopmark::keys
