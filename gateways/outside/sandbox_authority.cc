#include "gateways/outside/sandbox_authority.h"

#include "events/crypto/crl.h"
#include "events/crypto/digest.h"

namespace chopmark::outside {
namespace {

constexpr auto authority_life = std::chrono::hours(24 * 365 * 20);
constexpr auto certificate_life = std::chrono::hours(24 * 365 * 3);
constexpr auto list_life = std::chrono::hours(24);
constexpr auto backdated = std::chrono::minutes(5);  // for verifiers whose clocks are behind
constexpr Reason damaged{"keys.damaged", Kind::damaged};
constexpr std::size_t longest_name = 64;  // characters of a common name (RFC 5280, ub-common-name)

ByteArray<16> serial_of(ByteView what) {
    auto bytes =
        to_array<16>(crypto::sha256({"chopmark/sandbox-ca/1", what}).bytes().substr(0, 16));
    bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0x7f) | 0x40);  // positive, always 16 bytes
    return bytes;
}

Instant whole_second(Instant at) { return Instant::from_seconds(at.seconds()); }

/// At most 64 characters of UTF-8, cut between two of them.
std::string common_name(const std::string& name) {
    std::size_t characters = 0;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const bool begins = (static_cast<unsigned char>(name[i]) & 0xc0) != 0x80;
        if (begins && ++characters > longest_name) {
            return name.substr(0, i);
        }
    }
    return name;
}

Result<ports::IssuedCertificate> answer(Bytes der, const crypto::Certificate& authority,
                                        Instant until) {
    CHOPMARK_ASSIGN(const auto made, crypto::Certificate::parse(der));
    return ports::IssuedCertificate{std::move(der), authority.der(), made.serial(), until};
}

Result<std::pair<crypto::RsaPrivateKey, crypto::Certificate>> found(keys::Folder& folder,
                                                                    Instant now) {
    auto key = crypto::RsaPrivateKey::generate();
    crypto::CertificateSpec spec;
    spec.use = crypto::CertificateUse::authority;
    spec.common_name = "Chopmark Sandbox CA";
    spec.organization = "Chopmark sandbox, not a recognised authority";
    spec.serial = serial_of(key.public_key().spki());
    spec.not_before = whole_second(now - backdated);
    spec.not_after = whole_second(now + authority_life);
    CHOPMARK_ASSIGN(auto certificate,
                    crypto::Certificate::issue(spec, key.loaded(), nullptr, key.loaded()));
    // The certificate last: a folder without it is founded anew.
    CHOPMARK_TRY(keys::replace(folder, "ca.key", key.pkcs8().reveal()));
    CHOPMARK_TRY(keys::replace(folder, "ca.crt", certificate.der()));
    return std::pair(std::move(key), std::move(certificate));
}

Result<std::pair<crypto::RsaPrivateKey, crypto::Certificate>> load(keys::Folder& folder,
                                                                   ByteView certificate) {
    CHOPMARK_ASSIGN(auto bytes, folder.read("ca.key"));
    CHOPMARK_ASSIGN(auto key,
                    crypto::RsaPrivateKey::from_pkcs8(crypto::SecretBytes(std::move(bytes))));
    CHOPMARK_ASSIGN(auto made, crypto::Certificate::parse(certificate));
    if (made.spki() != key.public_key().spki()) {
        return Error(damaged, "ca.crt is not of ca.key");
    }
    return std::pair(std::move(key), std::move(made));
}

}  // namespace

Result<std::unique_ptr<SandboxAuthority>> SandboxAuthority::open(keys::Folder& folder,
                                                                 const Clock& clock) {
    const auto certificate = folder.read("ca.crt");
    if (!certificate && certificate.error() != keys::no_file) {
        return certificate.error();
    }
    CHOPMARK_ASSIGN(auto parts,
                    certificate ? load(folder, *certificate) : found(folder, clock.now()));
    std::unique_ptr<SandboxAuthority> made(
        new SandboxAuthority(folder, clock, std::move(parts.first), std::move(parts.second)));
    CHOPMARK_TRY(made->read_revoked());
    return made;
}

