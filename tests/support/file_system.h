// A file system for RocksDB that can be unkind. Before every call that changes something a hook is
// asked, which may let it pass, fail it before or after it happened, tear a write, or end the
// process. Beside that it remembers, per file, how much was synced, and can write an image of a
// folder as a power cut at this moment would leave it. Safe from any thread.
#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace chopmark::test {

struct FileCall {
    enum class Kind : std::uint8_t {
        create,
        append,
        sync,
        truncate,
        close,
        rename,
        remove,
        sync_folder
    };
    Kind kind;
    std::string path;
};

struct FileVerdict {
    enum class What : std::uint8_t {
        pass,
        fail,        // an error, and nothing happened
        fail_after,  // an error, and yet it happened
        tear,        // an error, and half of the bytes were written
    };
    What what = What::pass;
    rocksdb::IOStatus error = rocksdb::IOStatus::IOError("injected");
};

/// What becomes of one page of 4 KiB that was written but not synced.
using PageFate = std::function<bool(const std::string& path, std::uint64_t page)>;  // true: kept

class UnkindFileSystem final : public rocksdb::FileSystemWrapper {
  public:
    using Hook = std::function<FileVerdict(const FileCall&)>;

    UnkindFileSystem();

    /// The hook runs outside of all locks of this object; an empty one lets everything pass.
    void set_hook(Hook hook);
    [[nodiscard]] std::uint64_t calls() const { return calls_; }

    /// Copies `folder` to `image`, which MUST NOT exist, with every unsynced page kept or zeroed as
    /// `kept` says; a file ends behind its last kept page. Folders themselves are taken as synced.
    void write_image(const std::string& folder, const std::string& image, const PageFate& kept);

    // What is overridden of the wrapper.
    rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* context) override;
    rocksdb::IOStatus ReopenWritableFile(const std::string& path,
                                         const rocksdb::FileOptions& options,
                                         std::unique_ptr<rocksdb::FSWritableFile>* file,
                                         rocksdb::IODebugContext* context) override;
    rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                   std::unique_ptr<rocksdb::FSDirectory>* folder,
                                   rocksdb::IODebugContext* context) override;
    rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* context) override;
    rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                                 const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* context) override;
    [[nodiscard]] const char* Name() const override { return "UnkindFileSystem"; }

    // For the files it hands out.
    rocksdb::IOStatus judge(FileCall::Kind kind, const std::string& path,
                            const std::function<rocksdb::IOStatus()>& whole,
                            const std::function<rocksdb::IOStatus()>& torn = {});
    void note_size(const std::string& path, std::uint64_t size);
    void note_synced(const std::string& path);

  private:
    struct Extent {
        std::uint64_t written = 0;
        std::uint64_t synced = 0;
    };

    std::atomic<std::uint64_t> calls_{0};
    std::mutex hook_mutex_;
    Hook hook_;
    std::mutex extents_mutex_;
    std::map<std::string, Extent> extents_;
};

}  // namespace chopmark::test
