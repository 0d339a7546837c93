// What the rows of the security gateway read and answer, by their names; put to them by
// SecurityGateway::routes(). Pure data.
#pragma once

#include "gateways/http/schema_words.h"

namespace chopmark::security {

std::vector<http::words::RowSchema> security_schemas();

}  // namespace chopmark::security
