// What a citizen has done at a terminal: an account made, raised, resumed, closed, its password
// set, a phone put on it or taken off.
#pragma once

#include "gateways/channel/terminal_call.h"

namespace chopmark::channel {

/// `context` must outlive the rows.
std::vector<http::Route> visit_routes(const ChannelContext& context);

}  // namespace chopmark::channel
