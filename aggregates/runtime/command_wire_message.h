// Messages and answers of the wire between nodes: a value behind its type's fingerprint, and an
// answer that is one or an error. The grammar is in command_wire_codec.h, and its cost as well.
#pragma once

#include "aggregates/runtime/command_wire_codec.h"

namespace chopmark::runtime::wire {

template <class T>
void put_message(Writer& out, const T& value) {
    out.raw(view(fingerprint<T>()));
    put(out, value);
}
template <class T>
Result<T> get_message(Reader& in) {
    if (in.raw(fingerprint_bytes) != view(fingerprint<T>())) {
        return in.good() ? other_version : malformed;
    }
    T value{};
    get(in, value);
    if (!in.finished()) {
        return in.met_unknown() ? other_version : malformed;
    }
    return value;
}

template <class T>
Bytes encode_message(const T& value) {
    Writer out;
    put_message(out, value);
    return std::move(out).take();
}
template <class T>
Result<T> decode_message(ByteView bytes) {
    Reader in(bytes);
    return get_message<T>(in);
}

template <class T>
Bytes encode_answer(const Result<T>& answer) {
    if (!answer) {
        return encode_refusal(answer.error());
    }
    Writer out;
    out.flag(true);
    put_message(out, *answer);
    return std::move(out).take();
}
/// What the answer says, its error included, or node.malformed, node.other_version.
template <class T>
Result<T> decode_answer(ByteView bytes) {
    if (auto refusal = decode_refusal(bytes)) {
        return *std::move(refusal);
    }
    Reader in(bytes);
    if (!in.flag()) {
        return malformed;
    }
    return get_message<T>(in);
}

}  // namespace chopmark::runtime::wire