Result<ports::IssuedCertificate> SandboxAuthority::issue(
    const RequestId& request, ByteView public_key, const Sensitive<std::string>& subject_name) {
    CHOPMARK_TRY(fault.enter());
    if (subject_name.reveal().find("NOCERT") != std::string::npos) {
        return Error(ports::outside_refused, "asked for by the name");
    }
    CHOPMARK_ASSIGN(const auto key, crypto::RsaPublicKey::from_spki(public_key));
    const std::lock_guard lock(mutex_);
    const std::string name = "issued-" + request.hex();
    if (auto before = folder_.read(name)) {
        CHOPMARK_ASSIGN(const auto made, crypto::Certificate::parse(*before));
        if (made.spki() != public_key) {
            return Error(request_reused, "the request was for another key");
        }
        return answer(*std::move(before), certificate_, made.not_after());
    }
    crypto::CertificateSpec spec;
    spec.use = crypto::CertificateUse::signature;
    spec.common_name = common_name(subject_name.reveal());
    spec.organization = "Chopmark sandbox";
    spec.serial = serial_of(request.bytes());
    spec.not_before = whole_second(clock_.now() - backdated);
    spec.not_after = whole_second(clock_.now() + certificate_life);
    CHOPMARK_ASSIGN(const auto made,
                    crypto::Certificate::issue(spec, key.loaded(), &certificate_, key_.loaded()));
    CHOPMARK_TRY(keys::replace(folder_, name, made.der()));
    return answer(made.der(), certificate_, spec.not_after);
}

Result<void> SandboxAuthority::revoke(const RequestId&, ByteView serial) {
    CHOPMARK_TRY(fault.enter());
    const std::lock_guard lock(mutex_);
    if (!revoked_.emplace(Bytes(serial), whole_second(clock_.now())).second) {
        return {};
    }
    ++number_;
    list_.reset();
    return write_revoked();
}

Result<ports::RevocationList> SandboxAuthority::revocation_list() {
    CHOPMARK_TRY(fault.enter());
    const std::lock_guard lock(mutex_);
    const Instant now = whole_second(clock_.now());
    if (!list_ || now >= list_until_) {
        std::vector<crypto::RevokedSerial> revoked;
        for (const auto& [serial, at] : revoked_) {
            revoked.push_back({serial, at});
        }
        // A list is renewed when half its life is over, under the same number: it says the same.
        CHOPMARK_ASSIGN(Bytes list,
                        crypto::make_crl(certificate_, key_.loaded(),
                                         {number_, now, now + list_life, std::move(revoked)}));
        list_ = ports::RevocationList{std::move(list), number_};
        list_until_ = now + list_life / 2;
    }
    return *list_;
}

Result<void> SandboxAuthority::read_revoked() {
    const auto bytes = folder_.read("revoked");
    if (!bytes) {
        return bytes.error() == keys::no_file ? Result<void>() : Result<void>(bytes.error());
    }
    constexpr std::size_t number_bytes = 8;
    ByteView rest = *bytes;
    if (rest.size() < number_bytes) {
        return Error(damaged, "revoked");
    }
    number_ = get_big_endian<std::uint64_t>(rest);
    rest.remove_prefix(number_bytes);
    while (!rest.empty()) {
        const auto length = static_cast<std::uint8_t>(rest.front());
        if (rest.size() < 1U + length + number_bytes) {
            return Error(damaged, "revoked");
        }
        revoked_.emplace(Bytes(rest.substr(1, length)),
                         Instant::from_micros(get_big_endian<std::int64_t>(rest, 1U + length)));
        rest.remove_prefix(1U + length + number_bytes);
    }
    return {};
}

Result<void> SandboxAuthority::write_revoked() {
    Bytes out;
    append_big_endian(out, number_);
    for (const auto& [serial, at] : revoked_) {
        out.push_back(static_cast<char>(serial.size()));
        out += serial;
        append_big_endian(out, at.micros());
    }
    return keys::replace(folder_, "revoked", out);
}

}  // namespace chopmark::outside
