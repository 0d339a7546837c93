// Where the front may listen: loopback by default, elsewhere only with TLS, or with a flag that
// says in so many words that clear text is wanted.
#pragma once

#include "events/core/result.h"
#include "gateways/http/options.h"

namespace chopmark::http {

inline constexpr Reason listen_address_invalid{"http.listen_address_invalid", Kind::invalid};
inline constexpr Reason clear_text_refused{"http.clear_text_off_loopback", Kind::forbidden};
inline constexpr Reason tls_incomplete{"http.tls_incomplete", Kind::invalid};

Result<void> check_listen(const ListenOptions& options);

/// 127.0.0.0/8, ::1 and mapped forms; false for anything that is no numeric address.
bool is_loopback(const std::string& address);

}  // namespace chopmark::http
