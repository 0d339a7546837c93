// `log verify` on one thread over the long journal, every cut checked; bare walks the same records
// and takes one SHA-256 of every leaf and box.
#include <fmt/format.h>

#include "events/crypto/digest.h"
#include "events/journal/reader.h"
#include "events/verify/log_verifier.h"
#include "ops/figures/figure.h"
#include "ops/figures/history.h"

namespace chopmark::figures {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr double ratio_wanted = 0.5;
inline constexpr Reason log_is_bad{"figures.log_is_bad", Kind::internal};

double seconds_since(SteadyClock::time_point begin) {
    return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

Result<std::uint64_t> hash_everything(const journal::RecordSource& source) {
    std::uint64_t records = 0;
    for (std::uint16_t p = 0; p <= source.partitions(); ++p) {
        const auto cursor = source.walk(PartitionId(p), Sequence(0));
        for (; cursor->valid(); cursor->next(), ++records) {
            CHOPMARK_ASSIGN(const auto record, record::view_record(cursor->stored()));
            static_cast<void>(crypto::sha256(record.leaf));
            for (const ByteView box : {record.link_box, record.personal_box}) {
                if (!box.empty()) {
                    static_cast<void>(crypto::sha256(box));
                }
            }
        }
        CHOPMARK_TRY(cursor->status());
    }
    return records;
}

}  // namespace

Result<void> measure_verify(Bench& bench) {
    CHOPMARK_ASSIGN(History * history, bench.history());
    LogHome& home = history->home();
    CHOPMARK_ASSIGN(const auto source,
                    journal::OfflineReader::open(home.folder().journal().string()));
    CHOPMARK_ASSIGN(std::uint64_t records, hash_everything(*source));  // into the page cache
    std::vector<double> ours;
    std::vector<double> bare;
    std::uint64_t cuts = 0;
    for (unsigned round = 0; round < bench.settings.rounds; ++round) {
        auto begin = SteadyClock::now();
        CHOPMARK_ASSIGN(records, hash_everything(*source));
        bare.push_back(static_cast<double>(records) / seconds_since(begin));
        begin = SteadyClock::now();
        verify::LogVerifier verifier(*source, home.opened().genesis.hash(), *home.opened().ca, {});
        const verify::Report report = verifier.run();
        ours.push_back(static_cast<double>(records) / seconds_since(begin));
        if (!report.faults.empty()) {
            return Error(log_is_bad, std::string(report.faults.front().detail));
        }
        cuts = report.cuts;
    }
    Row row;
    row.name = "verify";
    row.variant = "one core";
    row.value = median(ours);
    row.unit = "records/s";
    row.bare = median(bare);
    row.reach = Reach::ratio(ratio_wanted);
    row.note = fmt::format("{} records, {} cuts", records, cuts);
    bench.report.add(std::move(row));
    return {};
}

}  // namespace chopmark::figures
