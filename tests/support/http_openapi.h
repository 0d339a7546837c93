// Holds a live answer against the OpenAPI document its process serves, or, where a gateway is
// called without a front, against its row.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "gateways/http/route.h"
#include "tests/support/http_client.h"

namespace chopmark::http_test {

/// What in the answer to `method path` the document does not promise: an unknown operation, an
/// undocumented status, another content type, a body against its schema. Empty: nothing.
std::vector<std::string> openapi_violations(const std::string& document, std::string_view method,
                                            std::string_view path, const Seen& answer);

/// What in an exchange the row does not promise: an undocumented status below 400, an answer
/// against its schema, or a request that was done although its schema says that it could not be.
/// `request` is discarded JSON for a call without a body.
std::vector<std::string> row_violations(const http::Route& row, const nlohmann::json& request,
                                        int status, const nlohmann::json& answer);
/// The same as failures of the running test.
void expect_promised(const http::Route& row, const std::string& request, int status,
                     const nlohmann::json& answer);

}  // namespace chopmark::http_test
