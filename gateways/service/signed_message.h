// What phones, terminals, operators and staff sign: one text that binds a signature to a domain, an
// environment, a command, the challenge it answers, the online service and the text shown, and to
// every byte of the body. And the challenges: stamps that any node of this deployment issues and
// checks, so nothing is stored. The command id is the SHA-256 of the challenge's bytes, hence a
// signed call that is sent again is the same command and gets the same outcome (design 3).
//
//   message   = domain "\n" environment "\n" command "\n" command_id_hex "\n" client_hex_or_- "\n"
//               text_digest_hex_or_- "\n" challenge_base64 "\n" sha256_hex(body)
//   challenge = Stamps(challenge) over random:16 purpose:1            ; on the wire in Base64
//
// Pure but for the entropy; safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "events/core/clock.h"
#include "events/core/entropy.h"
#include "events/core/ids.h"
#include "events/core/result.h"
#include "events/keys/stamp.h"

namespace chopmark::service {

enum class Signer : std::uint8_t { device = 1, terminal = 2, op = 3, staff = 4 };

/// "chopmark/app/1", "chopmark/channel/1", "chopmark/operator/1", "chopmark/staff/1".
std::string_view domain_of(Signer signer);

struct SignedMessage {
    Signer signer = Signer::device;
    std::string_view environment;  // Secrets::environment
    std::string_view command;      // the route's name; of staff "session.open"
    std::string_view challenge;    // Base64, as received
    std::string_view client;       // hex, the body's member; empty: the body has none
    std::string_view text_digest;  // likewise
    std::string_view body;         // the bytes as received
};

/// The command id is taken from the challenge; one that is no Base64 gives that of its text, which
/// no challenge has.
std::string signed_message(const SignedMessage& message);

/// Who a challenge was given to; a terminal's is no good to a phone.
enum class ChallengePurpose : std::uint8_t { app = 1, channel = 2, staff = 3 };

struct IssuedChallenge {
    std::string text;  // Base64
    Instant until;
};
IssuedChallenge issue_challenge(const keys::Stamps& stamps, ChallengePurpose purpose, Instant now,
                                Entropy& entropy);

struct CheckedChallenge {
    CommandId command;  // SHA-256 of `bytes`
    Instant issued_at;
    Bytes bytes;  // what a card's chip answers
};
/// keys.bad_stamp, also for another purpose, or keys.stamp_expired.
Result<CheckedChallenge> check_challenge(const keys::Stamps& stamps, ChallengePurpose purpose,
                                         std::string_view text, Instant now);

}  // namespace chopmark::service
