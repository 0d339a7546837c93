#include "gateways/keyport/wire.h"

#include <algorithm>
#include <array>

#include "events/keys/byte_reader.h"
#include "events/keys/secret_rows.h"

namespace chopmark::keyport {
namespace {

constexpr char good = 0;
constexpr char refusal = 1;
constexpr auto last_scheme = static_cast<std::uint8_t>(keys::SigningScheme::bare_rsa);

/// Everything that the ports of one node answer.
constexpr std::array<Reason, 7> known_reasons{
    keys::no_signing_key, keys::signing_key_destroyed, keys::bad_content, keys::too_many_verifiers,
    keys::rows_failed,    keys::rows_damaged,          bad_question};

}  // namespace

Bytes encode(const KeyQuestion& question) {
    Bytes out(question.handle.bytes());
    append_big_endian(out, static_cast<std::uint8_t>(question.scheme));
    return out.append(question.content);
}

Bytes encode(const PasswordQuestion& question) {
    Bytes out(question.name.person.bytes());
    out.append(question.name.command.bytes());
    append_big_endian(out, question.sequence.value());
    append_big_endian(out, static_cast<std::uint64_t>(question.at.micros()));
    return out.append(question.verifier.reveal());
}

Result<KeyQuestion> decode_key_question(ByteView bytes) {
    keys::ByteReader in(bytes);
    KeyQuestion out;
    const auto handle = keys::KeyHandle::from_bytes(in.take(keys::KeyHandle::size));
    const auto scheme = in.integer<std::uint8_t>();
    if (!in.good() || !handle || scheme > last_scheme) {
        return bad_question;
    }
    out.handle = *handle;
    out.scheme = static_cast<keys::SigningScheme>(scheme);
    out.content = in.rest();
    return out;
}

Result<PasswordQuestion> decode_password_question(ByteView bytes) {
    keys::ByteReader in(bytes);
    PasswordQuestion out;
    const auto person = PersonId::from_bytes(in.take(PersonId::size));
    const auto command = CommandId::from_bytes(in.take(CommandId::size));
    out.sequence = Sequence(in.integer<std::uint64_t>());
    out.at = Instant::from_micros(static_cast<std::int64_t>(in.integer<std::uint64_t>()));
    if (!in.good() || !person || !command) {
        return bad_question;
    }
    out.name = {*person, *command};
    out.verifier = Sensitive<std::string>(std::string(in.rest()));
    return out;
}

Bytes encode_answer(const Result<Bytes>& answer) {
    if (answer) {
        return Bytes(1, good).append(*answer);
    }
    const std::string_view name = answer.error().reason.name;
    Bytes out(1, refusal);
    append_big_endian(out, static_cast<std::uint8_t>(name.size()));
    return out.append(name);
}

Result<Bytes> decode_answer(ByteView bytes) {
    if (!bytes.empty() && bytes.front() == good) {
        return Bytes(bytes.substr(1));
    }
    keys::ByteReader in(bytes);
    const bool is_refusal = in.integer<std::uint8_t>() == refusal;
    const ByteView name = in.take(in.integer<std::uint8_t>());
    const auto known = std::find_if(known_reasons.begin(), known_reasons.end(),
                                    [&](const Reason& reason) { return reason.name == name; });
    if (!in.finished() || !is_refusal || known == known_reasons.end()) {
        return bad_answer;
    }
    return Error(*known, "at the key port");
}

}  // namespace chopmark::keyport
