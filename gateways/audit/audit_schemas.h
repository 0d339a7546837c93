// What the rows of the audit gateway read and answer, by their names; put to them by
// AuditGateway::routes(). Pure data.
#pragma once

#include "gateways/http/schema_words.h"

namespace chopmark::audit {

std::vector<http::words::RowSchema> audit_schemas();

}  // namespace chopmark::audit
