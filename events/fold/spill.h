// Records of one partition set aside by slot range, when they are too many to fold in memory at
// once. Written in order, read back in order, one file a bucket; gone with the object. What lies in
// the files is as sealed as in the journal. One thread.
//
//   file = (sequence:u64 leaf_hash:32 length:u32 stored)*     ; stored as in record/record.h
#pragma once

#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "events/journal/journal.h"

namespace chopmark::fold {

class Spill {
  public:
    /// Makes `buckets` files in `folder`, which must exist.
    static Result<std::unique_ptr<Spill>> open(const std::filesystem::path& folder,
                                               PartitionId partition, std::size_t buckets);
    ~Spill();
    Spill(const Spill&) = delete;
    Spill& operator=(const Spill&) = delete;

    Result<void> add(std::size_t bucket, const journal::Entry& entry);
    /// Gives back the records of a bucket; nothing can be added to it from then on.
    Result<void> read(std::size_t bucket,
                      const std::function<Result<void>(const journal::Entry&)>& visit);

  private:
    struct Close {
        void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
    };
    struct Bucket {
        std::filesystem::path path;
        std::unique_ptr<std::FILE, Close> file;
    };

    explicit Spill(PartitionId partition) : partition_(partition) {}

    PartitionId partition_;
    std::vector<Bucket> buckets_;
};

}  // namespace chopmark::fold
