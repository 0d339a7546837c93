// How RocksDB is set up under a journal, each setting with its reason beside it. Includes RocksDB;
// for embedded_store.cc only.
#pragma once

#include <rocksdb/options.h>

#include "events/journal/embedded_store.h"

namespace chopmark::journal {

rocksdb::DBOptions database_options(const EmbeddedStore::Options& options, EmbeddedStore::Mode mode,
                                    rocksdb::Env& env);
rocksdb::ColumnFamilyOptions partition_options(const EmbeddedStore::Options& options);

}  // namespace chopmark::journal
