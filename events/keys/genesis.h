// The genesis of a deployment: what it is, said once, before the first record. The document's bytes
// (events/schema/genesis.proto) are stored in record 0 of control; their SHA-256 is the genesis
// hash that every partition is pinned to. Hash and compare the bytes; never serialise again.
#pragma once

#include <string>

#include "events/crypto/p256.h"
#include "events/keys/environment.h"
#include "events/keys/folder.h"
#include "events/keys/key_ring.h"

namespace chopmark::keys {

/// A field that no genesis may have; the detail names it.
inline constexpr Reason bad_genesis{"keys.bad_genesis", Kind::invalid};
/// The folder has a genesis already.
inline constexpr Reason genesis_exists{"keys.genesis_exists", Kind::conflict};
inline constexpr Reason no_genesis{"keys.no_genesis", Kind::not_found};

struct GenesisFacts {
    Environment environment{};
    std::uint16_t partitions = 16;  // citizen partitions P
    /// Of the control log; other partitions add "/n". Names the environment unless it is
    /// production, so that a sandbox receipt can never be taken for a real one.
    std::string origin;
    Bytes node_ca_certificate;  // X.509 DER
    KeyCommitments commitments;
    crypto::P256Point first_operator;
    Instant created_at;

    friend bool operator==(const GenesisFacts&, const GenesisFacts&) = default;
};

class Genesis {
  public:
    /// keys.bad_genesis.
    static Result<Genesis> make(GenesisFacts facts);
    /// keys.bad_genesis also for a document that says the same in other bytes, or says more.
    static Result<Genesis> read(ByteView document);

    [[nodiscard]] const GenesisFacts& facts() const { return facts_; }
    [[nodiscard]] const Bytes& document() const { return document_; }
    [[nodiscard]] const Digest& hash() const { return hash_; }

  private:
    Genesis(GenesisFacts facts, Bytes document);
    GenesisFacts facts_;
    Bytes document_;
    Digest hash_;
};

/// Writes the document, durably, into a folder that has none: keys.genesis_exists.
Result<void> create_genesis(Folder& folder, const Genesis& genesis);
/// keys.no_genesis when the folder has none.
Result<Genesis> open_genesis(const Folder& folder);

}  // namespace chopmark::keys
