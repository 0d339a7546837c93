// What a relying party is sent when the citizen has answered (facts/iamsmart-api.md 4.5, 6): the
// encrypted POST callback of one request, rendered anew for every attempt from what the records say
// (request_result.h; design-notes A18). The signatures of a bulk request go out in several, each a
// part `metadata` with the envelope and a file `signatureFile` with the signatures, both encrypted
// under the same content key (bulk_result.h). Opens records, so it belongs in the pool. Safe from
// any thread.
#pragma once

#include <memory>
#include <string>

#include "aggregates/citizen/state.h"
#include "gateways/rp/ports.h"

namespace chopmark::rp {

/// No content key stands; one has been asked for: try again soon.
inline constexpr Reason content_key_awaited{"rp.content_key_awaited", Kind::unavailable};

struct Callback {
    std::string url;
    std::string content_type;  // application/json, or multipart/form-data with its boundary
    std::string body;          // the envelope; as multipart, a part for each of its members
    std::uint32_t total = 1;   // callbacks of this request
};

class RpCallbacks {
  public:
    RpCallbacks(const Ports& ports, const Options& options);
    ~RpCallbacks();

    /// Of an answered request of that account. request.unknown, request.not_answered (also for an
    /// anonymous one, which is fetched by getResult), relying_party.not_active,
    /// rp.url_not_registered, the error above and those of
    /// request_result.h; Kind::unavailable and
    /// Kind::busy are worth another try, as is eme_view.no_such_source (the view has to catch up),
    /// all others are not. `sequence` is 1 but for bulk; beyond the last: rp.no_such_callback.
    [[nodiscard]] Result<Callback> render(const AccountId& account, const citizen::State& state,
                                          const RequestId& request,
                                          std::uint32_t sequence = 1) const;

  private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace chopmark::rp
