// Whose certificates a relying party's KEK may come in: those of
// relying_parties.kek_authorities_file and, in a sandbox without that file, the sandbox's own
// authority.
#pragma once

#include "events/keys/environment.h"
#include "gateways/admin/kek_authorities.h"
#include "ops/config/config.h"
#include "ops/data_folder.h"

namespace chopmark::ops {

/// config.refused, which names the file, when it cannot be read or holds no certificate of an
/// authority.
Result<admin::KekAuthorities> open_kek_authorities(const config::Config& config,
                                                   keys::Environment environment,
                                                   const DataFolder& folder);

}  // namespace chopmark::ops
