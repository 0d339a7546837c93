#include "events/journal/embedded_tuning.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include "events/journal/withdrawal_index.h"

namespace chopmark::journal {

rocksdb::DBOptions database_options(const EmbeddedStore::Options& options, EmbeddedStore::Mode mode,
                                    rocksdb::Env& env) {
    rocksdb::DBOptions out;
    out.env = &env;
    // The default, point-in-time, drops acknowledged records behind damage without a word.
    out.wal_recovery_mode = mode == EmbeddedStore::Mode::tolerate_tail
                                ? rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords
                                : rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    // What recovery read may still be in the page cache alone: sort it into synced files first.
    out.avoid_flush_during_recovery = false;
    // A log file that vanished, or shrank after it was closed, is noticed.
    out.track_and_verify_wals_in_manifest = true;
    // Never resume in place: the journal closes, reopens and begins another term.
    out.max_bgerror_resume_count = 0;
    // An idle partition would pin every log since its last record.
    out.max_total_wal_size = options.wal_bytes;
    // Seventeen partitions with buffers of their own would take a gigabyte.
    out.write_buffer_manager =
        std::make_shared<rocksdb::WriteBufferManager>(options.write_buffers_bytes);
    // One committer: the machinery for several writers only costs.
    out.allow_concurrent_memtable_write = false;
    out.enable_write_thread_adaptive_yield = false;
    out.max_background_jobs = 2;
    out.max_open_files = 1024;
    out.keep_log_file_num = 4;
    out.max_log_file_size = 1 << 20;
    out.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
    return out;
}

rocksdb::ColumnFamilyOptions partition_options(const EmbeddedStore::Options& options) {
    rocksdb::ColumnFamilyOptions out;
    out.write_buffer_size = options.write_buffer_bytes;
    // More than two may be reordered after a failed flush (7.8.3, fixed in 7.9).
    out.max_write_buffer_number = 2;
    out.arena_block_size = 128 << 10;
    // Sealed boxes do not compress; digests do not either.
    out.compression = rocksdb::kNoCompression;
    out.bottommost_compression = rocksdb::kDisableCompressionOption;
    // Keys only grow, so files never overlap and move down the levels without being rewritten:
    // there is no debt of compaction to wait for, and a wait would be a wait of every citizen.
    out.level0_slowdown_writes_trigger = 1000;
    out.level0_stop_writes_trigger = 2000;
    out.soft_pending_compaction_bytes_limit = 0;
    out.hard_pending_compaction_bytes_limit = 0;
    out.table_properties_collector_factories = {withdrawal_collectors()};

    rocksdb::BlockBasedTableOptions table;
    table.block_size = 16 << 10;
    table.checksum = rocksdb::kXXH3;
    table.cache_index_and_filter_blocks = true;
    table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
    out.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return out;
}

}  // namespace chopmark::journal
