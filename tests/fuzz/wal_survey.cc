// Any bytes as a write-ahead log file of RocksDB: surveyed without a crash, the same with keys and
// without, and damage lies where it is said to.
#include "events/journal/wal_survey.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include "tests/fuzz/fuzz_input.h"

namespace {

using chopmark::ensure;
namespace journal = chopmark::journal;

constexpr const char* folder = "/wal";
constexpr const char* file = "/wal/000007.log";

rocksdb::Env& memory() {
    static const std::unique_ptr<rocksdb::Env> made(rocksdb::NewMemEnv(rocksdb::Env::Default()));
    return *made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ensure(memory().CreateDirIfMissing(folder).ok());
    ensure(rocksdb::WriteStringToFile(&memory(), {reinterpret_cast<const char*>(data), size}, file)
               .ok());
    const auto files = memory().GetFileSystem();
    const auto bare = journal::survey_wals(*files, folder, false);
    const auto full = journal::survey_wals(*files, folder, true);
    ensure(bare && full && bare->size() == 1 && full->size() == 1, "one file, one survey");
    const journal::WalSurvey& survey = full->front();
    ensure(survey.number == 7 && bare->front().keys.empty());
    ensure(bare->front().batches >= survey.batches, "keys may find more damage, never less");
    if (bare->front().damaged_at) {
        ensure(survey.damaged_at && *survey.damaged_at <= *bare->front().damaged_at);
    }
    if (survey.damaged_at) {
        ensure(*survey.damaged_at <= size, "damage lies in the file");
    }
    if (survey.batch_behind_at) {
        ensure(survey.damaged_at && *survey.batch_behind_at > *survey.damaged_at &&
                   *survey.batch_behind_at < size,
               "and what lies behind it, behind it");
    }
    ensure(survey.keys_behind.empty() || survey.batch_behind_at, "no key behind without a batch");
    return 0;
}
