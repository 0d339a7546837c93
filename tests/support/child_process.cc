#include "tests/support/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "events/core/ensure.h"

namespace chopmark::test {

ChildProcess::ChildProcess(const std::vector<std::string>& program_and_arguments) {
    std::vector<char*> arguments;
    for (const std::string& argument : program_and_arguments) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    int ends[2];
    ensure(::pipe2(ends, O_CLOEXEC) == 0, "a pipe");
    pid_ = ::fork();
    ensure(pid_ >= 0, "a child process");
    if (pid_ == 0) {
        ::dup2(ends[1], STDOUT_FILENO);
        ::execv(arguments[0], arguments.data());
        ::_exit(127);
    }
    ::close(ends[1]);
    output_ = ends[0];
}

ChildProcess::~ChildProcess() {
    if (pid_ > 0) {
        kill();
        wait();
    }
    ::close(output_);
}

std::optional<std::string> ChildProcess::next_line() {
    for (;;) {
        if (const auto end = pending_.find('\n'); end != std::string::npos) {
            std::string line = pending_.substr(0, end);
            pending_.erase(0, end + 1);
            return line;
        }
        char buffer[65536];
        const ssize_t got = ::read(output_, buffer, sizeof buffer);
        if (got > 0) {
            pending_.append(buffer, static_cast<std::size_t>(got));
        } else if (got == 0 || errno != EINTR) {
            return std::nullopt;
        }
    }
}

void ChildProcess::kill() { ::kill(pid_, SIGKILL); }

int ChildProcess::wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

std::uint64_t number_from_environment(const char* name, std::uint64_t usual) {
    const char* const text = std::getenv(name);
    const std::uint64_t value = text != nullptr ? std::strtoull(text, nullptr, 10) : usual;
    std::printf("%s=%llu\n", name, static_cast<unsigned long long>(value));
    return value;
}

}  // namespace chopmark::test
