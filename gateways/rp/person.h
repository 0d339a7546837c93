// What relying parties are told about a person without being told who it is: open id, kind of
// account, when the verified facts last changed; and whether a card hash is that person's. Read
// from the personal layers that the account's state names. In the pool, never on a strand: each
// record opened costs about 20 µs.
#pragma once

#include <string>
#include <vector>

#include "aggregates/citizen/state.h"
#include "aggregates/runtime/event_finder.h"
#include "events/core/sensitive.h"
#include "gateways/service/secrets.h"

namespace chopmark::rp {

/// What of an account's state is needed to read about its person; copied on the strand.
struct PersonSources {
    EventId pairwise;
    EventId card;
    Instant registered_at;
    schema::Grade grade = schema::GRADE_UNSPECIFIED;
};
PersonSources sources_of(const citizen::AccountState& account);

/// Of the relying parties of one group. account.unknown when the source holds no secret.
Result<std::string> open_id_of(const runtime::EventFinder& events, const PersonSources& sources,
                               std::string_view group);
/// The open id, if it is the one given: as we gave it, or URL-encoded, as some clients keep it; in
/// constant time. rp.open_id_unknown.
Result<std::string> check_open_id(const runtime::EventFinder& events, const PersonSources& sources,
                                  std::string_view group, std::string_view given);
/// When the card facts came: of the registration, or of the newer record that replaced them.
Result<Instant> last_modified_of(const runtime::EventFinder& events, const PersonSources& sources);
/// `hash` against SHA-256 of the card's number without its check character (facts 6.3), in constant
/// time; the hash is not kept.
Result<bool> card_matches(const runtime::EventFinder& events, const PersonSources& sources,
                          ByteView hash);

/// What stands for such a hash in the record of a request whose citizen is not known yet: the hash
/// itself can be inverted in minutes. Keyed; the same on every node.
Bytes card_token(const service::Secrets& secrets, const ClientId& client, ByteView hash);
/// card_matches, of what stands for the hash.
Result<bool> card_token_matches(const runtime::EventFinder& events, const service::Secrets& secrets,
                                const PersonSources& sources, const ClientId& client,
                                ByteView token);

/// "sign" or "default".
std::string_view user_type(schema::Grade grade);

}  // namespace chopmark::rp
