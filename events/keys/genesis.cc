#include "events/keys/genesis.h"

#include <algorithm>

#include "events/core/ensure.h"
#include "events/core/limits.h"
#include "events/crypto/digest.h"
#include "events/crypto/x509.h"
#include "events/schema/genesis.pb.h"

namespace chopmark::keys {
namespace {

constexpr const char* file_name = "genesis";
constexpr std::uint32_t document_version = 1;
constexpr std::size_t longest_origin = 200;

// A C2SP origin is a line of a signed note: no control characters, no blanks, no plus sign.
bool is_origin(std::string_view origin) {
    return !origin.empty() && origin.size() <= longest_origin &&
           std::all_of(origin.begin(), origin.end(),
                       [](char c) { return c > ' ' && c < 0x7f && c != '+'; });
}

bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// As a word of its own: "important.example" names no environment.
bool names(std::string_view origin, std::string_view word) {
    for (auto at = origin.find(word); at != std::string_view::npos;
         at = origin.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        if ((at == 0 || !is_word_character(origin[at - 1])) &&
            (end == origin.size() || !is_word_character(origin[end]))) {
            return true;
        }
    }
    return false;
}

Result<void> check_origin(const GenesisFacts& facts) {
    if (!is_origin(facts.origin)) {
        return Error(bad_genesis, "origin");
    }
    for (const Environment each : {schema::INTEGRATION, schema::SANDBOX, schema::IMPORT_ONLY}) {
        if (names(facts.origin, to_string(each)) != (facts.environment == each)) {
            return Error(bad_genesis, "origin and environment contradict each other");
        }
    }
    return {};
}

Result<void> check(const GenesisFacts& facts) {
    if (facts.environment < schema::PRODUCTION || facts.environment > schema::IMPORT_ONLY) {
        return Error(bad_genesis, "environment");
    }
    if (facts.partitions == 0 || facts.partitions > limits::partitions) {
        return Error(bad_genesis, "partitions");
    }
    CHOPMARK_TRY(check_origin(facts));
    const auto certificate = crypto::Certificate::parse(facts.node_ca_certificate);
    if (!certificate || !certificate->is_authority() || !certificate->ed25519_key() ||
        !certificate->issued_by(*certificate)) {
        return Error(bad_genesis, "node CA certificate");
    }
    if (facts.commitments.slot.is_zero() || facts.commitments.card.is_zero()) {
        return Error(bad_genesis, "key commitments");
    }
    if (!crypto::load_p256(facts.first_operator)) {
        return Error(bad_genesis, "first operator's key");
    }
    return {};
}

Bytes encode(const GenesisFacts& facts) {
    schema::Genesis message;
    message.set_environment(facts.environment);
    message.set_partitions(facts.partitions);
    message.set_origin(facts.origin);
    message.set_node_ca_certificate(facts.node_ca_certificate);
    message.set_slot_key_commitment(facts.commitments.slot.to_bytes());
    message.set_card_key_commitment(facts.commitments.card.to_bytes());
    message.set_first_operator_public_key(facts.first_operator.to_bytes());
    message.set_created_at(facts.created_at.micros());
    message.set_version(document_version);
    return message.SerializeAsString();  // no maps in it: the bytes are one way only
}

}  // namespace

Genesis::Genesis(GenesisFacts facts, Bytes document)
    : facts_(std::move(facts)), document_(std::move(document)), hash_(crypto::sha256(document_)) {}

Result<Genesis> Genesis::make(GenesisFacts facts) {
    CHOPMARK_TRY(check(facts));
    Bytes document = encode(facts);
    return Genesis(std::move(facts), std::move(document));
}

Result<Genesis> Genesis::read(ByteView document) {
    schema::Genesis message;
    const bool parsed = message.ParseFromArray(document.data(), static_cast<int>(document.size()));
    const auto slot = Digest::from_bytes(message.slot_key_commitment());
    const auto card = Digest::from_bytes(message.card_key_commitment());
    const auto point = crypto::P256Point::from_bytes(message.first_operator_public_key());
    if (!parsed || message.version() != document_version || !slot || !card || !point ||
        message.partitions() > limits::partitions) {
        return Error(bad_genesis, "not a genesis document of version 1");
    }
    GenesisFacts facts;
    facts.environment = message.environment();
    facts.partitions = static_cast<std::uint16_t>(message.partitions());
    facts.origin = message.origin();
    facts.node_ca_certificate = message.node_ca_certificate();
    facts.commitments = {*slot, *card};
    facts.first_operator = *point;
    facts.created_at = Instant::from_micros(message.created_at());
    CHOPMARK_ASSIGN(Genesis genesis, make(std::move(facts)));
    if (genesis.document() != document) {
        return Error(bad_genesis, "says more than this version knows");
    }
    return genesis;
}

Result<void> create_genesis(Folder& folder, const Genesis& genesis) {
    const auto there = folder.read(file_name);
    if (there) {
        return genesis_exists;
    }
    if (!(there.error() == no_file)) {
        return there.error();
    }
    return replace(folder, file_name, genesis.document());
}

Result<Genesis> open_genesis(const Folder& folder) {
    const auto document = folder.read(file_name);
    if (!document) {
        return document.error() == no_file ? Error(no_genesis) : document.error();
    }
    return Genesis::read(*document);
}

}  // namespace chopmark::keys
