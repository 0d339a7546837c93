#include "gateways/service/signed_message.h"

#include "events/core/limits.h"
#include "events/crypto/digest.h"

namespace chopmark::service {
namespace {

constexpr std::size_t challenge_random_bytes = 16;
using ChallengeNonce = OpaqueId<struct ChallengeNonceTag, challenge_random_bytes>;

std::string_view or_dash(std::string_view text) { return text.empty() ? "-" : text; }

}  // namespace

std::string_view domain_of(Signer signer) {
    switch (signer) {
        case Signer::device:
            return "chopmark/app/1";
        case Signer::terminal:
            return "chopmark/channel/1";
        case Signer::op:
            return "chopmark/operator/1";
        case Signer::staff:
            return "chopmark/staff/1";
    }
    return {};
}

std::string signed_message(const SignedMessage& message) {
    const auto bytes = from_base64(message.challenge);
    const Digest id = crypto::sha256(bytes ? ByteView(*bytes) : message.challenge);
    std::string out;
    const auto line = [&out](std::string_view text) { out.append(text).push_back('\n'); };
    line(domain_of(message.signer));
    line(message.environment);
    line(message.command);
    line(id.hex());
    line(or_dash(message.client));
    line(or_dash(message.text_digest));
    line(message.challenge);
    out += crypto::sha256(message.body).hex();
    return out;
}

IssuedChallenge issue_challenge(const keys::Stamps& stamps, ChallengePurpose purpose, Instant now,
                                Entropy& entropy) {
    Bytes payload = entropy.draw<ChallengeNonce>().to_bytes();
    payload.push_back(static_cast<char>(purpose));
    const Instant until = now + limits::challenge_life;
    return {to_base64(stamps.stamp(keys::StampKind::challenge, payload, until)), until};
}

Result<CheckedChallenge> check_challenge(const keys::Stamps& stamps, ChallengePurpose purpose,
                                         std::string_view text, Instant now) {
    auto bytes = from_base64(text);
    if (!bytes) {
        return keys::bad_stamp;
    }
    CHOPMARK_ASSIGN(const Bytes payload, stamps.check(keys::StampKind::challenge, *bytes, now));
    if (payload.size() != challenge_random_bytes + 1 ||
        payload.back() != static_cast<char>(purpose)) {
        return keys::bad_stamp;
    }
    const auto until = Instant::from_micros(get_big_endian<std::int64_t>(*bytes, payload.size()));
    const CommandId command(crypto::sha256(*bytes).array());
    return CheckedChallenge{command, until - limits::challenge_life, *std::move(bytes)};
}

}  // namespace chopmark::service
