// Answers of commands and queries in JSON. A command is answered from the event it became, so a
// repetition is answered alike; the answer names the event and, in `Chopmark-Position`, the
// position that a later query may ask for. An event that records a refusal is answered as the
// problem it is.
#pragma once

#include <functional>
#include <memory>

#include "aggregates/runtime/receipt.h"
#include "gateways/http/reply.h"
#include "gateways/service/json_body.h"
#include "gateways/service/queries.h"

namespace chopmark::app {

using service::Json;

httplib::Response json_response(const Json& body);

/// Members `event` and `recorded_at` are added to `body`.
httplib::Response receipt_response(const service::Queries& queries, const runtime::Receipt& receipt,
                                   Json body);

/// Shared, because what holds it goes through queues that copy.
using SharedReply = std::shared_ptr<http::Reply>;
inline SharedReply share(http::Reply reply) {
    return std::make_shared<http::Reply>(std::move(reply));
}

/// The body of the answer to an accepted event, or why it is a refusal. Runs on a strand.
using Render = std::function<Result<Json>(const runtime::Receipt&)>;

/// Nothing to say but that it was recorded; refusals among the citizens' events are errors.
Result<Json> render_nothing(const runtime::Receipt& receipt);

/// RegistrationRefused and DeviceBindingRefused by the reason they recorded, expired requests by
/// theirs; void for all other events.
Result<void> check_recorded(const schema::Event& event);

/// The Answer that renders to `reply`.
runtime::Answer answer_to(const service::Queries& queries, SharedReply reply, Render render);

}  // namespace chopmark::app
