// A small durable table of secrets, outside the journal because its rows change and go. Two
// adapters keep one contract (tests/contract/keys_secret_rows_contract.cc): RocksSecretRows, and
// MemorySecretRows for the simulation. Safe from any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "events/core/entropy.h"
#include "events/core/result.h"
#include "events/crypto/secret.h"

namespace chopmark::keys {

inline constexpr Reason rows_failed{"keyport.unavailable", Kind::unavailable};
/// A row that this key did not seal, or a damaged file.
inline constexpr Reason rows_damaged{"keyport.damaged", Kind::damaged};

class SecretRows {
  public:
    virtual ~SecretRows() = default;
    /// Durable on return.
    virtual Result<void> put(ByteView row, ByteView secret) = 0;
    /// Nothing when there is no such row.
    [[nodiscard]] virtual Result<std::optional<crypto::SecretBytes>> get(ByteView row) const = 0;
    /// Durable on return, and older bytes of the row are no longer in the store's files. No error
    /// when there is none.
    virtual Result<void> erase(ByteView row) = 0;
};

/// A RocksDB of its own, every write synced, every value sealed under the storage key:
///   value = nonce:12 AES-256-GCM(storage_key, nonce, aad = "chopmark/secret-row/1" ‖ row, secret)
/// The file system may keep blocks of deleted files; they are sealed, and an HSM is the answer
/// where that is not enough.
class RocksSecretRows final : public SecretRows {
  public:
    /// Entropy draws nonces and must outlive the rows. keyport.unavailable when another process
    /// has the folder open.
    static Result<std::unique_ptr<RocksSecretRows>> open(const std::string& folder,
                                                         const crypto::Secret32& storage_key,
                                                         Entropy& entropy);
    ~RocksSecretRows() override;
    RocksSecretRows(const RocksSecretRows&) = delete;
    RocksSecretRows& operator=(const RocksSecretRows&) = delete;

    Result<void> put(ByteView row, ByteView secret) override;
    [[nodiscard]] Result<std::optional<crypto::SecretBytes>> get(ByteView row) const override;
    Result<void> erase(ByteView row) override;

  private:
    class Database;
    explicit RocksSecretRows(std::unique_ptr<Database> database);
    std::unique_ptr<Database> database_;
};

class MemorySecretRows final : public SecretRows {
  public:
    Result<void> put(ByteView row, ByteView secret) override;
    [[nodiscard]] Result<std::optional<crypto::SecretBytes>> get(ByteView row) const override;
    Result<void> erase(ByteView row) override;

  private:
    mutable std::mutex mutex_;
    std::map<Bytes, crypto::SecretBytes, std::less<>> rows_;
};

}  // namespace chopmark::keys
