// What a node and the key port say to one another, as bytes: POST by mutual TLS, one path an
// operation, one grammar for all questions about signing keys and one for all about passwords;
// what an operation does not need is zero. Reasons cross by name, and only those that both sides
// know mean anything. Questions and answers about passwords hold verifiers: never log a body.
// Pure; any thread.
//
//   key_question      = handle:16 scheme:u8 content
//   password_question = person:16 command:32 sequence:u64 at:i64 verifier
//   answer            = 0x00 payload | 0x01 name_length:u8 name
//   payload           = SubjectPublicKeyInfo | signature | verifier | 0x01 verifier (of get) |
//   empty
#pragma once

#include "events/keys/key_port.h"
#include "events/keys/password_store.h"

namespace chopmark::keyport {

inline constexpr const char* create_path = "/keyport/v1/key/create";
inline constexpr const char* public_key_path = "/keyport/v1/key/public";
inline constexpr const char* sign_path = "/keyport/v1/key/sign";
inline constexpr const char* destroy_path = "/keyport/v1/key/destroy";
inline constexpr const char* insert_path = "/keyport/v1/password/insert";
inline constexpr const char* get_path = "/keyport/v1/password/get";
inline constexpr const char* refused_path = "/keyport/v1/password/refused";
inline constexpr const char* accepted_path = "/keyport/v1/password/accepted";
inline constexpr const char* erase_path = "/keyport/v1/password/erase";

/// Of a question or an answer.
inline constexpr std::size_t message_bytes = 64 * 1024;

/// The key port was not reached, or did not answer in time. What it was asked may have been done:
/// every operation of the ports may be repeated.
inline constexpr Reason unreachable{"keyport.unreachable", Kind::unavailable};
/// It does not take this node for one of its deployment.
inline constexpr Reason not_admitted{"keyport.not_admitted", Kind::unavailable};
inline constexpr Reason busy{"keyport.busy", Kind::busy};
/// It speaks another version, or is none.
inline constexpr Reason bad_answer{"keyport.bad_answer", Kind::unavailable};
inline constexpr Reason bad_question{"keyport.bad_question", Kind::invalid};

struct KeyQuestion {
    keys::KeyHandle handle;
    keys::SigningScheme scheme{};
    Bytes content;
};
struct PasswordQuestion {
    keys::VerifierName name;
    Sequence sequence;
    Instant at;
    Sensitive<std::string> verifier;
};

Bytes encode(const KeyQuestion& question);
Bytes encode(const PasswordQuestion& question);
Result<KeyQuestion> decode_key_question(ByteView bytes);
Result<PasswordQuestion> decode_password_question(ByteView bytes);

Bytes encode_answer(const Result<Bytes>& answer);
/// The payload, or the port's reason; keyport.bad_answer for one that is not known here.
Result<Bytes> decode_answer(ByteView bytes);

}  // namespace chopmark::keyport
