#include "ops/cli/log_verify.h"

#include <fmt/format.h>

#include <chrono>

#include "events/core/clock.h"
#include "events/verify/log_verifier.h"
#include "ops/cli/console.h"
#include "ops/cli/offline_log.h"

namespace chopmark::cli {
namespace {

using nlohmann::ordered_json;
using Seconds = std::chrono::duration<double>;

inline constexpr Reason bad_genesis_hash{"log.bad_genesis_hash", Kind::invalid};

struct Verified {
    verify::Report report;
    Digest genesis;
    std::string origin;
    bool readable = false;
    double seconds = 0;

    [[nodiscard]] bool good() const { return report.faults.empty(); }
    [[nodiscard]] std::uint64_t records() const {
        std::uint64_t sum = 0;
        for (const auto& partition : report.partitions) {
            sum += partition.counts.records;
        }
        return sum;
    }
    [[nodiscard]] std::uint64_t unvouched() const {
        std::uint64_t sum = 0;
        for (const auto& partition : report.partitions) {
            sum += partition.head.size - std::min(partition.vouched, partition.head.size);
        }
        return sum;
    }
};

Result<Verified> verify_folder(const VerifyOptions& options, Console& console) {
    const auto pinned = Digest::from_hex(options.genesis);
    if (!options.genesis.empty() && !pinned) {
        return Error(bad_genesis_hash, "64 hex digits");
    }
    const ops::DataFolder folder(options.data);
    CHOPMARK_ASSIGN(const OfflineLog log, open_offline_log(folder, pinned));
    std::unique_ptr<OfflineKeys> keys;
    if (options.readable) {
        CHOPMARK_ASSIGN(keys, OfflineKeys::open(folder, log.genesis));
    }
    verify::LogVerifier::Options how;
    how.ring = keys ? &keys->ring() : nullptr;
    const SystemClock clock;
    how.progress = [&](const verify::Progress& now) {
        console.progress("verifying", now.done, now.total, clock.now());
    };
    const auto begin = std::chrono::steady_clock::now();
    verify::LogVerifier verifier(*log.reader, log.genesis.hash(), log.ca, how);
    Verified out{verifier.run(), log.genesis.hash(), log.genesis.facts().origin, options.readable,
                 0};
    out.seconds = Seconds(std::chrono::steady_clock::now() - begin).count();
    console.clear_progress();
    return out;
}

ordered_json to_json(const verify::PartitionReport& partition) {
    const verify::PartitionCounts& counts = partition.counts;
    return {{"partition", partition.partition.value()},
            {"size", partition.head.size},
            {"root", partition.head.root.hex()},
            {"vouched", partition.vouched},
            {"terms", counts.terms},
            {"link_boxes", counts.link_boxes},
            {"personal_boxes", counts.personal_boxes},
            {"absent_boxes", counts.absent_boxes},
            {"bytes", counts.bytes},
            {"first_at", counts.first.millis()},
            {"last_at", counts.last.millis()}};
}

ordered_json to_json(const Verified& verified) {
    ordered_json out{{"good", verified.good()},           {"origin", verified.origin},
                     {"genesis", verified.genesis.hex()}, {"records", verified.records()},
                     {"cuts", verified.report.cuts},      {"unvouched", verified.unvouched()},
                     {"seconds", verified.seconds},       {"partitions", ordered_json::array()},
                     {"faults", ordered_json::array()}};
    for (const auto& partition : verified.report.partitions) {
        out["partitions"].push_back(to_json(partition));
    }
    for (const auto& fault : verified.report.faults) {
        out["faults"].push_back({{"partition", fault.partition.value()},
                                 {"sequence", fault.sequence.value()},
                                 {"kind", fault.reason.name},
                                 {"detail", fault.detail}});
    }
    const verify::BoxCounts& boxes = verified.report.boxes;
    if (verified.readable) {
        out["boxes"] = {{"opened", boxes.opened},
                        {"erased", boxes.erased},
                        {"erasure_in_progress", boxes.erasing},
                        {"expired", boxes.expired}};
    }
    if (boxes.unjudged > 0) {
        out["boxes"]["unjudged"] = boxes.unjudged;
    }
    return out;
}

void print_boxes(const Verified& verified, Console& console) {
    const verify::BoxCounts& boxes = verified.report.boxes;
    if (verified.readable) {
        console.line(fmt::format("boxes: {} opened, {} erased, {} erasure in progress, {} expired",
                                 grouped(boxes.opened), grouped(boxes.erased),
                                 grouped(boxes.erasing), grouped(boxes.expired)));
    }
    if (boxes.unjudged > 0) {
        console.line(fmt::format("boxes: {} absent that only --readable can judge",
                                 grouped(boxes.unjudged)));
    }
}

void print(const Verified& verified, Console& console) {
    console.line(fmt::format("log      {}", verified.origin));
    console.line(fmt::format("genesis  {}", verified.genesis.hex()));
    console.line("");
    console.line(fmt::format("{:>9} {:>13} {:>6} {:>13} {:>13} {:>13}  {}", "partition", "records",
                             "terms", "link boxes", "personal", "in cuts", "root"));
    for (const auto& each : verified.report.partitions) {
        console.line(fmt::format(
            "{:>9} {:>13} {:>6} {:>13} {:>13} {:>13}  {}", each.partition.value(),
            grouped(each.head.size), grouped(each.counts.terms), grouped(each.counts.link_boxes),
            grouped(each.counts.personal_boxes), grouped(each.vouched), each.head.root.hex()));
    }
    console.line("");
    print_boxes(verified, console);
    for (const auto& fault : verified.report.faults) {
        console.line("FAULT    " + to_string(fault));
    }
    const double rate =
        verified.seconds > 0 ? static_cast<double>(verified.records()) / verified.seconds : 0;
    console.line(fmt::format("{}     {} records, {} cuts, {:.2f} s, {} records/s",
                             verified.good() ? "good" : "BAD ", grouped(verified.records()),
                             grouped(verified.report.cuts), verified.seconds,
                             grouped(static_cast<std::uint64_t>(rate))));
    if (verified.good() && verified.unvouched() > 0) {
        console.line(fmt::format(
            "         {} record(s) lie behind the last cut: that none is missing there, only a\n"
            "         signed head or a witness can tell",
            grouped(verified.unvouched())));
    }
}

}  // namespace

void verify_log(const VerifyOptions& options, Console& console) {
    const auto verified = verify_folder(options, console);
    if (!verified) {
        console.fail(verified.error());
        return;
    }
    if (console.json()) {
        console.print(to_json(*verified));
    } else {
        print(*verified, console);
    }
    console.finish(verified->good() ? Exit::ok : Exit::fault);
}

}  // namespace chopmark::cli
