// What the rows of the channel gateway read and answer, by their names; put to them by
// ChannelGateway::routes(). Pure data.
#pragma once

#include "gateways/http/schema_words.h"

namespace chopmark::channel {

std::vector<http::words::RowSchema> channel_schemas();

}  // namespace chopmark::channel
