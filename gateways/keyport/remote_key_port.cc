#include "gateways/keyport/remote_key_port.h"

namespace chopmark::keyport {

Result<Bytes> RemoteKeyPort::create(const keys::KeyHandle& handle) {
    return link_.ask(create_path, encode(KeyQuestion{handle, {}, {}}), Repeat::safe);
}

Result<Bytes> RemoteKeyPort::public_key(const keys::KeyHandle& handle) {
    return link_.ask(public_key_path, encode(KeyQuestion{handle, {}, {}}), Repeat::safe);
}

Result<Bytes> RemoteKeyPort::sign(const keys::KeyHandle& handle, keys::SigningScheme scheme,
                                  ByteView content) {
    constexpr std::size_t around = 1024;  // what a question has besides
    if (content.size() > message_bytes - around) {
        return Error(keys::bad_content, "too long for the key port");
    }
    return link_.ask(sign_path, encode(KeyQuestion{handle, scheme, Bytes(content)}), Repeat::safe);
}

Result<void> RemoteKeyPort::destroy(const keys::KeyHandle& handle) {
    CHOPMARK_TRY(link_.ask(destroy_path, encode(KeyQuestion{handle, {}, {}}), Repeat::safe));
    return {};
}

}  // namespace chopmark::keyport
