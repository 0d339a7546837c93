// Durable appends: records of 600 bytes, and the two records of a login, by one to 256 callers that
// each wait for the disk. Bare is the same bytes through the same queue into plain RocksDB.
#include <fmt/format.h>

#include "ops/figures/bare_log.h"
#include "ops/figures/clients.h"
#include "ops/figures/figure.h"
#include "ops/figures/history.h"
#include "ops/figures/plain_record.h"

namespace chopmark::figures {
namespace {

constexpr double ratio_wanted = 0.7;
constexpr unsigned client_numbers[] = {1, 16, 64, 256};

/// What a client sends, in turn.
using Drafts = std::vector<record::Record>;

PartitionId partition_for(unsigned client, std::uint16_t partitions) {
    return PartitionId(static_cast<std::uint16_t>(1 + client % partitions));
}

class Sides {
  public:
    static Result<std::unique_ptr<Sides>> open(Bench& bench, unsigned clients) {
        auto sides = std::unique_ptr<Sides>(new Sides(clients));
        Clients& told = sides->clients_;
        sides->folders_ = {bench.make_folder("append"), bench.make_folder("append-bare")};
        CHOPMARK_ASSIGN(
            sides->home_,
            LogHome::make(
                sides->folders_[0],
                [&told](const journal::Entry& entry) { told.answer(client_of(entry)); }, false));
        CHOPMARK_ASSIGN(sides->bare_, BareLog::open(sides->folders_[1], [&told](unsigned client) {
                            told.answer(client);
                        }));
        return sides;
    }
    ~Sides() {
        home_.reset();
        bare_.reset();
        for (const auto& folder : folders_) {
            Bench::remove(folder);
        }
    }

    Result<void> prepare(bool logins) {
        const Instant at = home_->clock().now();
        for (unsigned client = 0; client < clients_.number(); ++client) {
            const PartitionId partition = partition_for(client, home_->partitions());
            Drafts drafts;
            if (logins) {
                CHOPMARK_ASSIGN(auto login, sample_login(*home_, partition));
                drafts = {std::move(login.approved), std::move(login.redeemed)};
            } else {
                drafts = {record_of_600_bytes(partition, client, at)};
            }
            std::vector<Bytes> stored;
            for (record::Record& draft : drafts) {
                name_client(draft, client);
                stored.push_back(record::encode(draft));
            }
            drafts_.push_back(std::move(drafts));
            stored_.push_back(std::move(stored));
        }
        turns_.assign(clients_.number(), 0);
        return {};
    }

    Clients::Outcome ours(const Settings& settings) {
        return clients_.run(
            [this](unsigned client) {
                const Drafts& drafts = drafts_[client];
                return home_
                    ->append(partition_for(client, home_->partitions()),
                             drafts[turns_[client]++ % drafts.size()])
                    .has_value();
            },
            settings.warm, settings.span);
    }
    Clients::Outcome bare(const Settings& settings) {
        return clients_.run(
            [this](unsigned client) {
                const auto& stored = stored_[client];
                return bare_->append(client, stored[turns_[client]++ % stored.size()]);
            },
            settings.warm, settings.span);
    }
    [[nodiscard]] std::string sizes() const {
        std::string out = "stored bytes";
        for (const Bytes& one : stored_.front()) {
            out += " " + std::to_string(one.size());
        }
        return out;
    }

  private:
    explicit Sides(unsigned clients) : clients_(clients) {}

    std::vector<std::filesystem::path> folders_;
    Clients clients_;
    std::unique_ptr<LogHome> home_;
    std::unique_ptr<BareLog> bare_;
    std::vector<Drafts> drafts_;  // by client
    std::vector<std::vector<Bytes>> stored_;
    std::vector<std::size_t> turns_;
};

Result<void> measure(Bench& bench, unsigned clients, bool logins) {
    CHOPMARK_ASSIGN(const auto sides, Sides::open(bench, clients));
    CHOPMARK_TRY(sides->prepare(logins));
    std::vector<double> ours;
    std::vector<double> bare;
    std::vector<Percentiles> our_waits;
    std::vector<Percentiles> bare_waits;
    for (unsigned round = 0; round < bench.settings.rounds; ++round) {
        const auto theirs = sides->bare(bench.settings);
        const auto own = sides->ours(bench.settings);
        ours.push_back(own.per_second);
        our_waits.push_back(own.waits);
        bare.push_back(theirs.per_second);
        bare_waits.push_back(theirs.waits);
    }
    Row row;
    row.name = "append";
    row.variant = fmt::format("{}, {} clients", logins ? "login" : "600 B", clients);
    row.value = median(ours);
    row.unit = "records/s";
    row.bare = median(bare);
    row.reach = Reach::ratio(ratio_wanted);
    row.waits = median(our_waits);
    row.bare_waits = median(bare_waits);
    row.note = logins ? sides->sizes() : "";
    bench.report.add(std::move(row));
    return {};
}

}  // namespace

Result<void> measure_append(Bench& bench) {
    for (const bool logins : {false, true}) {
        for (const unsigned clients : client_numbers) {
            CHOPMARK_TRY(measure(bench, clients, logins));
        }
    }
    return {};
}

}  // namespace chopmark::figures
