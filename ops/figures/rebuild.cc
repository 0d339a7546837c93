// All views made anew from the long journal, as `view rebuild` does it: opened, folded slot by
// slot, written as sorted runs. Bare writes the very rows that came of it, sorted already and in
// memory, with SstFileWriter on as many threads, into files of the same shape (blocks, filters,
// checksums: rocks_rows.cc), and ingests them. Processor time is told besides: it is what remains
// comparable while others use the machine.
#include "events/fold/rebuild.h"

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <sys/resource.h>

#include <atomic>
#include <thread>

#include "events/fold/event_index.h"
#include "events/fold/rocks_rows.h"
#include "ops/figures/figure.h"
#include "ops/figures/history.h"
#include "projections/views.h"

namespace chopmark::figures {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr double ratio_wanted = 0.5;
constexpr unsigned threads = 2;
constexpr std::size_t run_bytes = 64 << 20;

double seconds_since(SteadyClock::time_point begin) {
    return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

/// Of all threads of this process, in user and kernel mode.
double processor_seconds() {
    rusage used{};
    static_cast<void>(::getrusage(RUSAGE_SELF, &used));
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// Rows that one file gets, end to end: key length, value length, key, value.
struct SortedRows {
    std::size_t table = 0;
    Bytes bytes;
};

struct Rows {
    std::vector<SortedRows> runs;
    std::size_t tables = 0;
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;
};

Result<Rows> read_rows(const fold::RowStore& store, const std::vector<fold::TablePtr>& tables) {
    Rows out;
    out.tables = tables.size();
    for (std::size_t t = 0; t < tables.size(); ++t) {
        out.runs.push_back({t, {}});
        const auto cursor = store.latest().scan(*tables[t], fold::KeyRange::all());
        for (; cursor->valid(); cursor->next()) {
            if (out.runs.back().bytes.size() > run_bytes) {
                out.runs.push_back({t, {}});
            }
            Bytes& to = out.runs.back().bytes;
            append_big_endian(to, static_cast<std::uint32_t>(cursor->key().size()));
            append_big_endian(to, static_cast<std::uint32_t>(cursor->value().size()));
            to += cursor->key();
            to += cursor->value();
            ++out.number;
            out.bytes += cursor->key().size() + cursor->value().size();
        }
        CHOPMARK_TRY(cursor->status());
        if (out.runs.back().bytes.empty()) {
            out.runs.pop_back();
        }
    }
    return out;
}

Result<void> done(const rocksdb::Status& status) {
    return status.ok() ? Result<void>() : Result<void>(Error(not_written, status.ToString()));
}

Result<void> write_run(const rocksdb::Options& options, const std::string& path, ByteView bytes) {
    rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), options);
    CHOPMARK_TRY(done(writer.Open(path)));
    while (!bytes.empty()) {
        const auto key = get_big_endian<std::uint32_t>(bytes);
        const auto value = get_big_endian<std::uint32_t>(bytes, 4);
        bytes.remove_prefix(8);
        CHOPMARK_TRY(done(writer.Put(rocksdb::Slice(bytes.data(), key),
                                     rocksdb::Slice(bytes.data() + key, value))));
        bytes.remove_prefix(std::size_t{key} + value);
    }
    return done(writer.Finish());
}

/// Files first, side by side; then each table takes its own.
Result<void> ingest(const Rows& rows, const std::filesystem::path& folder) {
    rocksdb::BlockBasedTableOptions table;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.block_size = 8 * 1024;
    table.format_version = 5;
    table.checksum = rocksdb::kXXH3;
    rocksdb::Options options;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    options.create_if_missing = true;
    options.compression = rocksdb::kNoCompression;
    rocksdb::DB* opened = nullptr;
    CHOPMARK_TRY(done(rocksdb::DB::Open(options, (folder / "db").string(), &opened)));
    const std::unique_ptr<rocksdb::DB> db(opened);
    std::vector<std::vector<std::string>> files(rows.tables);
    for (std::size_t i = 0; i < rows.runs.size(); ++i) {
        files[rows.runs[i].table].push_back((folder / (std::to_string(i) + ".sst")).string());
    }
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};
    std::vector<std::thread> writers;
    for (unsigned t = 0; t < threads; ++t) {
        writers.emplace_back([&] {
            for (std::size_t i = next++; i < rows.runs.size(); i = next++) {
                const std::string path = (folder / (std::to_string(i) + ".sst")).string();
                if (!write_run(options, path, rows.runs[i].bytes)) {
                    failed = true;
                }
            }
        });
    }
    for (std::thread& writer : writers) {
        writer.join();
    }
    if (failed) {
        return Error(not_written, folder.string());
    }
    rocksdb::IngestExternalFileOptions moving;
    moving.move_files = true;
    moving.write_global_seqno = false;
    for (std::size_t t = 0; t < files.size(); ++t) {
        if (files[t].empty()) {
            continue;
        }
        rocksdb::ColumnFamilyHandle* family = nullptr;
        CHOPMARK_TRY(done(db->CreateColumnFamily(options, std::to_string(t), &family)));
        const auto status = db->IngestExternalFile(family, files[t], moving);
        db->DestroyColumnFamilyHandle(family).PermitUncheckedError();
        CHOPMARK_TRY(done(status));
    }
    return {};
}

