#include "ops/figures/bare_log.h"

#include <rocksdb/db.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "events/core/ensure.h"
#include "events/core/limits.h"
#include "ops/figures/report.h"

namespace chopmark::figures {
namespace {

Result<std::unique_ptr<rocksdb::DB>> open_bare(const std::filesystem::path& folder) {
    rocksdb::Options options;
    options.create_if_missing = true;
    // As under the journal: sealed boxes do not compress, one committer needs no machinery.
    options.compression = rocksdb::kNoCompression;
    options.write_buffer_size = 64 << 20;
    options.allow_concurrent_memtable_write = false;
    options.enable_write_thread_adaptive_yield = false;
    options.level0_slowdown_writes_trigger = 1000;
    options.level0_stop_writes_trigger = 2000;
    rocksdb::DB* opened = nullptr;
    const auto status = rocksdb::DB::Open(options, folder.string(), &opened);
    return status.ok() ? Result<std::unique_ptr<rocksdb::DB>>(opened)
                       : Error(not_written, status.ToString());
}

void put(rocksdb::WriteBatch& batch, std::uint64_t number, ByteView value) {
    ByteArray<8> key{};
    put_big_endian(reinterpret_cast<char*>(key.data()), number);
    batch
        .Put(rocksdb::Slice(view(key).data(), key.size()),
             rocksdb::Slice(value.data(), value.size()))
        .PermitUncheckedError();
}

}  // namespace

struct BareLog::Parts {
    struct Draft {
        unsigned client;
        Bytes value;
    };

    void run();
    bool take(std::vector<Draft>& drafts);

    std::unique_ptr<rocksdb::DB> db;
    Written written;
    std::mutex mutex;
    std::condition_variable came;
    std::deque<Draft> queue;
    bool stop = false;
    std::uint64_t next = 0;  // committer's own
    std::thread committer;
};

bool BareLog::Parts::take(std::vector<Draft>& drafts) {
    drafts.clear();
    std::unique_lock lock(mutex);
    came.wait(lock, [this] { return stop || !queue.empty(); });
    std::size_t bytes = 0;
    while (!queue.empty() && drafts.size() < limits::batch_records) {
        bytes += queue.front().value.size();
        if (!drafts.empty() && bytes > limits::batch_bytes) {
            break;
        }
        drafts.push_back(std::move(queue.front()));
        queue.pop_front();
    }
    return !stop;
}

void BareLog::Parts::run() {
    std::vector<Draft> drafts;
    rocksdb::WriteOptions synced;
    synced.sync = true;
    rocksdb::WriteBatch batch;
    while (take(drafts)) {
        batch.Clear();
        for (const Draft& draft : drafts) {
            put(batch, next++, draft.value);
        }
        ensure(db->Write(synced, &batch).ok(), "the scratch disk takes what is measured");
        for (const Draft& draft : drafts) {
            written(draft.client);
        }
    }
}

Result<std::unique_ptr<BareLog>> BareLog::open(const std::filesystem::path& folder,
                                               Written written) {
    auto parts = std::make_unique<Parts>();
    CHOPMARK_ASSIGN(parts->db, open_bare(folder));
    parts->written = std::move(written);
    parts->committer = std::thread([own = parts.get()] { own->run(); });
    return std::unique_ptr<BareLog>(new BareLog(std::move(parts)));
}

BareLog::BareLog(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

BareLog::~BareLog() {
    {
        const std::lock_guard lock(parts_->mutex);
        parts_->stop = true;
    }
    parts_->came.notify_all();
    parts_->committer.join();
}

bool BareLog::append(unsigned client, Bytes value) {
    const std::lock_guard lock(parts_->mutex);
    if (parts_->queue.size() >= limits::append_queue_records) {
        return false;
    }
    parts_->queue.push_back({client, std::move(value)});
    if (parts_->queue.size() == 1) {
        parts_->came.notify_one();
    }
    return true;
}

struct BareKeep::Parts {
    std::unique_ptr<rocksdb::DB> db;
    rocksdb::WriteBatch batch;
    std::uint64_t next = 0;
};

Result<std::unique_ptr<BareKeep>> BareKeep::open(const std::filesystem::path& folder) {
    auto parts = std::make_unique<Parts>();
    CHOPMARK_ASSIGN(parts->db, open_bare(folder));
    return std::unique_ptr<BareKeep>(new BareKeep(std::move(parts)));
}

BareKeep::BareKeep(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
BareKeep::~BareKeep() = default;

void BareKeep::add(ByteView value) { put(parts_->batch, parts_->next++, value); }

void BareKeep::write() {
    ensure(parts_->db->Write({}, &parts_->batch).ok(), "the scratch disk takes what is measured");
    parts_->batch.Clear();
}

}  // namespace chopmark::figures
