// What a node keeps, opened in the order in which one part leans on another: genesis and keys,
// rows, the journal – which asks the rows how far they had come, since the loss of a tail is
// invisible in itself – then the secrets. Members are destroyed in the reverse order. Nothing here
// runs. The journal mends itself after an error of its disk; rows are mended by recover_rows().
#pragma once

#include <memory>

#include "events/fold/live_tables.h"
#include "events/fold/rocks_rows.h"
#include "events/journal/embedded.h"
#include "events/journal/kafka_journal.h"
#include "events/keys/key_vault.h"
#include "events/keys/rsa_key_pool.h"
#include "events/keys/secret_rows.h"
#include "gateways/keyport/link.h"
#include "ops/config/config.h"
#include "ops/founding.h"

namespace chopmark::ops {

inline constexpr Reason nothing_on_disk{"storage.nothing_on_disk", Kind::refused};

class Storage {
  public:
    /// The other nodes' mirrors, as soon as they can be asked; null until then.
    using Peers = std::function<journal::PeerTails*()>;
    /// Opens a founded folder. `endpoint` is where other nodes reach this one; `kafka_log` is told
    /// what the client of a cluster has to say. `peers` is called whenever a term is opened.
    static Result<std::unique_ptr<Storage>> open(const config::Config& config,
                                                 const DataFolder& folder, std::string endpoint,
                                                 const Clock& clock, Entropy& entropy,
                                                 journal::kafka::Log kafka_log = nullptr,
                                                 Peers peers = nullptr);
    ~Storage();

    [[nodiscard]] const keys::Genesis& genesis() const { return opened_.genesis; }
    [[nodiscard]] const keys::Node& node() const { return *opened_.node; }
    [[nodiscard]] const keys::NodeCa& authority() const { return *opened_.ca; }
    [[nodiscard]] keys::KeyRing& ring() { return *opened_.keys; }
    [[nodiscard]] const keys::EventVault& vault() const { return *vault_; }
    [[nodiscard]] fold::RowStore& rows() { return *rows_; }
    [[nodiscard]] fold::LiveTables& tables() { return *tables_; }
    [[nodiscard]] journal::Journal& journal() { return *journal_; }
    /// Null where nobody else can write to the journal's store.
    [[nodiscard]] const journal::SkippedSource* skipped() const { return skipped_; }
    /// Null where no nodes share the journal.
    [[nodiscard]] journal::KafkaJournal* kafka() { return kafka_; }
    [[nodiscard]] bool shares_journal() const { return kafka_ != nullptr; }

    /// Opens the rows again after an error of their disk; see fold::RocksRows::recover. Blocks for
    /// as long as that takes.
    Result<void> recover_rows();
    /// Times that it did.
    [[nodiscard]] std::uint64_t row_recoveries() const;

    /// Rows and journal as they are now into two folders that must not exist, the rows first, so
    /// that the journal is never behind them. storage.nothing_on_disk.
    Result<void> checkpoint(const std::filesystem::path& rows,
                            const std::filesystem::path& journal) const;
    /// The rows came from another node's checkpoint, and this start has to finish their checks; see
    /// ops/checkpoint/arrival.h.
    [[nodiscard]] bool rows_arrived() const { return rows_arrived_; }

    [[nodiscard]] keys::KeyPort& key_port() { return *key_port_; }
    [[nodiscard]] keys::PasswordStore& passwords() { return *passwords_; }
    /// Null where the keys are made by a key port elsewhere.
    [[nodiscard]] const keys::RsaKeyPool* rsa_keys() const { return rsa_keys_.get(); }

  private:
    explicit Storage(Opened opened) : opened_(std::move(opened)) {}
    Result<void> open_rows(const config::Config& config, const DataFolder& folder);
    Result<void> open_journal(const config::Config& config, const DataFolder& folder,
                              const Clock& clock, Entropy& entropy, journal::kafka::Log kafka_log,
                              Peers peers);
    Result<void> open_kafka(const config::Config& config, const DataFolder& folder,
                            const journal::Surroundings& around, journal::kafka::Log kafka_log,
                            Peers peers);
    Result<void> reach_key_port(const config::KeyPortConfig& where, const DataFolder& folder);
    Result<void> open_secrets(const config::Config& config, const DataFolder& folder,
                              Entropy& entropy);

    Opened opened_;
    std::unique_ptr<keys::KeyVault> vault_;
    std::unique_ptr<fold::RowStore> rows_;
    fold::RocksRows* rocks_ = nullptr;  // rows_, where it is that
    std::unique_ptr<fold::LiveTables> tables_;
    std::unique_ptr<journal::Journal> journal_;
    const journal::SkippedSource* skipped_ = nullptr;  // journal_, where it is that
    journal::KafkaJournal* kafka_ = nullptr;           // likewise
    journal::EmbeddedJournal* embedded_ = nullptr;     // likewise
    bool rows_arrived_ = false;
    std::unique_ptr<keys::SecretRows> secrets_;
    std::unique_ptr<keys::RsaKeyPool> rsa_keys_;
    std::unique_ptr<keyport::Link> link_;  // to the key port, where that is another process
    std::unique_ptr<keys::KeyPort> key_port_;
    std::unique_ptr<keys::PasswordStore> passwords_;
};

}  // namespace chopmark::ops
