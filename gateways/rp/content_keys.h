// The content encryption keys of relying parties (facts/iamsmart-api.md 4; design 12): control has
// their serials, the keys are derived and never stored. A relying party keeps being given the
// oldest key that still stands, under the KEK that key was made with, until it is over or revoked;
// the next serial is issued when half of the newest one's life is gone, so that nobody waits.
// Content may come under any key that stands. Safe from any thread.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "aggregates/control/relying_party.h"
#include "events/core/entropy.h"
#include "events/crypto/secret.h"
#include "gateways/rp/codes.h"
#include "gateways/service/json_body.h"
#include "gateways/service/secrets.h"

namespace chopmark::rp {

struct ContentKey {
    control::ContentKeySerial serial;
    crypto::Secret32 key;
};

/// A decrypted request, and the key that its answer is encrypted with.
struct OpenedContent {
    service::Json content;
    ContentKey key;
};

class ContentKeys {
  public:
    /// Both MUST outlive the object.
    ContentKeys(const service::Secrets& secrets, Entropy& entropy)
        : secrets_(secrets), entropy_(entropy) {}

    [[nodiscard]] ContentKey derive(const ClientId& client,
                                    const control::ContentKeySerial& serial) const;
    /// The oldest one that stands; nothing if none does.
    [[nodiscard]] std::optional<ContentKey> standing(const control::RelyingParty& party,
                                                     Instant now) const;

    /// `{"content": "…"}` as received. rp.parameter_missing or _empty for content,
    /// rp.content_key_over when no key that stands opens it (a key that is over and bytes that were
    /// spoilt look alike, and the client has to fetch a key for the first),
    /// rp.content_undecryptable for what no key could open, rp.parameter_invalid when it opens to
    /// something that is no JSON object.
    [[nodiscard]] Result<OpenedContent> open(const control::RelyingParty& party, ByteView body,
                                             Instant now) const;

    /// The encrypted text of an answer or callback, under a fresh IV.
    [[nodiscard]] std::string seal(const ContentKey& key, ByteView plaintext) const;
    /// Base64 of the key under its KEK: `secretKey`. relying_party.bad_key.
    [[nodiscard]] Result<std::string> wrap(const control::RelyingParty& party,
                                           const ContentKey& key) const;
    /// The content of getKey, in clear: secretKey, pubKey, issueAt, expiresIn.
    [[nodiscard]] Result<nlohmann::ordered_json> describe(const control::RelyingParty& party,
                                                          const ContentKey& key) const;

  private:
    const service::Secrets& secrets_;
    Entropy& entropy_;
};

}  // namespace chopmark::rp
