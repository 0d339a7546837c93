// Any bytes as what lies in the key folder – genesis, sealed key file, the key material inside it –
// and as the edge of a tree: refused, or of one encoding.
#include "events/keys/file_epoch_store.h"
#include "events/keys/genesis.h"
#include "events/keys/key_file.h"
#include "events/schema/genesis.pb.h"
#include "events/tlog/merkle.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/simulated.h"

namespace {

using chopmark::ByteView;
using chopmark::ensure;
namespace keys = chopmark::keys;

/// A file that nobody sealed opens for nobody, whatever it says.
void check_key_file(ByteView input) {
    static keys::MemoryFolder epochs;
    static chopmark::test::SeededEntropy entropy(5);
    static auto store =
        keys::FileEpochStore::open(epochs, entropy, chopmark::schema::SANDBOX).value();
    static const bool created = store.create(keys::Epoch(1)).has_value();
    ensure(created);
    keys::MemoryFolder folder;
    ensure(folder.write("keys.1", input).has_value());
    ensure(keys::list_key_files(folder).value().size() == 1);
    const auto read = keys::read_key_file(folder, store, keys::Epoch(1));
    ensure(!read && read.error() == keys::bad_key_file, "a forged key file is no key file");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = chopmark::fuzz::bytes_of(data, size);
    if (const auto genesis = keys::Genesis::read(input)) {
        ensure(genesis->document() == input, "one encoding");
        const auto made = keys::Genesis::make(genesis->facts());
        ensure(made && made->document() == input, "its facts give the same document");
    }
    if (const auto material = keys::KeyMaterial::decode(input)) {
        ensure(material->encode().reveal() == input, "one encoding");
    }
    if (const auto edge = chopmark::tlog::RightEdge::decode(input)) {
        ensure(edge->encode() == input, "one encoding");
        static_cast<void>(edge->head());
    }
    check_key_file(input);
    return 0;
}
