#include "ops/storage.h"

#include "events/fold/memory_rows.h"
#include "events/fold/rocks_rows.h"
#include "events/journal/memory.h"
#include "events/keys/local_key_port.h"
#include "events/keys/local_passwords.h"
#include "gateways/keyport/remote_key_port.h"
#include "gateways/keyport/remote_passwords.h"
#include "ops/checkpoint/arrival.h"
#include "ops/config/read.h"
#include "ops/kafka_cluster.h"
#include "ops/keyport_files.h"

namespace chopmark::ops {
namespace {

/// How far rows of any kind had come: a journal that now ends before that has lost its end.
std::vector<journal::KnownHead> heads_in(const fold::LiveTables& tables) {
    std::vector<journal::KnownHead> heads;
    const auto furthest = fold::furthest_position(tables.store().latest(), *tables.positions());
    if (furthest) {
        for (const PartitionId partition : furthest->partitions()) {
            heads.push_back({partition, furthest->at(partition), "views"});
        }
    }
    return heads;
}

}  // namespace

Storage::~Storage() = default;

Result<std::unique_ptr<Storage>> Storage::open(const config::Config& config,
                                               const DataFolder& folder, std::string endpoint,
                                               const Clock& clock, Entropy& entropy,
                                               journal::kafka::Log kafka_log, Peers peers) {
    CHOPMARK_ASSIGN(Opened opened, open_data_folder(folder, std::move(endpoint), entropy));
    auto storage = std::unique_ptr<Storage>(new Storage(std::move(opened)));
    storage->vault_ = std::make_unique<keys::KeyVault>(storage->ring());
    CHOPMARK_TRY(storage->open_rows(config, folder));
    CHOPMARK_TRY(storage->open_journal(config, folder, clock, entropy, std::move(kafka_log),
                                       std::move(peers)));
    CHOPMARK_TRY(storage->open_secrets(config, folder, entropy));
    return storage;
}

Result<void> Storage::open_rows(const config::Config& config, const DataFolder& folder) {
    if (config.journal.back_end == config::BackEnd::memory) {
        rows_ = std::make_unique<fold::MemoryRows>(fold::MemoryRows::Options());
    } else {
        fold::RocksRows::Options options;
        options.directory = folder.rows();
        CHOPMARK_ASSIGN(auto rocks, fold::RocksRows::open_store(options));
        rocks_ = rocks.get();
        rows_ = std::move(rocks);
        rows_arrived_ = checkpoint::has_arrived(folder);
        if (rows_arrived_) {
            CHOPMARK_TRY(checkpoint::drop_unchecked(*rows_));
        }
    }
    CHOPMARK_ASSIGN(tables_, fold::LiveTables::open(*rows_));
    return {};
}

Result<void> Storage::recover_rows() {
    return rocks_ == nullptr ? Result<void>() : rocks_->recover();
}

std::uint64_t Storage::row_recoveries() const {
    return rocks_ == nullptr ? 0 : rocks_->recoveries();
}

Result<void> Storage::checkpoint(const std::filesystem::path& rows,
                                 const std::filesystem::path& journal) const {
    if (rocks_ == nullptr) {
        return nothing_on_disk;
    }
    CHOPMARK_TRY(rocks_->checkpoint(rows));
    return kafka_ != nullptr ? kafka_->checkpoint(journal.string())
                             : embedded_->checkpoint(journal.string());
}

Result<void> Storage::open_journal(const config::Config& config, const DataFolder& folder,
                                   const Clock& clock, Entropy& entropy,
                                   journal::kafka::Log kafka_log, Peers peers) {
    const journal::Surroundings around{*opened_.ca, *opened_.node, clock, entropy};
    if (config.journal.back_end == config::BackEnd::memory) {
        CHOPMARK_ASSIGN(auto memory,
                        journal::MemoryJournal::open(std::make_shared<journal::MemoryLog>(
                                                         opened_.genesis.facts().partitions),
                                                     opened_.founding(), around, {}));
        skipped_ = memory.get();
        journal_ = std::move(memory);
        return {};
    }
    if (config.journal.back_end == config::BackEnd::kafka) {
        return open_kafka(config, folder, around, std::move(kafka_log), std::move(peers));
    }
    journal::EmbeddedJournal::Options options;
    options.store.path = folder.journal();
    options.known_heads = [tables = tables_.get()] { return heads_in(*tables); };
    CHOPMARK_ASSIGN(auto embedded,
                    journal::EmbeddedJournal::open(options, opened_.founding(), around));
    embedded_ = embedded.get();
    journal_ = std::move(embedded);
    return {};
}

/// The mirror lies where an embedded journal would, and is one for whoever reads it offline.
Result<void> Storage::open_kafka(const config::Config& config, const DataFolder& folder,
                                 const journal::Surroundings& around, journal::kafka::Log kafka_log,
                                 Peers peers) {
    journal::KafkaJournal::Options options;
    CHOPMARK_ASSIGN(options.client, kafka_client(config.kafka));
    options.topic = journal_topic(config.kafka, opened_.genesis.facts().partitions);
    options.mirror.store.path = folder.journal();
    options.restore_from_mirror = config.kafka.restore_from_mirror;
    options.log = std::move(kafka_log);
    options.peers = std::move(peers);
    CHOPMARK_ASSIGN(auto kafka, journal::KafkaJournal::open(options, opened_.founding(), around));
    kafka_ = kafka.get();
    skipped_ = kafka.get();
    journal_ = std::move(kafka);
    return {};
}

Result<void> Storage::reach_key_port(const config::KeyPortConfig& where, const DataFolder& folder) {
    keyport::LinkOptions options;
    options.address = where.address;
    const auto node = NodeId::from_hex(where.node);
    if (!node) {
        return Error(config::refused, "keyport.node must be 32 hex digits");
    }
    options.node = *node;
    CHOPMARK_ASSIGN(options.files, node_files(folder, opened_.genesis));
    link_ = std::make_unique<keyport::Link>(std::move(options));
    key_port_ = std::make_unique<keyport::RemoteKeyPort>(*link_);
    passwords_ = std::make_unique<keyport::RemotePasswords>(*link_);
    return {};
}

Result<void> Storage::open_secrets(const config::Config& config, const DataFolder& folder,
                                   Entropy& entropy) {
    if (!config.keyport.address.empty()) {
        return reach_key_port(config.keyport, folder);
    }
    if (config.journal.back_end == config::BackEnd::memory) {
        secrets_ = std::make_unique<keys::MemorySecretRows>();
    } else {
        CHOPMARK_ASSIGN(
            secrets_, keys::RocksSecretRows::open(
                          folder.secrets(), ring().material()->root(keys::Root::storage), entropy));
    }
    rsa_keys_ = std::make_unique<keys::RsaKeyPool>(keys::RsaKeyPool::Options{});
    key_port_ = std::make_unique<keys::LocalKeyPort>(*secrets_, *rsa_keys_);
    passwords_ = std::make_unique<keys::LocalPasswords>(*secrets_);
    return {};
}

}  // namespace chopmark::ops
