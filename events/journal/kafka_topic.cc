#include "events/journal/kafka_topic.h"

#include <charconv>

#include "events/core/limits.h"
#include "events/journal/journal.h"

namespace chopmark::journal::kafka {
namespace {

// One record in its envelope, and nothing else in its batch.
constexpr std::uint64_t smallest_message_bytes = limits::leaf_bytes + limits::boxes_bytes + 4096;

std::string value_of(const TopicFacts& facts, const std::string& name) {
    const auto found = facts.settings.find(name);
    return found == facts.settings.end() ? "" : found->second;
}

std::uint64_t number_of(const std::string& text) {
    std::uint64_t out = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
    return parsed.ec == std::errc() ? out : 0;
}

std::string fault(const std::string& name, const std::string& is, const std::string& must) {
    return name + " is " + (is.empty() ? "unknown" : is) + ", must be " + must;
}

}  // namespace

TopicFacts wanted_topic(const TopicRules& rules) {
    TopicFacts out{std::size_t{rules.partitions} + 1, rules.replication, {}};
    out.settings = {{"min.insync.replicas", std::to_string(rules.min_insync)},
                    {"unclean.leader.election.enable", "false"},
                    {"compression.type", "producer"}};
    if (rules.kept == Kept::everything) {
        out.settings.insert(
            {{"cleanup.policy", "delete"}, {"retention.ms", "-1"}, {"retention.bytes", "-1"}});
    } else {
        out.settings["cleanup.policy"] = "compact";
    }
    if (rules.replication == 1) {
        // "All replicas" is one page cache: only a sync keeps what was acknowledged.
        out.settings["flush.messages"] = "1";
    }
    return out;
}

std::vector<std::string> topic_faults(const TopicRules& rules, const TopicFacts& facts) {
    std::vector<std::string> out;
    const std::size_t partitions = std::size_t{rules.partitions} + 1;
    if (facts.partitions != partitions) {
        out.push_back(fault("number of partitions", std::to_string(facts.partitions),
                            std::to_string(partitions)));
    }
    if (facts.replication < rules.replication) {
        out.push_back(fault("replication factor", std::to_string(facts.replication),
                            std::to_string(rules.replication) + " or more"));
    }
    for (const auto& [name, wanted] : wanted_topic(rules).settings) {
        const std::string is = value_of(facts, name);
        const bool at_least = name == "min.insync.replicas";
        const bool good = at_least ? number_of(is) >= number_of(wanted) : is == wanted;
        if (!good && !(name == "compression.type" && is == "uncompressed")) {
            out.push_back(fault(name, is, at_least ? wanted + " or more" : wanted));
        }
    }
    const std::string largest = value_of(facts, "max.message.bytes");
    if (number_of(largest) < smallest_message_bytes) {
        out.push_back(fault("max.message.bytes", largest,
                            std::to_string(smallest_message_bytes) + " or more"));
    }
    return out;
}

Result<void> check_topic(const TopicRules& rules, const TopicFacts& facts) {
    const auto faults = topic_faults(rules, facts);
    if (faults.empty()) {
        return {};
    }
    std::string all;
    for (const std::string& one : faults) {
        all += (all.empty() ? "" : "; ") + one;
    }
    const bool foreign = facts.partitions != std::size_t{rules.partitions} + 1;
    return Error(foreign ? foreign_log : topic_unsafe, all);
}

Result<void> create_topic(const Settings& client, const TopicRules& rules, const Log& log,
                          Duration wait) {
    CHOPMARK_ASSIGN(const auto admin, Admin::open(client, log));
    CHOPMARK_TRY(admin->create(rules.topic, wanted_topic(rules), wait));
    const Deadline until = within(wait);
    for (;;) {
        // Just made, it is known to the controller before it is known to every broker.
        const auto facts = admin->describe(rules.topic, wait);
        if (facts) {
            return check_topic(rules, *facts);
        }
        if (passed(until)) {
            return facts.error();
        }
    }
}

}  // namespace chopmark::journal::kafka
