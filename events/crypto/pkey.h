// A loaded asymmetric key of OpenSSL, held without naming OpenSSL's headers. A loaded key is never
// changed, so any number of threads may use it at once.
#pragma once

#include <memory>

#include "events/core/result.h"

struct evp_pkey_st;

namespace chopmark::crypto {

struct FreePkey {
    void operator()(evp_pkey_st* key) const;
};
using Pkey = std::unique_ptr<evp_pkey_st, FreePkey>;

/// Bytes that are not a key of the expected kind.
inline constexpr Reason bad_key{"crypto.bad_key", Kind::invalid};

/// Drops what failed OpenSSL calls leave in the thread's error queue.
void clear_openssl_errors();

}  // namespace chopmark::crypto
