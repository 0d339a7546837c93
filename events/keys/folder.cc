#include "events/keys/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace chopmark::keys {
namespace {

constexpr std::string_view temporary_suffix = ".new";

Error failed(std::string_view operation, const std::string& name, int code) {
    return {io_failed, std::string(operation) + " " + name + ": " + std::strerror(code)};
}

class Descriptor {
  public:
    Descriptor(const std::filesystem::path& path, int flags)
        : number_(::open(path.c_str(), flags | O_CLOEXEC, S_IRUSR | S_IWUSR)) {}
    ~Descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] bool is_open() const { return number_ >= 0; }
    [[nodiscard]] int number() const { return number_; }

  private:
    int number_;
};

bool write_all(int descriptor, ByteView bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            return false;
        }
        bytes.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return true;
}

bool read_all(int descriptor, Bytes& out) {
    for (;;) {
        char buffer[65536];
        const ssize_t got = ::read(descriptor, buffer, sizeof buffer);
        if (got == 0) {
            return true;
        }
        if (got < 0 && errno != EINTR) {
            return false;
        }
        out.append(buffer, got < 0 ? 0 : static_cast<std::size_t>(got));
    }
}

}  // namespace

Result<void> replace(Folder& folder, const std::string& name, ByteView bytes) {
    const std::string temporary = name + std::string(temporary_suffix);
    CHOPMARK_TRY(folder.write(temporary, bytes));
    CHOPMARK_TRY(folder.rename(temporary, name));
    return folder.sync();
}

bool is_temporary(std::string_view name) { return name.ends_with(temporary_suffix); }

Result<DiskFolder> DiskFolder::open(const std::filesystem::path& path) {
    std::error_code code;
    std::filesystem::create_directories(path.parent_path(), code);
    if (::mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
        return failed("make folder", path.string(), errno);
    }
    if (!std::filesystem::is_directory(path, code)) {
        return failed("open folder", path.string(), ENOTDIR);
    }
    return DiskFolder(path);
}

Result<std::vector<std::string>> DiskFolder::list() const {
    std::error_code code;
    std::vector<std::string> out;
    std::filesystem::directory_iterator at(path_, code);
    for (; !code && at != std::filesystem::directory_iterator(); at.increment(code)) {
        out.push_back(at->path().filename().string());
    }
    if (code) {
        return failed("list", path_.string(), code.value());
    }
    std::sort(out.begin(), out.end());
    return out;
}

Result<Bytes> DiskFolder::read(const std::string& name) const {
    const Descriptor file(path_ / name, O_RDONLY);
    if (!file.is_open()) {
        return errno == ENOENT ? Error(no_file, name) : failed("open", name, errno);
    }
    Bytes out;
    if (!read_all(file.number(), out)) {
        return failed("read", name, errno);
    }
    return out;
}

Result<void> DiskFolder::write(const std::string& name, ByteView bytes) {
    const Descriptor file(path_ / name, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.is_open()) {
        return failed("create", name, errno);
    }
    if (!write_all(file.number(), bytes)) {
        return failed("write", name, errno);
    }
    if (::fsync(file.number()) != 0) {
        return failed("sync", name, errno);
    }
    return {};
}

Result<void> DiskFolder::rename(const std::string& from, const std::string& to) {
    if (::rename((path_ / from).c_str(), (path_ / to).c_str()) != 0) {
        return failed("rename", from, errno);
    }
    return {};
}

Result<void> DiskFolder::remove(const std::string& name) {
    if (::unlink((path_ / name).c_str()) != 0 && errno != ENOENT) {
        return failed("remove", name, errno);
    }
    return {};
}

Result<void> DiskFolder::sync() {
    const Descriptor folder(path_, O_RDONLY | O_DIRECTORY);
    if (!folder.is_open() || ::fsync(folder.number()) != 0) {
        return failed("sync", path_.string(), errno);
    }
    return {};
}

Result<std::vector<std::string>> MemoryFolder::list() const {
    std::vector<std::string> out;
    for (const auto& [name, bytes] : files_) {
        out.push_back(name);
    }
    return out;
}

Result<Bytes> MemoryFolder::read(const std::string& name) const {
    const auto found = files_.find(name);
    if (found == files_.end()) {
        return Error(no_file, name);
    }
    return found->second;
}

Result<void> MemoryFolder::write(const std::string& name, ByteView bytes) {
    files_[name] = Bytes(bytes);
    return {};
}

Result<void> MemoryFolder::rename(const std::string& from, const std::string& to) {
    auto moved = files_.extract(from);
    if (moved.empty()) {
        return Error(no_file, from);
    }
    files_[to] = std::move(moved.mapped());
    return {};
}

Result<void> MemoryFolder::remove(const std::string& name) {
    files_.erase(name);
    return {};
}

}  // namespace chopmark::keys
