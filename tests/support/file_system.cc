#include "tests/support/file_system.h"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace chopmark::test {
namespace {

using rocksdb::IOStatus;

constexpr std::uint64_t page_bytes = 4096;

class UnkindFile final : public rocksdb::FSWritableFileOwnerWrapper {
  public:
    UnkindFile(UnkindFileSystem& files, std::string path, std::uint64_t size,
               std::unique_ptr<rocksdb::FSWritableFile> file)
        : FSWritableFileOwnerWrapper(std::move(file)),
          files_(files),
          path_(std::move(path)),
          size_(size) {}

    IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                    rocksdb::IODebugContext* context) override {
        const auto append = [&](std::size_t length) {
            auto done = FSWritableFileOwnerWrapper::Append(rocksdb::Slice(data.data(), length),
                                                           options, context);
            if (done.ok()) {
                size_ += length;
                files_.note_size(path_, size_);
            }
            return done;
        };
        return files_.judge(
            FileCall::Kind::append, path_, [&] { return append(data.size()); },
            [&] { return append(data.size() / 2); });
    }
    IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                    const rocksdb::DataVerificationInfo& /*verification*/,
                    rocksdb::IODebugContext* context) override {
        return Append(data, options, context);
    }
    IOStatus Truncate(std::uint64_t size, const rocksdb::IOOptions& options,
                      rocksdb::IODebugContext* context) override {
        return files_.judge(FileCall::Kind::truncate, path_, [&] {
            auto done = FSWritableFileOwnerWrapper::Truncate(size, options, context);
            if (done.ok()) {
                size_ = size;
                files_.note_size(path_, size_);
            }
            return done;
        });
    }
    IOStatus Close(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
        return files_.judge(FileCall::Kind::close, path_,
                            [&] { return FSWritableFileOwnerWrapper::Close(options, context); });
    }
    IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
        return synced([&] { return FSWritableFileOwnerWrapper::Sync(options, context); });
    }
    IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
        return synced([&] { return FSWritableFileOwnerWrapper::Fsync(options, context); });
    }

  private:
    IOStatus synced(const std::function<IOStatus()>& sync) {
        return files_.judge(FileCall::Kind::sync, path_, [&] {
            auto done = sync();
            if (done.ok()) {
                files_.note_synced(path_);
            }
            return done;
        });
    }

    UnkindFileSystem& files_;
    const std::string path_;
    std::uint64_t size_;
};

class UnkindFolder final : public rocksdb::FSDirectory {
  public:
    UnkindFolder(UnkindFileSystem& files, std::string path,
                 std::unique_ptr<rocksdb::FSDirectory> folder)
        : files_(files), path_(std::move(path)), folder_(std::move(folder)) {}

    IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
        return files_.judge(FileCall::Kind::sync_folder, path_,
                            [&] { return folder_->Fsync(options, context); });
    }
    IOStatus FsyncWithDirOptions(const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* context,
                                 const rocksdb::DirFsyncOptions& folder_options) override {
        return files_.judge(FileCall::Kind::sync_folder, path_, [&] {
            return folder_->FsyncWithDirOptions(options, context, folder_options);
        });
    }
    IOStatus Close(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
        return folder_->Close(options, context);
    }

  private:
    UnkindFileSystem& files_;
    const std::string path_;
    const std::unique_ptr<rocksdb::FSDirectory> folder_;
};

}  // namespace

UnkindFileSystem::UnkindFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

void UnkindFileSystem::set_hook(Hook hook) {
    const std::lock_guard lock(hook_mutex_);
    hook_ = std::move(hook);
}

IOStatus UnkindFileSystem::judge(FileCall::Kind kind, const std::string& path,
                                 const std::function<IOStatus()>& whole,
                                 const std::function<IOStatus()>& torn) {
    ++calls_;
    Hook hook;
    {
        const std::lock_guard lock(hook_mutex_);
        hook = hook_;
    }
    const FileVerdict verdict = hook ? hook({kind, path}) : FileVerdict();
    switch (verdict.what) {
        case FileVerdict::What::pass:
            return whole();
        case FileVerdict::What::fail:
            return verdict.error;
        case FileVerdict::What::fail_after:
            whole().PermitUncheckedError();
            return verdict.error;
        case FileVerdict::What::tear:
            if (torn) {
                torn().PermitUncheckedError();
            }
            return verdict.error;
    }
    return verdict.error;
}

