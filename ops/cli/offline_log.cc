#include "ops/cli/offline_log.h"

#include "events/journal/tails.h"

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
    CHOPMARK_TRY(copy_files(folder.epochs(), out->epoch_files_));
    CHOPMARK_ASSIGN(out->epochs_, keys::FileEpochStore::open(out->epoch_files_, out->entropy_,
                                                             genesis.facts().environment));
    CHOPMARK_ASSIGN(out->ring_, keys::KeyRing::open({out->key_files_, *out->epochs_, out->entropy_},
                                                    genesis.facts().commitments));
    return out;
}

}  // namespace chopmark::cli
