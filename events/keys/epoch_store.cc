#include "events/keys/epoch_store.h"

namespace chopmark::keys {

Bytes wrapping_additional(Epoch epoch) {
    Bytes out = "chopmark/epoch/1";
    append_big_endian(out, epoch.value());
    return out;
}

}  // namespace chopmark::keys
