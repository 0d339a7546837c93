#include "ops/sandbox/daemon.h"

#include <fmt/format.h>

#include <thread>

#include "ops/sandbox/state_file.h"

namespace chopmark::sandbox {
namespace {

constexpr std::chrono::seconds start_patience{120};
constexpr std::chrono::milliseconds look_pause{100};
constexpr std::size_t output_shown = 1500;

}  // namespace

Daemon::Daemon(std::vector<std::string> arguments, std::filesystem::path output, int base)
    : arguments_(std::move(arguments)), output_(std::move(output)), gateways_{base} {}

Daemon Daemon::alone(const std::filesystem::path& program, const std::filesystem::path& data,
                     int base) {
    return {
        {program.string(), "--sandbox", "--data", data.string(), "--ports", std::to_string(base)},
        data.string() + ".log",
        base};
}

bool Daemon::answers() const {
    for (int port = gateways_.rp(); port <= gateways_.admin(); ++port) {
        const auto answer = Caller(port, "127.0.0.1", "chopmark").get("/health/ready");
        if (!answer || !answer->good()) {
            return false;
        }
    }
    return true;
}

Error Daemon::failure(const std::string& what) const {
    const std::string text = read_file(output_).value_or("");
    const std::string end =
        text.size() > output_shown ? text.substr(text.size() - output_shown) : text;
    return {not_ready, what + "; its last words:\n" + end};
}

Result<void> Daemon::start() {
    if (answers()) {
        return Error(not_ready,
                     fmt::format("another daemon listens on ports {} to {} already; --ports BASE "
                                 "takes others",
                                 gateways_.rp(), gateways_.admin()));
    }
    std::error_code ignored;  // then the child cannot be started, and says why
    std::filesystem::create_directories(output_.parent_path(), ignored);
    CHOPMARK_ASSIGN(child_, Child::start(arguments_, output_));
    const auto until = std::chrono::steady_clock::now() + start_patience;
    while (std::chrono::steady_clock::now() < until) {
        if (const auto code = child_->ended()) {
            child_.reset();
            return failure(fmt::format("it left with code {}", *code));
        }
        if (answers()) {
            return {};
        }
        std::this_thread::sleep_for(look_pause);
    }
    stop();
    return failure("it was not ready in time");
}

bool Daemon::runs() {
    if (child_ && child_->ended()) {
        child_.reset();
    }
    return child_.has_value();
}

int Daemon::stop() {
    const int code = child_ ? child_->stop() : 0;
    child_.reset();
    return code;
}

void Daemon::kill() {
    if (child_) {
        child_->kill();
    }
    child_.reset();
}

}  // namespace chopmark::sandbox
