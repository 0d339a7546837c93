#include "events/crypto/crl.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "events/core/ensure.h"

namespace chopmark::crypto {
namespace {

template <class T, void (*release)(T*)>
struct Release {
    void operator()(T* object) const { release(object); }
};
using List = std::unique_ptr<X509_CRL, Release<X509_CRL, X509_CRL_free>>;
using Issuer = std::unique_ptr<X509, Release<X509, X509_free>>;
using Number = std::unique_ptr<BIGNUM, Release<BIGNUM, BN_free>>;
using Integer = std::unique_ptr<ASN1_INTEGER, Release<ASN1_INTEGER, ASN1_INTEGER_free>>;
using Time = std::unique_ptr<ASN1_TIME, Release<ASN1_TIME, ASN1_TIME_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION, X509_EXTENSION_free>>;

using ListMemory = std::unique_ptr<BIO, Release<BIO, BIO_free_all>>;

const unsigned char* raw(ByteView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

Issuer load(const Certificate& certificate) {
    const unsigned char* at = raw(certificate.der());
    Issuer out(d2i_X509(nullptr, &at, static_cast<long>(certificate.der().size())));
    ensure(out != nullptr, "a certificate that was parsed parses again");
    return out;
}

Integer integer_of(ByteView big_endian) {
    const Number number(BN_bin2bn(raw(big_endian), static_cast<int>(big_endian.size()), nullptr));
    ensure(number != nullptr);
    Integer out(BN_to_ASN1_INTEGER(number.get(), nullptr));
    ensure(out != nullptr);
    return out;
}

Time time_of(Instant at) {
    Time out(ASN1_TIME_set(nullptr, at.seconds()));
    ensure(out != nullptr);
    return out;
}

bool add_revoked(X509_CRL* list, const RevokedSerial& revoked) {
    X509_REVOKED* const entry = X509_REVOKED_new();
    ensure(entry != nullptr);
    const Integer serial = integer_of(revoked.serial);
    const Time at = time_of(revoked.at);
    const bool added = X509_REVOKED_set_serialNumber(entry, serial.get()) == 1 &&
                       X509_REVOKED_set_revocationDate(entry, at.get()) == 1 &&
                       X509_CRL_add0_revoked(list, entry) == 1;
    if (!added) {
        X509_REVOKED_free(entry);
    }
    return added;
}

bool add_extensions(X509_CRL* list, X509* issuer, std::uint64_t number) {
    Bytes big_endian;
    append_big_endian(big_endian, number);
    const Integer value = integer_of(big_endian);
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, nullptr, nullptr, list, 0);
    const Extension key(
        X509V3_EXT_conf_nid(nullptr, &context, NID_authority_key_identifier, "keyid"));
    return key != nullptr && X509_CRL_add_ext(list, key.get(), -1) == 1 &&
           X509_CRL_add1_ext_i2d(list, NID_crl_number, value.get(), 0, 0) == 1;
}

}  // namespace

Result<Bytes> make_crl(const Certificate& issuer, evp_pkey_st* issuer_key, const CrlSpec& spec) {
    const Issuer authority = load(issuer);
    const List list(X509_CRL_new());
    ensure(list != nullptr);
    const Time last = time_of(spec.this_update);
    const Time next = time_of(spec.next_update);
    bool fits = X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) == 1 &&
                X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(authority.get())) == 1 &&
                X509_CRL_set1_lastUpdate(list.get(), last.get()) == 1 &&
                X509_CRL_set1_nextUpdate(list.get(), next.get()) == 1 &&
                add_extensions(list.get(), authority.get(), spec.number);
    for (const RevokedSerial& revoked : spec.revoked) {
        fits = fits && add_revoked(list.get(), revoked);
    }
    if (!fits || X509_CRL_sort(list.get()) != 1 ||
        X509_CRL_sign(list.get(), issuer_key, EVP_sha256()) <= 0) {
        clear_openssl_errors();
        return Error(bad_certificate, "the specification does not fit a revocation list");
    }
    unsigned char* der = nullptr;
    const int length = i2d_X509_CRL(list.get(), &der);
    ensure(length > 0);
    Bytes out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    return out;
}

