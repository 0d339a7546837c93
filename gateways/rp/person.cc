#include "gateways/rp/person.h"

#include "events/crypto/digest.h"
#include "events/keys/pseudonym.h"
#include "events/schema/event.h"
#include "gateways/http/target.h"
#include "gateways/rp/codes.h"

namespace chopmark::rp {

PersonSources sources_of(const citizen::AccountState& account) {
    return {account.pairwise_source(), account.card_source, account.registered_at, account.grade};
}

Result<std::string> open_id_of(const runtime::EventFinder& events, const PersonSources& sources,
                               std::string_view group) {
    CHOPMARK_ASSIGN(const auto event, events.open_recorded(sources.pairwise));
    const auto* registered = std::get_if<schema::AccountRegistered>(event.get());
    if (registered == nullptr || registered->personal().pairwise_secret().empty()) {
        return citizen::account_unknown;
    }
    return keys::open_id(Sensitive<Bytes>(registered->personal().pairwise_secret()), group);
}

Result<std::string> check_open_id(const runtime::EventFinder& events, const PersonSources& sources,
                                  std::string_view group, std::string_view given) {
    CHOPMARK_ASSIGN(std::string expected, open_id_of(events, sources, group));
    const auto decoded = http::percent_decode(given, false);
    const bool same = crypto::equal_constant_time(given, expected) ||
                      (decoded && crypto::equal_constant_time(*decoded, expected));
    return same ? Result<std::string>(std::move(expected)) : open_id_unknown;
}

Result<Instant> last_modified_of(const runtime::EventFinder& events, const PersonSources& sources) {
    if (sources.card == sources.pairwise) {
        return sources.registered_at;
    }
    CHOPMARK_ASSIGN(const runtime::FoundEvent found, events.find(sources.card));
    return found.recorded_at;
}

namespace {

/// SHA-256 of the card's number without its check character.
Result<Digest> card_hash_of(const runtime::EventFinder& events, const PersonSources& sources) {
    CHOPMARK_ASSIGN(const auto event, events.open_recorded(sources.card));
    std::string number;
    if (const auto* registered = std::get_if<schema::AccountRegistered>(event.get())) {
        number = registered->personal().card().number();
    } else if (const auto* upgraded = std::get_if<schema::AccountUpgraded>(event.get())) {
        number = upgraded->personal().card().number();
    }
    if (number.empty()) {
        return citizen::account_unknown;
    }
    number.pop_back();  // the check character
    return crypto::sha256(number);
}

}  // namespace

Result<bool> card_matches(const runtime::EventFinder& events, const PersonSources& sources,
                          ByteView hash) {
    CHOPMARK_ASSIGN(const Digest own, card_hash_of(events, sources));
    return crypto::equal_constant_time(own.bytes(), hash);
}

Bytes card_token(const service::Secrets& secrets, const ClientId& client, ByteView hash) {
    // A key of its own, as that of businessIDs (business_ids.cc).
    const crypto::SecretBytes key(
        secrets.stamps.stamp(keys::StampKind::claim, "chopmark/card-hash-key/1", keys::no_end));
    return crypto::hmac_sha256(key.reveal(), {client.bytes(), hash}).to_bytes();
}

Result<bool> card_token_matches(const runtime::EventFinder& events, const service::Secrets& secrets,
                                const PersonSources& sources, const ClientId& client,
                                ByteView token) {
    CHOPMARK_ASSIGN(const Digest own, card_hash_of(events, sources));
    return crypto::equal_constant_time(card_token(secrets, client, own.bytes()), token);
}

std::string_view user_type(schema::Grade grade) {
    return grade == schema::SIGN ? "sign" : "default";
}

}  // namespace chopmark::rp
