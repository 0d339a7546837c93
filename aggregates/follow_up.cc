#include "aggregates/follow_up.h"

#include "events/crypto/digest.h"

namespace chopmark {

CommandId follow_up_id(const EventId& cause, std::string_view name) {
    return CommandId(crypto::sha256({cause.bytes(), name}).array());
}

}  // namespace chopmark
