#include "events/crypto/pkey.h"

#include <openssl/err.h>
#include <openssl/evp.h>

namespace chopmark::crypto {

void FreePkey::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

void clear_openssl_errors() { ERR_clear_error(); }

}  // namespace chopmark::crypto
