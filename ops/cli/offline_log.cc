#include "ops/cli/offline_log.h"

#include "events/journal/tails.h"
#include "events/keys/file_epoch_store.h"
#include "ops/epoch_keys.h"

namespace chopmark::cli {
namespace {

bool is_folder(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::is_directory(path, ignored);
}

Result<keys::Genesis> genesis_in_control(const journal::RecordSource& source) {
    CHOPMARK_ASSIGN(const Bytes stored, journal::stored_at(source, control_partition, Sequence(0)));
    return genesis_in_record(stored,
                             {journal::damaged, "control does not begin with a genesis document"});
}

Result<keys::Genesis> genesis_of(const ops::DataFolder& folder,
                                 const journal::RecordSource& source) {
    if (!is_folder(folder.genesis())) {
        return genesis_in_control(source);
    }
    CHOPMARK_ASSIGN(const auto there, keys::DiskFolder::open(folder.genesis()));
    return keys::open_genesis(there);
}

Result<void> copy_files(const std::filesystem::path& from, keys::Folder& to) {
    if (!is_folder(from)) {
        return Error(no_keys, from.string());
    }
    CHOPMARK_ASSIGN(const auto folder, keys::DiskFolder::open(from));
    CHOPMARK_ASSIGN(const auto names, folder.list());
    for (const auto& name : names) {
        CHOPMARK_ASSIGN(const Bytes bytes, folder.read(name));
        CHOPMARK_TRY(to.write(name, bytes));
    }
    return {};
}

/// A token cannot be copied: it is looked at, while a node may be at work in it.
class LookedAt final : public keys::EpochStore {
  public:
    explicit LookedAt(std::unique_ptr<keys::EpochStore> token) : token_(std::move(token)) {}
    Result<void> create(keys::Epoch) override { return Error(keys::store_failed, "read only"); }
    Result<Bytes> wrap(keys::Epoch, const crypto::Secret32&) override {
        return Error(keys::store_failed, "read only");
    }
    Result<crypto::Secret32> unwrap(keys::Epoch epoch, ByteView wrapped) override {
        return token_->unwrap(epoch, wrapped);
    }
    /// What seems left behind by a crash may be what that node has just made.
    Result<void> destroy(keys::Epoch) override { return {}; }
    Result<std::vector<keys::Epoch>> list() override { return token_->list(); }

  private:
    const std::unique_ptr<keys::EpochStore> token_;
};

}  // namespace

Result<keys::Genesis> genesis_in_record(ByteView stored, Error otherwise) {
    CHOPMARK_ASSIGN(const auto record, record::view_record(stored));
    const auto opened =
        record.leaf.size() < record::prelude_bytes
            ? std::nullopt
            : journal::decode_partition_opened(record.leaf.substr(record::prelude_bytes));
    return opened ? keys::Genesis::read(opened->document)
                  : Result<keys::Genesis>(std::move(otherwise));
}

Result<OfflineLog> open_offline_log(const ops::DataFolder& folder,
                                    const std::optional<Digest>& pinned) {
    CHOPMARK_ASSIGN(auto reader, journal::OfflineReader::open(folder.journal().string()));
    CHOPMARK_ASSIGN(keys::Genesis genesis, genesis_of(folder, *reader));
    if (pinned && *pinned != genesis.hash()) {
        return Error(other_genesis, genesis.hash().hex());
    }
    if (genesis.facts().partitions != reader->partitions()) {
        return Error(journal::damaged, "the genesis document names another number of partitions");
    }
    CHOPMARK_ASSIGN(keys::NodeCa ca,
                    keys::NodeCa::from_certificate(genesis.facts().node_ca_certificate));
    return OfflineLog{std::move(genesis), std::move(ca), std::move(reader)};
}

Result<std::unique_ptr<OfflineKeys>> OfflineKeys::open(const ops::DataFolder& folder,
                                                       const keys::Genesis& genesis) {
    std::unique_ptr<OfflineKeys> out(new OfflineKeys());
    CHOPMARK_TRY(copy_files(folder.keys(), out->key_files_));
    CHOPMARK_ASSIGN(keys::EpochStore* const epochs,
                    out->open_epochs(folder, genesis.facts().environment));
    CHOPMARK_ASSIGN(out->ring_, keys::KeyRing::open({out->key_files_, *epochs, out->entropy_},
                                                    genesis.facts().commitments));
    return out;
}

Result<keys::EpochStore*> OfflineKeys::open_epochs(const ops::DataFolder& folder,
                                                   keys::Environment environment) {
    CHOPMARK_ASSIGN(ops::EpochKeys there, ops::open_epoch_keys(folder, environment, entropy_));
    if (there.files == nullptr) {
        epochs_ = std::make_unique<LookedAt>(std::move(there.store));
        return epochs_.get();
    }
    CHOPMARK_TRY(copy_files(folder.epochs(), epoch_files_));
    CHOPMARK_ASSIGN(auto copy, keys::FileEpochStore::open(epoch_files_, entropy_, environment));
    epochs_ = std::make_unique<keys::FileEpochStore>(std::move(copy));
    return epochs_.get();
}

}  // namespace chopmark::cli
