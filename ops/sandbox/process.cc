#include "ops/sandbox/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

extern char** environ;

namespace chopmark::sandbox {
namespace {

constexpr std::chrono::milliseconds look_pause{20};
constexpr std::chrono::seconds patience{30};

int exit_code_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

class Actions {
  public:
    Actions() { posix_spawn_file_actions_init(&actions_); }
    Actions(const Actions&) = delete;
    Actions& operator=(const Actions&) = delete;
    ~Actions() { posix_spawn_file_actions_destroy(&actions_); }

    void both_streams_to(int descriptor) {
        posix_spawn_file_actions_adddup2(&actions_, descriptor, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, descriptor, STDERR_FILENO);
    }
    void both_streams_to(const char* file) {
        posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, file,
                                         O_WRONLY | O_CREAT | O_APPEND, 0600);
        posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
    }
    void close(int descriptor) { posix_spawn_file_actions_addclose(&actions_, descriptor); }
    [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

  private:
    posix_spawn_file_actions_t actions_{};
};

/// A child has the usual signals, and Ctrl-C is ours to hand on: it gets a group of its own.
class Attributes {
  public:
    Attributes() {
        posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigemptyset(&none);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    ~Attributes() { posix_spawnattr_destroy(&attributes_); }
    [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

  private:
    posix_spawnattr_t attributes_{};
};

Result<pid_t> spawn(const std::vector<std::string>& arguments, const Actions& actions) {
    std::vector<char*> words;
    for (const std::string& argument : arguments) {
        words.push_back(const_cast<char*>(argument.c_str()));  // NOLINT: posix_spawn's signature
    }
    words.push_back(nullptr);
    const Attributes attributes;
    pid_t pid = -1;
    const int failed =
        posix_spawnp(&pid, words.front(), actions.get(), attributes.get(), words.data(), environ);
    return failed == 0 ? Result<pid_t>(pid)
                       : Error(cannot_start, arguments.front() + ": " + std::strerror(failed));
}

}  // namespace

Result<Finished> run_program(const std::vector<std::string>& arguments) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        return Error(cannot_start, std::strerror(errno));
    }
    Actions actions;
    actions.both_streams_to(ends[1]);
    const auto pid = spawn(arguments, actions);
    ::close(ends[1]);
    Finished out;
    if (pid) {
        std::array<char, 4096> piece{};
        for (ssize_t got = 0; (got = read(ends[0], piece.data(), piece.size())) != 0;) {
            if (got > 0) {
                out.output.append(piece.data(), static_cast<std::size_t>(got));
            } else if (errno != EINTR) {
                break;
            }
        }
    }
    ::close(ends[0]);
    if (!pid) {
        return pid.error();
    }
    int status = 0;
    while (waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
    }
    out.exit_code = exit_code_of(status);
    return out;
}

Result<Child> Child::start(const std::vector<std::string>& arguments,
                           const std::filesystem::path& output) {
    Actions actions;
    actions.both_streams_to(output.c_str());
    CHOPMARK_ASSIGN(const pid_t pid, spawn(arguments, actions));
    return Child(pid);
}

Child& Child::operator=(Child&& other) noexcept {
    if (this != &other) {
        stop();
        pid_ = other.pid_;
        other.pid_ = -1;
    }
    return *this;
}

Child::~Child() { stop(); }

std::optional<int> Child::ended() {
    int status = 0;
    if (pid_ < 0 || waitpid(pid_, &status, WNOHANG) != pid_) {
        return std::nullopt;
    }
    pid_ = -1;
    return exit_code_of(status);
}

int Child::stop() {
    if (pid_ < 0) {
        return 0;
    }
    ::kill(pid_, SIGTERM);
    const auto until = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < until) {
        if (const auto code = ended()) {
            return *code;
        }
        std::this_thread::sleep_for(look_pause);
    }
    kill();
    return 128 + SIGKILL;
}

void Child::kill() {
    if (pid_ < 0) {
        return;
    }
    ::kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
}

}  // namespace chopmark::sandbox