/// One rebuild into a fresh store.
class Rebuilt {
  public:
    static Result<std::unique_ptr<Rebuilt>> run(Bench& bench, LogHome& home) {
        auto out = std::make_unique<Rebuilt>();
        out->folder_ = bench.make_folder("rebuild");
        fold::RocksRows::Options options;
        options.directory = out->folder_ / "rows";
        CHOPMARK_ASSIGN(out->store_, fold::RocksRows::open_store(options));
        CHOPMARK_ASSIGN(out->tables_, fold::LiveTables::open(*out->store_));
        std::vector<fold::Runner::Assigned> assigned;
        const auto assign = [&](const fold::View* view) -> Result<void> {
            CHOPMARK_ASSIGN(auto table, out->tables_->make_beside(view->name(), view->version()));
            out->made_.push_back(table);
            assigned.push_back({view, std::move(table)});
            return {};
        };
        CHOPMARK_TRY(assign(&out->index_));
        for (const fold::View* view : out->views_.all()) {
            CHOPMARK_TRY(assign(view));
        }
        fold::Positions upto;
        for (std::uint16_t p = 0; p <= home.partitions(); ++p) {
            CHOPMARK_ASSIGN(const auto head, home.journal().head(PartitionId(p)));
            upto.set(PartitionId(p), head.next);
            out->records += head.next.value();
        }
        fold::BuildOptions building;
        building.scratch = out->folder_ / "scratch";
        building.threads = threads;
        const double used = processor_seconds();
        const auto begin = SteadyClock::now();
        CHOPMARK_ASSIGN(out->report,
                        fold::build({home.journal(), *out->tables_, home.vault(), home.clock()},
                                    assigned, upto, building));
        out->seconds = seconds_since(begin);
        out->processor = processor_seconds() - used;
        return out;
    }
    ~Rebuilt() {
        made_.clear();
        tables_.reset();
        store_.reset();
        Bench::remove(folder_);
    }

    Result<Rows> rows() const { return read_rows(*store_, made_); }

    fold::BuildReport report;
    std::uint64_t records = 0;
    double seconds = 0;
    double processor = 0;

  private:
    std::filesystem::path folder_;
    fold::EventIndex index_;
    projections::Views views_;
    std::unique_ptr<fold::RowStore> store_;
    std::unique_ptr<fold::LiveTables> tables_;
    std::vector<fold::TablePtr> made_;
};

}  // namespace

Result<void> measure_rebuild(Bench& bench) {
    CHOPMARK_ASSIGN(History * history, bench.history());
    LogHome& home = history->home();
    CHOPMARK_TRY(home.reopen());
    std::vector<double> ours;
    std::vector<double> bare;
    std::string note;
    for (unsigned round = 0; round < bench.settings.rounds; ++round) {
        CHOPMARK_ASSIGN(auto rebuilt, Rebuilt::run(bench, home));
        const auto records = static_cast<double>(rebuilt->records);
        ours.push_back(records / rebuilt->seconds);
        CHOPMARK_ASSIGN(const Rows rows, rebuilt->rows());
        const double our_processor = rebuilt->processor;
        rebuilt.reset();
        const auto folder = bench.make_folder("ingest");
        const double used = processor_seconds();
        const auto begin = SteadyClock::now();
        CHOPMARK_TRY(ingest(rows, folder));
        bare.push_back(records / seconds_since(begin));
        const double bare_processor = processor_seconds() - used;
        Bench::remove(folder);
        note = fmt::format(
            "{:.0f} records, {} rows of {} MB; last round ours {:.1f} s, of processors {:.1f}, "
            "bare "
            "{:.1f} s, of processors {:.1f}: ratio {:.2f}",
            records, rows.number, rows.bytes >> 20, records / ours.back(), our_processor,
            records / bare.back(), bare_processor, bare_processor / our_processor);
    }
    home.close();
    Row row;
    row.name = "rebuild";
    row.variant = fmt::format("all views, {} threads", threads);
    row.value = median(ours);
    row.unit = "events/s";
    row.bare = median(bare);
    row.reach = Reach::ratio(ratio_wanted);
    row.note = note;
    bench.report.add(std::move(row));
    return {};
}

}  // namespace chopmark::figures
