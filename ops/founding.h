// Founds a deployment in a data folder, and opens one: genesis, node CA, node and keys, for the
// sandbox and for imports; other environments keep their CA elsewhere and are refused with
// keys.sandbox_only. Epoch keys are made where ops/epoch_keys.h says. The genesis document is
// written last, so what a crash interrupts has promised nothing yet and the next call completes it.
// One process at a time: the journal's lock, not this, keeps others out.
#pragma once

#include <memory>
#include <string>

#include "events/core/clock.h"
#include "events/crypto/p256.h"
#include "events/journal/opening_records.h"
#include "events/keys/genesis.h"
#include "events/keys/node_ca.h"
#include "ops/data_folder.h"
#include "ops/epoch_keys.h"

namespace chopmark::ops {

/// The folder holds a deployment of another environment, size or first operator.
inline constexpr Reason other_deployment{"founding.other_deployment", Kind::conflict};

struct Founded {
    keys::Genesis genesis;
    bool anew = false;  // by this call
};

/// Does nothing, and says so, when the folder is founded already as asked for.
/// founding.other_deployment when it is founded otherwise. Keys are drawn for ten years from
/// clock.now() on.
Result<Founded> found_data_folder(const DataFolder& folder, keys::Environment environment,
                                  std::uint16_t partitions, const crypto::P256Point& first_operator,
                                  const Clock& clock, Entropy& entropy);
bool is_founded(const DataFolder& folder);
/// keys.no_genesis when nothing was founded there, and no deployment joined.
Result<keys::Genesis> read_genesis(const DataFolder& folder);

/// What stands in a founded folder. May be moved; what the parts refer to stays where it is.
struct Opened {
    keys::Genesis genesis;
    std::unique_ptr<const keys::NodeCa> ca;
    std::unique_ptr<const keys::Node> node;
    std::unique_ptr<keys::Folder> key_folder;
    EpochKeys epochs;
    std::unique_ptr<keys::KeyRing> keys;

    /// What the journal stands on.
    [[nodiscard]] journal::Founding founding() const;
};

/// `endpoint` (host:port) is where this node is reached in this life; entropy must outlive what
/// comes back. keys.no_genesis when nothing was founded.
Result<Opened> open_data_folder(const DataFolder& folder, std::string endpoint, Entropy& entropy);

}  // namespace chopmark::ops
