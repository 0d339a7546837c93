// Holds a live answer against the OpenAPI document its process serves.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/http_client.h"

namespace chopmark::http_test {

/// What in the answer to `method path` the document does not promise: an unknown operation, an
/// undocumented status, another content type, a body against its schema. Empty: nothing.
std::vector<std::string> openapi_violations(const std::string& document, std::string_view method,
                                            std::string_view path, const Seen& answer);

}  // namespace chopmark::http_test
