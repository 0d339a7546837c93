#include "gateways/node/desk_wire.h"

#include "aggregates/runtime/command_wire_message.h"

namespace chopmark::node {

namespace wire = runtime::wire;

Bytes encode_scan(const ScanQuestion& question) { return wire::encode_message(question); }
Result<ScanQuestion> decode_scan(ByteView bytes) {
    return wire::decode_message<ScanQuestion>(bytes);
}

Bytes encode_claimed(const Result<service::ClaimedLogin>& claimed) {
    return wire::encode_answer(claimed);
}
Result<service::ClaimedLogin> decode_claimed(ByteView bytes) {
    return wire::decode_answer<service::ClaimedLogin>(bytes);
}

}  // namespace chopmark::node
