#include "gateways/rp/content_keys.h"

#include "events/crypto/rsa.h"
#include "events/keys/pseudonym.h"
#include "gateways/rp/content_cipher.h"
#include "gateways/rp/parameters.h"

namespace chopmark::rp {
namespace {

bool stands(const control::ContentKeySerial& key, Instant now) {
    return !key.revoked && now < key.until;
}

/// The KEK that this key was made with; serials from before that was kept have the present one.
const Bytes& kek_of(const control::RelyingParty& party, const ContentKey& key) {
    return key.serial.kek.empty() ? party.kek : key.serial.kek;
}

}  // namespace

ContentKey ContentKeys::derive(const ClientId& client,
                               const control::ContentKeySerial& serial) const {
    return {serial,
            keys::content_key(secrets_.content_keys.at(serial.issued_at), client, serial.serial)};
}

std::optional<ContentKey> ContentKeys::standing(const control::RelyingParty& party,
                                                Instant now) const {
    for (const control::ContentKeySerial& serial : party.content_keys) {
        if (stands(serial, now)) {
            return derive(party.id, serial);
        }
    }
    return std::nullopt;
}

Result<OpenedContent> ContentKeys::open(const control::RelyingParty& party, ByteView body,
                                        Instant now) const {
    CHOPMARK_ASSIGN(const service::Json request, service::parse_object(body));
    CHOPMARK_ASSIGN(const std::string text, text_parameter(request, "content"));
    CHOPMARK_ASSIGN(const SealedContent sealed, parse_content(text));
    for (auto serial = party.content_keys.rbegin(); serial != party.content_keys.rend(); ++serial) {
        if (!stands(*serial, now)) {
            continue;
        }
        ContentKey key = derive(party.id, *serial);
        if (auto plain = open_content(key.key, sealed)) {
            auto content = service::parse_object(*plain);
            crypto::wipe(*plain);
            if (!content) {
                return Error(parameter_invalid, "content");
            }
            return OpenedContent{*std::move(content), std::move(key)};
        }
    }
    return content_key_over;
}

std::string ContentKeys::seal(const ContentKey& key, ByteView plaintext) const {
    crypto::AeadNonce iv{};
    entropy_.fill(iv);
    return seal_content(key.key, iv, plaintext);
}

Result<std::string> ContentKeys::wrap(const control::RelyingParty& party,
                                      const ContentKey& key) const {
    const auto kek = crypto::RsaPublicKey::from_spki(kek_of(party, key));
    if (!kek) {
        return control::rp_bad_key;
    }
    const auto wrapped = kek->encrypt(key.key.reveal());
    return wrapped ? Result<std::string>(to_base64(*wrapped)) : content_encryption_failed;
}

Result<nlohmann::ordered_json> ContentKeys::describe(const control::RelyingParty& party,
                                                     const ContentKey& key) const {
    nlohmann::ordered_json content;
    CHOPMARK_ASSIGN(content["secretKey"], wrap(party, key));
    content["pubKey"] = to_base64(kek_of(party, key));
    content["issueAt"] = key.serial.issued_at.millis();
    content["expiresIn"] = std::chrono::duration_cast<std::chrono::milliseconds>(
                               key.serial.until - key.serial.issued_at)
                               .count();
    return content;
}

}  // namespace chopmark::rp