Result<CrlFacts> read_crl(const Certificate& issuer, ByteView der) {
    const unsigned char* at = raw(der);
    const List list(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
    const Issuer authority = load(issuer);
    EVP_PKEY* const key = X509_get0_pubkey(authority.get());
    const bool good = list != nullptr && at == raw(der) + der.size() && key != nullptr &&
                      X509_NAME_cmp(X509_CRL_get_issuer(list.get()),
                                    X509_get_subject_name(authority.get())) == 0 &&
                      X509_CRL_verify(list.get(), key) == 1;
    if (!good) {
        clear_openssl_errors();
        return Error(bad_certificate, "not a revocation list of this authority");
    }
    CrlFacts out;
    const Integer number(static_cast<ASN1_INTEGER*>(
        X509_CRL_get_ext_d2i(list.get(), NID_crl_number, nullptr, nullptr)));
    if (number == nullptr || ASN1_INTEGER_get_uint64(&out.number, number.get()) != 1) {
        clear_openssl_errors();
        return Error(bad_certificate, "a revocation list without a number");
    }
    STACK_OF(X509_REVOKED)* const entries = X509_CRL_get_REVOKED(list.get());
    for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
        const Number serial(ASN1_INTEGER_to_BN(
            X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(entries, i)), nullptr));
        ensure(serial != nullptr);
        Bytes bytes(static_cast<std::size_t>(BN_num_bytes(serial.get())), '\0');
        BN_bn2bin(serial.get(), reinterpret_cast<unsigned char*>(bytes.data()));
        out.serials.push_back(std::move(bytes));
    }
    return out;
}

Result<RevocationLists> RevocationLists::read(ByteView file, std::size_t most) {
    const auto bad = [](const char* why) {
        clear_openssl_errors();
        return Error(bad_certificate, why);
    };
    const auto keep = [](X509_CRL* list) {
        return std::shared_ptr<X509_CRL>(list, [](X509_CRL* one) { X509_CRL_free(one); });
    };
    RevocationLists out;
    const unsigned char* at = raw(file);
    if (X509_CRL* const one = d2i_X509_CRL(nullptr, &at, static_cast<long>(file.size()))) {
        out.lists_.push_back(keep(one));
        return at == raw(file) + file.size() ? Result<RevocationLists>(std::move(out))
                                             : bad("more than a revocation list");
    }
    clear_openssl_errors();
    const ListMemory memory(BIO_new_mem_buf(file.data(), static_cast<int>(file.size())));
    ensure(memory != nullptr, "memory for revocation lists");
    while (X509_CRL* const next = PEM_read_bio_X509_CRL(memory.get(), nullptr, nullptr, nullptr)) {
        out.lists_.push_back(keep(next));
        if (out.lists_.size() > most) {
            return bad("too many revocation lists");
        }
    }
    // What ends the reading is either the end of the text, or a block that cannot be read.
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (!at_end || out.lists_.empty()) {
        return bad("no revocation list, neither DER nor PEM");
    }
    clear_openssl_errors();
    return out;
}

bool RevocationLists::name(const Certificate& certificate) const {
    X509* const handle = certificate.handle_.get();
    const X509_NAME* const issuer = X509_get_issuer_name(handle);
    return std::any_of(lists_.begin(), lists_.end(), [&](const auto& list) {
        X509_REVOKED* entry = nullptr;
        return X509_NAME_cmp(X509_CRL_get_issuer(list.get()), issuer) == 0 &&
               X509_CRL_get0_by_cert(list.get(), &entry, handle) == 1;
    });
}

std::optional<Instant> RevocationLists::next_update() const {
    std::optional<Instant> first;
    for (const auto& list : lists_) {
        const ASN1_TIME* const next = X509_CRL_get0_nextUpdate(list.get());
        if (next == nullptr) {
            continue;
        }
        const Time epoch = time_of(Instant());
        int days = 0;
        int seconds = 0;
        if (ASN1_TIME_diff(&days, &seconds, epoch.get(), next) != 1) {
            clear_openssl_errors();
            continue;
        }
        constexpr std::int64_t day_s = 86'400;
        const Instant at = Instant::from_seconds(days * day_s + seconds);
        first = first ? std::min(*first, at) : at;
    }
    return first;
}

}  // namespace chopmark::crypto
