#include "tests/kafka/faults/fault_node.h"

#include <signal.h>

#include <sstream>

#include "ops/sandbox/state_file.h"

namespace chopmark::test {
namespace {

constexpr std::size_t output_shown = 3000;
constexpr std::string_view served_metric = "chopmark_partition_served{partition=\"";

}  // namespace

Result<void> FaultNode::start(const Program& program) {
    std::vector<std::string> arguments = program.under;
    arguments.insert(arguments.end(),
                     {std::string(CHOPMARK_BINARY_DIR) + "/" + program.name, "--config",
                      place_.config.string(), "--ports", std::to_string(place_.ports)});
    CHOPMARK_ASSIGN(child_, sandbox::Child::start(arguments, place_.output));
    return {};
}

void FaultNode::kill() {
    if (child_) {
        child_->kill();
    }
    child_.reset();
}

void FaultNode::leave() {
    if (child_) {
        child_->stop();
    }
    child_.reset();
}

void FaultNode::pause() const {
    if (child_) {
        ::kill(child_->pid(), SIGSTOP);
    }
}

void FaultNode::resume() const {
    if (child_) {
        ::kill(child_->pid(), SIGCONT);
    }
}

std::optional<int> FaultNode::fell() {
    const auto code = child_ ? child_->ended() : std::nullopt;
    if (code) {
        child_.reset();
    }
    return code;
}

bool FaultNode::ready() const {
    for (int port = gateways().rp(); port <= gateways().admin(); ++port) {
        const auto answer = sandbox::Caller(port, "127.0.0.1", "chopmark").get("/health/ready");
        if (!answer || !answer->good()) {
            return false;
        }
    }
    return true;
}

std::string FaultNode::readiness() const {
    const auto answer =
        sandbox::Caller(gateways().admin(), "127.0.0.1", "chopmark").get("/health/ready");
    return answer ? answer->body : std::string();
}

std::string FaultNode::metrics() const {
    const auto answer =
        sandbox::Caller(gateways().admin(), "127.0.0.1", "chopmark").get("/metrics");
    return answer && answer->good() ? answer->body : std::string();
}

std::set<int> FaultNode::served() const {
    std::set<int> out;
    std::istringstream lines(metrics());
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(served_metric) && line.ends_with(" 1")) {
            out.insert(std::stoi(line.substr(served_metric.size())));
        }
    }
    return out;
}

std::optional<double> FaultNode::figure(const std::string& name) const {
    std::istringstream lines(metrics());
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(name + " ")) {
            return std::stod(line.substr(name.size() + 1));
        }
    }
    return std::nullopt;
}

std::string FaultNode::last_words() const {
    std::istringstream lines(sandbox::read_file(place_.output).value_or(""));
    std::string text;
    for (std::string line; std::getline(lines, line);) {
        if (line.find("\"http.request\"") == std::string::npos) {
            text += line + "\n";
        }
    }
    return text.size() > output_shown ? text.substr(text.size() - output_shown) : text;
}

}  // namespace chopmark::test
