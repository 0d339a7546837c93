#include "tests/crash/service_node.h"

#include <unistd.h>

#include <thread>

#include "events/core/clock.h"
#include "events/core/ensure.h"
#include "ops/sandbox/process.h"

namespace chopmark::test {
namespace {

namespace fs = std::filesystem;
using sandbox::Json;

std::string program(const char* name) { return std::string(CHOPMARK_BINARY_DIR) + "/" + name; }

/// A kill does not lose what was written; so memory will do, where there is such a folder.
std::string memory_folder() {
    const fs::path memory = "/dev/shm";
    const fs::path base = fs::is_directory(memory) ? memory : fs::temp_directory_path();
    std::string name = (base / "chopmark-service.XXXXXX").string();
    ensure(::mkdtemp(name.data()) != nullptr, "a folder for the crash test");
    return name;
}

/// Of this process alone, most likely; a daemon that finds them taken says so.
sandbox::Gateways ports() {
    constexpr int first = 24000;
    constexpr int groups = 700;
    constexpr int apart = 10;
    return {first + apart * (::getpid() % groups)};
}

}  // namespace

ServiceNode::ServiceNode()
    : folder_(memory_folder()),
      gateways_(ports()),
      data_(fs::path(folder_) / "data"),
      daemon_(sandbox::Daemon::alone(program("chopmarkd"), data_.root(), gateways_.base)),
      offices_(folder_) {}

ServiceNode::~ServiceNode() {
    daemon_.kill();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

Result<void> ServiceNode::start() { return daemon_.start(); }

void ServiceNode::kill() { daemon_.kill(); }

void ServiceNode::kill_at_start(std::chrono::microseconds later) {
    auto child =
        sandbox::Child::start({program("chopmarkd"), "--sandbox", "--data", data_.root().string(),
                               "--ports", std::to_string(gateways_.base)},
                              fs::path(folder_) / "starting.log");
    ensure(child.has_value(), "the daemon can be started");
    std::this_thread::sleep_for(later);
    child->kill();
}

Result<sandbox::StaffClient> ServiceNode::operator_client() {
    return sandbox::StaffClient::load(data_.root() / "sandbox" / "first_operator.key", gateways_,
                                      entropy_);
}

Result<void> ServiceNode::found() {
    CHOPMARK_ASSIGN(auto first, operator_client());
    return offices_.found(first, gateways_, entropy_);
}

Result<std::string> ServiceNode::differing_views() {
    CHOPMARK_ASSIGN(auto admin, operator_client());
    return test::differing_views(admin);
}

Result<std::string> ServiceNode::bad_log() {
    CHOPMARK_ASSIGN(const Json report, verified_log(program("chopmark"), data_));
    return report.value("good", false) ? std::string() : report.dump();
}

Result<std::set<Raised>> ServiceNode::found_in_one_go() {
    config::Config config;
    config.node.data = data_.root().string();
    const SystemClock clock;
    CHOPMARK_ASSIGN(const auto storage,
                    ops::Storage::open(config, data_, "http://127.0.0.1:1", clock, entropy_));
    return test::found_in_one_go(*storage);
}

}  // namespace chopmark::test
