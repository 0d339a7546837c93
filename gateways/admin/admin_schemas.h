// What the rows of the admin gateway read and answer, by their names; put to them by
// AdminGateway::routes(). Pure data.
#pragma once

#include "gateways/http/schema_words.h"

namespace chopmark::admin {

std::vector<http::words::RowSchema> admin_schemas();

}  // namespace chopmark::admin
