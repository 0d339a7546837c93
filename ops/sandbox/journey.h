// The journey through the whole platform, as the people in it take it: 24 steps over HTTP against a
// real daemon, each with checks of its own, one readable line a step. It owns the daemon – starts
// it, kills it, starts it again – and nothing else. With brokers it walks the same steps over two
// nodes of a Kafka cluster, and kills one of them on the way. What outlives a run lies in
// DATA/sandbox/journey; every run issues its citizens new cards, so any number of runs may follow
// one another on the same data.
#pragma once

#include <filesystem>
#include <ostream>

#include "events/core/entropy.h"
#include "ops/sandbox/caller.h"

namespace chopmark::sandbox {

inline constexpr Reason step_failed{"sandbox.step_failed", Kind::refused};

struct JourneyOptions {
    std::filesystem::path daemon;  // chopmarkd
    std::filesystem::path tool;    // chopmark, for its commands about the log
    std::filesystem::path data = "chopmark-data";
    std::filesystem::path auth_log;  // a real sign-in log to be imported
    Gateways gateways;
    std::string brokers;  // of a Kafka cluster, with commas; empty: one node, and none
    bool fresh = false;   // clears the data folder first
    bool once = false;    // leaves at the end; else stays until SIGINT or SIGTERM
};

/// The number of steps that failed; an error if there was no journey at all.
Result<int> run_journey(const JourneyOptions& options, Entropy& entropy, std::ostream& out);

}  // namespace chopmark::sandbox
