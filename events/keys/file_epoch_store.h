// Epoch keys as files, one a key. For the sandbox and imports only, and refused elsewhere: a
// deleted file proves nothing, since the disk may keep its blocks. With a MemoryFolder it is the
// simulation's store.
#pragma once

#include "events/core/entropy.h"
#include "events/keys/environment.h"
#include "events/keys/epoch_store.h"
#include "events/keys/folder.h"

namespace chopmark::keys {

class FileEpochStore final : public EpochStore {
  public:
    /// keys.sandbox_only in another environment. Folder and entropy must outlive the store.
    static Result<FileEpochStore> open(Folder& folder, Entropy& entropy, Environment environment);

    Result<void> create(Epoch epoch) override;
    Result<Bytes> wrap(Epoch epoch, const crypto::Secret32& data_key) override;
    Result<crypto::Secret32> unwrap(Epoch epoch, ByteView wrapped) override;
    Result<void> destroy(Epoch epoch) override;
    Result<std::vector<Epoch>> list() override;

  private:
    FileEpochStore(Folder& folder, Entropy& entropy) : folder_(&folder), entropy_(&entropy) {}
    Result<crypto::Secret32> load(Epoch epoch);

    Folder* folder_;
    Entropy* entropy_;
};

}  // namespace chopmark::keys
