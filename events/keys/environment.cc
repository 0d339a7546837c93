#include "events/keys/environment.h"

#include <string>

#include "events/schema/genesis.pb.h"

namespace chopmark::keys {

std::string_view to_string(Environment environment) {
    switch (environment) {
        case schema::PRODUCTION:
            return "production";
        case schema::INTEGRATION:
            return "integration";
        case schema::SANDBOX:
            return "sandbox";
        case schema::IMPORT_ONLY:
            return "import";
        default:
            return "unspecified";
    }
}

std::optional<Environment> environment_of(std::string_view name) {
    for (const Environment each :
         {schema::PRODUCTION, schema::INTEGRATION, schema::SANDBOX, schema::IMPORT_ONLY}) {
        if (to_string(each) == name) {
            return each;
        }
    }
    return std::nullopt;
}

Result<void> require_sandbox(Environment environment, std::string_view what) {
    if (environment != schema::SANDBOX && environment != schema::IMPORT_ONLY) {
        return Error(sandbox_only,
                     std::string(what) + " in " + std::string(to_string(environment)));
    }
    return {};
}

}  // namespace chopmark::keys
