#include "ops/checkpoint/disk_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "events/crypto/sha256_stream.h"

namespace chopmark::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece_bytes = 1 << 20;

/// By errno.
Error failed(const char* what, const fs::path& file) {
    return {disk_failed, std::string(what) + " " + file.filename().string() + ": " +
                             std::error_code(errno, std::generic_category()).message()};
}

class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    explicit operator bool() const { return number_ >= 0; }
    [[nodiscard]] int number() const { return number_; }

  private:
    const int number_;
};

Result<void> write_whole(int to, ByteView bytes, const fs::path& file) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(to, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            return failed("write", file);
        }
        bytes.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return {};
}

/// `to`: where the bytes go as well; negative: nowhere.
Result<FileSum> go_through(const fs::path& file, int from, int to, const FileProgress& progress) {
    struct stat facts {};
    if (::fstat(from, &facts) != 0) {
        return failed("look at", file);
    }
    if (!S_ISREG(facts.st_mode)) {
        return Error(disk_failed, file.filename().string() + " is no plain file");
    }
    crypto::Sha256Stream hash;
    FileSum sum;
    Bytes piece(piece_bytes, '\0');
    for (;;) {
        const ssize_t got = ::read(from, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return failed("read", file);
        }
        if (got == 0) {
            break;
        }
        const ByteView bytes = ByteView(piece).substr(0, static_cast<std::size_t>(got));
        hash.add(bytes);
        sum.bytes += bytes.size();
        if (to >= 0) {
            CHOPMARK_TRY(write_whole(to, bytes, file));
        }
        if (progress && !progress(bytes.size())) {
            return disk_cancelled;
        }
    }
    sum.sha256 = hash.finish();
    return sum;
}

}  // namespace

Error disk_error(const fs::path& file, const std::error_code& why) {
    return {disk_failed, file.filename().string() + ": " + why.message()};
}

Result<FileSum> sum_file(const fs::path& file, const FileProgress& progress) {
    const Descriptor from(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!from) {
        return failed("open", file);
    }
    CHOPMARK_ASSIGN(const FileSum sum, go_through(file, from.number(), -1, progress));
    return ::fsync(from.number()) == 0 ? Result<FileSum>(sum) : failed("sync", file);
}

Result<FileSum> copy_file(const fs::path& from, const fs::path& to, const FileProgress& progress) {
    const Descriptor source(::open(from.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!source) {
        return failed("open", from);
    }
    const Descriptor copy(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!copy) {
        return failed("make", to);
    }
    CHOPMARK_ASSIGN(const FileSum sum, go_through(from, source.number(), copy.number(), progress));
    return ::fsync(copy.number()) == 0 ? Result<FileSum>(sum) : failed("sync", to);
}

Result<void> sync_folder(const fs::path& folder) {
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return opened && ::fsync(opened.number()) == 0 ? Result<void>() : failed("sync", folder);
}

}  // namespace chopmark::checkpoint
