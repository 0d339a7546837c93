// The laws of covers for any set of erasures: the erased can be derived by nobody, everyone else
// keeps the key they had, the cover stays as small as the method promises, and the order of the
// erasures does not matter.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <set>

#include "events/keys/key_tree.h"

namespace chopmark::keys {
namespace {

// Indices that crowd together as well as far ones: neighbours share most of their path.
rc::Gen<KeyIndex> any_index() {
    return rc::gen::map(
        rc::gen::oneOf(rc::gen::inRange<std::uint64_t>(0, 64),
                       rc::gen::inRange<std::uint64_t>(tree_leaves - 64, tree_leaves),
                       rc::gen::inRange<std::uint64_t>(0, tree_leaves)),
        [](std::uint64_t value) { return KeyIndex(value); });
}

rc::Gen<std::set<KeyIndex>> any_indices() {
    return rc::gen::nonEmpty(rc::gen::container<std::set<KeyIndex>>(any_index()));
}

Cover whole() { return Cover::whole(crypto::Secret32::from(Bytes(32, 'r'))); }

std::vector<KeyIndex> listed(const std::set<KeyIndex>& indices) {
    return {indices.begin(), indices.end()};
}

Bytes encoded(const Cover& cover) {
    Bytes out;
    cover.append_to(out);
    return out;
}

RC_GTEST_PROP(KeyTreeProperty, TheErasedAreNeverDerivable, ()) {
    const auto erased = *any_indices();
    Cover cover = whole();
    RC_ASSERT(cover.erase(listed(erased)) == erased.size());
    for (const KeyIndex index : erased) {
        RC_ASSERT(!cover.leaf(index).has_value());
    }
    // Nor is any key on their way from the root: it would be a node of the stored cover.
    const Bytes stored = encoded(cover);
    for (const KeyIndex index : erased) {
        crypto::Secret32 key = crypto::Secret32::from(Bytes(32, 'r'));
        for (unsigned depth = 0; depth <= tree_depth; ++depth) {
            RC_ASSERT(stored.find(key.reveal()) == Bytes::npos);
            if (depth < tree_depth) {
                key = child_key(key, ((index.value() >> (tree_depth - 1 - depth)) & 1) != 0);
            }
        }
    }
}

RC_GTEST_PROP(KeyTreeProperty, EveryoneElseKeepsTheirKey, ()) {
    const auto erased = *any_indices();
    const auto others = *any_indices();
    Cover cover = whole();
    cover.erase(listed(erased));
    for (const KeyIndex index : others) {
        if (!erased.contains(index)) {
            RC_ASSERT(cover.leaf(index)->reveal() == whole().leaf(index)->reveal());
        }
    }
}

RC_GTEST_PROP(KeyTreeProperty, ACoverIsAtMostKTimesLogNOverK, ()) {
    const auto erased = *any_indices();
    Cover cover = whole();
    cover.erase(listed(erased));
    const auto k = static_cast<double>(erased.size());
    RC_ASSERT(static_cast<double>(cover.size()) <=
              k * std::log2(static_cast<double>(tree_leaves) / k) + 1e-6);
}

RC_GTEST_PROP(KeyTreeProperty, TheOrderOfErasuresDoesNotMatter, ()) {
    const auto first = *any_indices();
    const auto second = *any_indices();
    Cover one_by_one = whole();
    for (const KeyIndex index : second) {
        one_by_one.erase({index});
    }
    one_by_one.erase(listed(first));
    Cover at_once = whole();
    auto all = listed(first);
    all.insert(all.end(), second.begin(), second.end());
    at_once.erase(all);
    RC_ASSERT(encoded(one_by_one) == encoded(at_once));
}

RC_GTEST_PROP(KeyTreeProperty, ACoverIsReadBackAsItWasWritten, ()) {
    Cover cover = whole();
    cover.erase(listed(*any_indices()));
    const Bytes stored = encoded(cover);
    ByteView rest = stored;
    const auto read = Cover::take_from(rest);
    RC_ASSERT(read.has_value());
    RC_ASSERT(rest.empty());
    RC_ASSERT(encoded(*read) == stored);
}

}  // namespace
}  // namespace chopmark::keys
