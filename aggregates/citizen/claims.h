// The salted digest of what a relying party was told, in the leaf: with salt and claims in hand, a
// receipt proves client, transaction, outcome and time without any box (design 4). Whoever renders
// the answer draws the salt and makes the digest before the command.
#pragma once

#include "events/core/ids.h"

namespace chopmark::citizen {

/// A zero digest says that nothing was told.
template <class Leaf>
void put_claims(Leaf& leaf, const Digest& claims) {
    if (!claims.is_zero()) {
        leaf.mutable_head()->set_claims(claims.to_bytes());
    }
}

}  // namespace chopmark::citizen
