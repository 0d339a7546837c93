// /openapi.json, generated from the route table, so that the documentation cannot say anything else
// than the code. OpenAPI 3.1. The permission of an operation stands in `x-permission`.
#pragma once

#include "gateways/http/route_table.h"

namespace chopmark::http {

struct ApiInfo {
    std::string title;
    std::string version;
    std::string description;
    /// Named schemas as JSON text, which rows use as {"$ref":"#/components/schemas/NAME"}.
    /// `Problem` is there already.
    std::vector<std::pair<std::string, std::string>> schemas;
};

/// Refuses a schema that is no JSON, uses a keyword json_schema.h does not know, or refers to a
/// name that is not there.
Result<std::string> openapi_document(const std::vector<Route>& routes, const ApiInfo& info);

}  // namespace chopmark::http
