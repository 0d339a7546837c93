#include "events/crypto/cms.h"

#include <openssl/x509.h>

#include <algorithm>
#include <array>

#include "events/core/ensure.h"
#include "events/crypto/digest.h"

namespace chopmark::crypto {
namespace {

// ---- DER (X.690 section 10)
// ----------------------------------------------------------------------

enum Tag : std::uint8_t {
    integer = 0x02,
    octets = 0x04,
    null = 0x05,
    oid = 0x06,
    utc_time = 0x17,
    generalized_time = 0x18,
    sequence = 0x30,
    set = 0x31,
    context_0 = 0xa0,
};

Bytes der(std::uint8_t tag, ByteView content) {
    constexpr std::size_t short_form = 0x80;
    Bytes out(1, static_cast<char>(tag));
    if (content.size() < short_form) {
        out.push_back(static_cast<char>(content.size()));
    } else {
        Bytes length;
        append_big_endian(length, static_cast<std::uint64_t>(content.size()));
        length.erase(0, length.find_first_not_of('\0'));
        out.push_back(static_cast<char>(short_form | length.size()));
        out += length;
    }
    return out.append(content);
}

Bytes joined(std::initializer_list<Bytes> parts) {
    Bytes out;
    for (const Bytes& part : parts) {
        out += part;
    }
    return out;
}

/// A SET OF in DER order: its elements sorted as bytes.
Bytes set_of(std::vector<Bytes> elements) {
    std::sort(elements.begin(), elements.end());
    Bytes content;
    for (const Bytes& element : elements) {
        content += element;
    }
    return der(set, content);
}

Bytes attribute(ByteView type, const Bytes& value) {
    return der(sequence, der(oid, type) + der(set, value));
}

// Object identifiers, their contents octets.
constexpr std::string_view id_data{"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", 9};
constexpr std::string_view id_signed_data{"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", 9};
constexpr std::string_view id_content_type{"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03", 9};
constexpr std::string_view id_message_digest{"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04", 9};
constexpr std::string_view id_signing_time{"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05", 9};
constexpr std::string_view id_signing_certificate_v2{"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f",
                                                     11};
constexpr std::string_view id_sha256{"\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9};
constexpr std::string_view id_rsa{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 9};

Bytes sha256_algorithm() { return der(sequence, der(oid, id_sha256)); }

/// UTCTime until 2049, GeneralizedTime from then on (RFC 5652 section 11.3).
Bytes time_of(Instant at) {
    const auto date = utc_date(at);
    const int year = static_cast<int>(date.year());
    constexpr std::int64_t day_s = 86'400;
    const std::int64_t second = at.seconds() % day_s;
    std::string digits;
    const auto put = [&digits](std::int64_t value, std::size_t width) {
        const std::string text = std::to_string(value);
        digits.append(width - std::min(width, text.size()), '0').append(text);
    };
    const bool short_year = year < 2050;
    if (short_year) {
        put(year % 100, 2);
    } else {
        put(year, 4);
    }
    put(static_cast<unsigned>(date.month()), 2);
    put(static_cast<unsigned>(date.day()), 2);
    put(second / 3600, 2);
    put(second / 60 % 60, 2);
    put(second % 60, 2);
    return der(short_year ? utc_time : generalized_time, digits + "Z");
}

/// Issuer and serial number, DER, as the certificate has them; nothing when it is none.
std::optional<Bytes> issuer_and_serial(ByteView certificate) {
    const auto* at = reinterpret_cast<const unsigned char*>(certificate.data());
    const std::unique_ptr<X509, FreeX509> parsed(
        d2i_X509(nullptr, &at, static_cast<long>(certificate.size())));
    if (parsed == nullptr) {
        clear_openssl_errors();
        return std::nullopt;
    }
    const auto take = [](unsigned char* bytes, int length) {
        ensure(length > 0, "memory for a name");
        Bytes out(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
        OPENSSL_free(bytes);
        return out;
    };
    unsigned char* name = nullptr;
    const int name_length = i2d_X509_NAME(X509_get_issuer_name(parsed.get()), &name);
    unsigned char* serial = nullptr;
    const int serial_length = i2d_ASN1_INTEGER(X509_get0_serialNumber(parsed.get()), &serial);
    return der(sequence, take(name, name_length) + take(serial, serial_length));
}

}  // namespace

Bytes cms_signed_attributes(const Digest& content, Instant signing_time, ByteView certificate) {
    // ESSCertIDv2 with its default algorithm, SHA-256, left out.
    const Bytes certificate_id = der(sequence, der(octets, sha256(certificate).bytes()));
    return set_of(
        {attribute(id_content_type, der(oid, id_data)),
         attribute(id_signing_time, time_of(signing_time)),
         attribute(id_message_digest, der(octets, content.bytes())),
         attribute(id_signing_certificate_v2, der(sequence, der(sequence, certificate_id)))});
}

Result<Bytes> cms_signed_data(ByteView certificate, const std::vector<Bytes>& chain,
                              ByteView signed_attributes, ByteView signature) {
    const auto signer = issuer_and_serial(certificate);
    if (!signer) {
        return Error(bad_certificate, "the signer has no certificate");
    }
    ensure(!signed_attributes.empty() && signed_attributes.front() == static_cast<char>(set),
           "attributes as cms_signed_attributes made them");
    // Inside of SignerInfo the set is tagged [0] instead, which is not what is signed.
    Bytes attributes(signed_attributes);
    attributes.front() = static_cast<char>(context_0);
    const Bytes version_1 = der(integer, ByteView("\x01", 1));
    const Bytes rsa_algorithm = der(sequence, der(oid, id_rsa) + der(null, ""));
    const Bytes signer_info =
        der(sequence, joined({version_1, *signer, sha256_algorithm(), attributes, rsa_algorithm,
                              der(octets, signature)}));
    std::vector<Bytes> certificates = chain;
    certificates.emplace_back(certificate);
    std::sort(certificates.begin(), certificates.end());
    Bytes all;
    for (const Bytes& one : certificates) {
        all += one;
    }
    const Bytes content =
        joined({version_1, der(set, sha256_algorithm()), der(sequence, der(oid, id_data)),
                der(context_0, all), der(set, signer_info)});
    return der(sequence, der(oid, id_signed_data) + der(context_0, der(sequence, content)));
}

}  // namespace chopmark::crypto
