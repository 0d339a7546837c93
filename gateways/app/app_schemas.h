// What the rows of the app gateway read and answer, by their names; put to them by
// AppGateway::routes(). Card and chip are read alike at terminals. Pure data.
#pragma once

#include "gateways/http/schema_words.h"

namespace chopmark::app {

std::vector<http::words::RowSchema> app_schemas();

/// Members `card` and `chip` of a request.
http::words::Member card_member();
http::words::Member chip_member();

}  // namespace chopmark::app
