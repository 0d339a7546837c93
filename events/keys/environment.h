// Which world a deployment belongs to (design 3, A26), as its genesis states it. Adapters that only
// play something refuse production and integration; nothing may mix two environments.
#pragma once

#include <optional>
#include <string_view>

#include "events/core/result.h"

namespace chopmark::schema {
enum Environment : int;  // events/schema/genesis.proto
}

namespace chopmark::keys {

using schema::Environment;

inline constexpr Reason sandbox_only{"keys.sandbox_only", Kind::forbidden};

/// "production", "integration", "sandbox", "import".
std::string_view to_string(Environment environment);
std::optional<Environment> environment_of(std::string_view name);

/// keys.sandbox_only unless the environment is sandbox or import; `what` is named in the detail.
Result<void> require_sandbox(Environment environment, std::string_view what);

}  // namespace chopmark::keys
