#include "tests/kafka/faults/fault_brokers.h"

#include <unistd.h>

#include "ops/sandbox/process.h"
#include "tests/support/child_process.h"

namespace chopmark::test {
namespace {

using service::Json;

std::filesystem::path copy_of(const std::filesystem::path& folder, int broker) {
    return folder / std::to_string(broker);
}

}  // namespace

/// The tool's one line; what it complains of is on our own standard error.
Result<Json> FaultBrokers::ask(std::vector<std::string> words) {
    const std::string what = words.front();
    words.insert(words.begin(), std::string(CHOPMARK_SOURCE_DIR) + "/ops/broker/kafka");
    words.insert(words.end(), {"--json", "--dir", folder_.string()});
    ChildProcess child(words);
    const auto line = child.next_line();
    Json told = line ? Json::parse(*line, nullptr, /*allow_exceptions=*/false) : Json();
    if (child.wait() != 0 || !told.is_object()) {
        return Error(sandbox::cannot_start,
                     "ops/broker/kafka " + what +
                         " failed; if Java or Maven are missing, run ops/setup --kafka");
    }
    return told;
}

Result<void> FaultBrokers::command(const std::string& name, const Numbers& brokers) {
    std::vector<std::string> words{name};
    for (const int broker : brokers) {
        words.push_back(std::to_string(broker));
    }
    CHOPMARK_TRY(ask(std::move(words)));
    return {};
}

Result<FaultBrokers> FaultBrokers::up(const std::filesystem::path& folder, int port,
                                      const std::vector<std::string>& advertised) {
    FaultBrokers out(folder);
    std::vector<std::string> words{"up",      "--quick",
                                   "--nodes", std::to_string(count),
                                   "--port",  std::to_string(port),
                                   "--owner", std::to_string(::getpid())};
    for (const std::string& group : advertised) {
        words.emplace_back("--advertise");
        words.push_back(group);
    }
    CHOPMARK_ASSIGN(const Json told, out.ask(std::move(words)));
    out.bootstrap_ = told.value("bootstrap", "");
    return out;
}

Result<void> FaultBrokers::copy(const std::filesystem::path& into) {
    std::error_code ignored;
    std::filesystem::create_directories(into, ignored);
    for (const int broker : all()) {
        CHOPMARK_TRY(ask({"copy", std::to_string(broker), copy_of(into, broker).string()}));
    }
    return {};
}

Result<void> FaultBrokers::restore(const std::filesystem::path& from) {
    for (const int broker : all()) {
        CHOPMARK_TRY(ask({"restore", std::to_string(broker), copy_of(from, broker).string()}));
    }
    return {};
}

Result<void> FaultBrokers::settle() {
    CHOPMARK_TRY(ask({"wait", "--in-sync"}));
    return {};
}

Result<int> FaultBrokers::leader_of(const std::string& topic, int partition) {
    CHOPMARK_ASSIGN(const Json told, ask({"status"}));
    for (const Json& one : told.value("topics", Json::array())) {
        if (one.value("topic", "") != topic) {
            continue;
        }
        for (const Json& part : one.value("partitions", Json::array())) {
            if (part.value("partition", -1) == partition) {
                return part.value("leader", -1);
            }
        }
    }
    return Error(sandbox::cannot_start, "nobody leads " + topic);
}

}  // namespace chopmark::test