void UnkindFileSystem::note_size(const std::string& path, std::uint64_t size) {
    const std::lock_guard lock(extents_mutex_);
    Extent& extent = extents_[path];
    extent.written = size;
    extent.synced = std::min(extent.synced, size);
}

void UnkindFileSystem::note_synced(const std::string& path) {
    const std::lock_guard lock(extents_mutex_);
    extents_[path].synced = extents_[path].written;
}

IOStatus UnkindFileSystem::NewWritableFile(const std::string& path,
                                           const rocksdb::FileOptions& options,
                                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                                           rocksdb::IODebugContext* context) {
    return judge(FileCall::Kind::create, path, [&] {
        auto made = target()->NewWritableFile(path, options, file, context);
        if (made.ok()) {
            const std::lock_guard lock(extents_mutex_);
            extents_[path] = {};
            *file = std::make_unique<UnkindFile>(*this, path, 0, std::move(*file));
        }
        return made;
    });
}

IOStatus UnkindFileSystem::ReopenWritableFile(const std::string& path,
                                              const rocksdb::FileOptions& options,
                                              std::unique_ptr<rocksdb::FSWritableFile>* file,
                                              rocksdb::IODebugContext* context) {
    return judge(FileCall::Kind::create, path, [&] {
        auto made = target()->ReopenWritableFile(path, options, file, context);
        if (made.ok()) {
            const std::uint64_t size = std::filesystem::file_size(path);
            note_size(path, size);
            *file = std::make_unique<UnkindFile>(*this, path, size, std::move(*file));
        }
        return made;
    });
}

IOStatus UnkindFileSystem::NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                        std::unique_ptr<rocksdb::FSDirectory>* folder,
                                        rocksdb::IODebugContext* context) {
    auto opened = target()->NewDirectory(path, options, folder, context);
    if (opened.ok()) {
        *folder = std::make_unique<UnkindFolder>(*this, path, std::move(*folder));
    }
    return opened;
}

IOStatus UnkindFileSystem::DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                                      rocksdb::IODebugContext* context) {
    return judge(FileCall::Kind::remove, path, [&] {
        auto removed = target()->DeleteFile(path, options, context);
        const std::lock_guard lock(extents_mutex_);
        extents_.erase(path);
        return removed;
    });
}

IOStatus UnkindFileSystem::RenameFile(const std::string& from, const std::string& to,
                                      const rocksdb::IOOptions& options,
                                      rocksdb::IODebugContext* context) {
    return judge(FileCall::Kind::rename, from, [&] {
        auto renamed = target()->RenameFile(from, to, options, context);
        const std::lock_guard lock(extents_mutex_);
        if (const auto found = extents_.find(from); renamed.ok() && found != extents_.end()) {
            extents_[to] = found->second;
            extents_.erase(from);
        }
        return renamed;
    });
}

void UnkindFileSystem::write_image(const std::string& folder, const std::string& image,
                                   const PageFate& kept) {
    namespace fs = std::filesystem;
    std::map<std::string, Extent> extents;
    {
        const std::lock_guard lock(extents_mutex_);
        extents = extents_;
    }
    fs::create_directories(image);
    for (const auto& item : fs::directory_iterator(folder)) {
        const std::string path = item.path().string();
        std::ifstream in(path, std::ios::binary);
        std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
        if (const auto found = extents.find(path); found != extents.end()) {
            const std::uint64_t synced = found->second.synced;
            std::uint64_t end = std::min<std::uint64_t>(synced, bytes.size());
            for (std::uint64_t page = synced / page_bytes; page * page_bytes < bytes.size();
                 ++page) {
                const std::uint64_t from = std::max(page * page_bytes, synced);
                const std::uint64_t to =
                    std::min<std::uint64_t>((page + 1) * page_bytes, bytes.size());
                if (from >= to) {
                    continue;
                }
                if (kept(path, page)) {
                    end = to;
                } else {
                    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                              bytes.begin() + static_cast<std::ptrdiff_t>(to), '\0');
                }
            }
            bytes.resize(end);
        }
        std::ofstream out(image + '/' + item.path().filename().string(), std::ios::binary);
        out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
}

}  // namespace chopmark::test
