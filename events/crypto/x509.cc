#include "events/crypto/x509.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "events/core/ensure.h"
#include "events/crypto/crl.h"

namespace chopmark::crypto {
namespace {

template <class T, void (*release)(T*)>
struct Release {
    void operator()(T* object) const { release(object); }
};
using Extension = std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION, X509_EXTENSION_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Release<GENERAL_NAMES, GENERAL_NAMES_free>>;
using Number = std::unique_ptr<BIGNUM, Release<BIGNUM, BN_free>>;
using Memory = std::unique_ptr<BIO, Release<BIO, BIO_free_all>>;
using Store = std::unique_ptr<X509_STORE, Release<X509_STORE, X509_STORE_free>>;
using Path = std::unique_ptr<X509_STORE_CTX, Release<X509_STORE_CTX, X509_STORE_CTX_free>>;

void free_names_only(STACK_OF(X509) * stack) { sk_X509_free(stack); }
using Stack = std::unique_ptr<STACK_OF(X509), Release<STACK_OF(X509), free_names_only>>;

/// RFC 5280 dates as seconds; the epoch for one that is none.
Instant instant_of(const ASN1_TIME* time) {
    const std::unique_ptr<ASN1_TIME, Release<ASN1_TIME, ASN1_TIME_free>> epoch(
        ASN1_TIME_set(nullptr, 0));
    ensure(epoch != nullptr);
    int days = 0;
    int seconds = 0;
    if (ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1) {
        clear_openssl_errors();
        return {};
    }
    constexpr std::int64_t day_s = 86'400;
    return Instant::from_seconds(days * day_s + seconds);
}

const unsigned char* raw(ByteView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

Bytes take_der(unsigned char* der, int length) {
    ensure(length > 0, "memory for a certificate");
    Bytes out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    return out;
}

bool add_name(X509_NAME* name, const char* field, const std::string& value) {
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, raw(value),
                                      static_cast<int>(value.size()), -1, 0) == 1;
}

bool set_names(X509* made, const CertificateSpec& spec, const X509* issuer) {
    X509_NAME* const name = X509_get_subject_name(made);
    if (!spec.organization.empty() && !add_name(name, "O", spec.organization)) {
        return false;
    }
    return add_name(name, "CN", spec.common_name) &&
           X509_set_issuer_name(made, issuer == nullptr ? name : X509_get_subject_name(issuer)) ==
               1;
}

bool set_numbers(X509* made, const CertificateSpec& spec) {
    const Number serial(
        BN_bin2bn(spec.serial.data(), static_cast<int>(spec.serial.size()), nullptr));
    ensure(serial != nullptr);
    return X509_set_version(made, X509_VERSION_3) == 1 && BN_is_zero(serial.get()) == 0 &&
           BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(made)) != nullptr &&
           ASN1_TIME_set(X509_getm_notBefore(made), spec.not_before.seconds()) != nullptr &&
           ASN1_TIME_set(X509_getm_notAfter(made), spec.not_after.seconds()) != nullptr;
}

bool add_extension(X509* made, const X509* issuer, int kind, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, const_cast<X509*>(issuer == nullptr ? made : issuer), made, nullptr,
                   nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
    return extension != nullptr && X509_add_ext(made, extension.get(), -1) == 1;
}

bool add_dns_names(X509* made, const std::vector<std::string>& dns_names) {
    if (dns_names.empty()) {
        return true;
    }
    const Names names(sk_GENERAL_NAME_new_null());
    ensure(names != nullptr);
    for (const std::string& dns : dns_names) {
        ASN1_IA5STRING* const text = ASN1_IA5STRING_new();
        GENERAL_NAME* const name = GENERAL_NAME_new();
        ensure(text != nullptr && name != nullptr &&
               ASN1_STRING_set(text, dns.data(), static_cast<int>(dns.size())) == 1);
        GENERAL_NAME_set0_value(name, GEN_DNS, text);
        ensure(sk_GENERAL_NAME_push(names.get(), name) > 0);
    }
    return X509_add1_ext_i2d(made, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

bool add_extensions(X509* made, const CertificateSpec& spec, const X509* issuer) {
    const bool identified = add_extension(made, issuer, NID_subject_key_identifier, "hash") &&
                            add_extension(made, issuer, NID_authority_key_identifier, "keyid");
    if (!identified || !add_dns_names(made, spec.dns_names)) {
        return false;
    }
    const auto add = [&](int kind, const char* value) {
        return add_extension(made, issuer, kind, value);
    };
    switch (spec.use) {
        case CertificateUse::authority:
            return add(NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                   add(NID_key_usage, "critical,keyCertSign,cRLSign");
        case CertificateUse::node:
            return add(NID_basic_constraints, "critical,CA:FALSE") &&
                   add(NID_key_usage, "critical,digitalSignature") &&
                   add(NID_ext_key_usage, "serverAuth,clientAuth");
        case CertificateUse::signature:
            return add(NID_basic_constraints, "critical,CA:FALSE") &&
                   add(NID_key_usage, "critical,digitalSignature,nonRepudiation") &&
                   add(NID_ext_key_usage, "emailProtection");
        case CertificateUse::encipherment:
            return add(NID_basic_constraints, "critical,CA:FALSE") &&
                   add(NID_key_usage, "critical,keyEncipherment,dataEncipherment");
    }
    return false;
}

}  // namespace

void FreeX509::operator()(x509_st* certificate) const { X509_free(certificate); }

Result<Certificate> Certificate::parse(ByteView der) {
    const unsigned char* at = raw(der);
    Handle handle(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    clear_openssl_errors();
    if (handle == nullptr || at != raw(der) + der.size()) {
        return Error(bad_certificate, "not a certificate");
    }
    return Certificate(std::move(handle), Bytes(der));
}

Result<Certificate> Certificate::from_pem(ByteView pem) {
    const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    ensure(memory != nullptr, "memory for a certificate");
    Handle handle(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
    clear_openssl_errors();
    if (handle == nullptr) {
        return Error(bad_certificate, "no certificate in PEM");
    }
    unsigned char* der = nullptr;
    const int length = i2d_X509(handle.get(), &der);
    return Certificate(std::move(handle), take_der(der, length));
}

Result<std::vector<Certificate>> Certificate::all_from_pem(ByteView pem, std::size_t most) {
    const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    ensure(memory != nullptr, "memory for certificates");
    std::vector<Certificate> all;
    while (X509* const next = PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)) {
        Handle handle(next);
        if (all.size() == most) {
            return Error(bad_certificate, "too many certificates");
        }
        unsigned char* der = nullptr;
        const int length = i2d_X509(handle.get(), &der);
        all.push_back(Certificate(std::move(handle), take_der(der, length)));
    }
    // What ends the reading is either the end of the text, or a block that is no certificate.
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    clear_openssl_errors();
    return at_end && !all.empty() ? Result<std::vector<Certificate>>(std::move(all))
                                  : Error(bad_certificate, "no certificate in PEM");
}

Result<Certificate> Certificate::issue(const CertificateSpec& spec, evp_pkey_st* subject_key,
                                       const Certificate* issuer, evp_pkey_st* issuer_key) {
    Handle made(X509_new());
    ensure(made != nullptr, "memory for a certificate");
    const X509* const issuing = issuer == nullptr ? nullptr : issuer->handle_.get();
    if (spec.common_name.empty() || !set_names(made.get(), spec, issuing) ||
        !set_numbers(made.get(), spec) || X509_set_pubkey(made.get(), subject_key) != 1 ||
        !add_extensions(made.get(), spec, issuing)) {
        clear_openssl_errors();
        return Error(bad_certificate, "the specification does not fit X.509");
    }
    const EVP_MD* const digest = EVP_PKEY_is_a(issuer_key, "ED25519") == 1 ? nullptr : EVP_sha256();
    ensure(X509_sign(made.get(), issuer_key, digest) > 0, "a certificate can be signed");
    unsigned char* der = nullptr;
    const int length = i2d_X509(made.get(), &der);
    return Certificate(std::move(made), take_der(der, length));
}

std::string Certificate::pem() const {
    const Memory memory(BIO_new(BIO_s_mem()));
    ensure(memory != nullptr && PEM_write_bio_X509(memory.get(), handle_.get()) == 1);
    char* text = nullptr;
    const long length = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(length)};
}

std::string Certificate::common_name() const {
    const X509_NAME* const name = X509_get_subject_name(handle_.get());
    const int first = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (first < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, first) >= 0) {
        return {};
    }
    unsigned char* text = nullptr;
    const int length =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, first)));
    if (length < 0) {
        clear_openssl_errors();
        return {};
    }
    std::string out(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length));
    OPENSSL_free(text);
    return out;
}

std::vector<std::string> Certificate::dns_names() const {
    const Names names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(handle_.get(), NID_subject_alt_name, nullptr, nullptr)));
    std::vector<std::string> out;
    for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        int kind = 0;
        const auto* const value = static_cast<const ASN1_STRING*>(
            GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &kind));
        if (kind == GEN_DNS) {
            out.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                             static_cast<std::size_t>(ASN1_STRING_length(value)));
        }
    }
    clear_openssl_errors();
    return out;
}

Bytes Certificate::serial() const {
    const Number number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(handle_.get()), nullptr));
    ensure(number != nullptr);
    Bytes out(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
    BN_bn2bin(number.get(), reinterpret_cast<unsigned char*>(out.data()));
    return out;
}

bool Certificate::is_authority() const { return X509_check_ca(handle_.get()) == 1; }

Instant Certificate::not_after() const { return instant_of(X509_get0_notAfter(handle_.get())); }

Instant Certificate::not_before() const { return instant_of(X509_get0_notBefore(handle_.get())); }

bool Certificate::may_encipher() const {
    const std::uint32_t usage = X509_get_key_usage(handle_.get());
    return usage != UINT32_MAX && (usage & (KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT)) != 0;
}

bool Certificate::issued_by(const Certificate& issuer) const {
    const bool names_agree = X509_NAME_cmp(X509_get_issuer_name(handle_.get()),
                                           X509_get_subject_name(issuer.handle_.get())) == 0;
    EVP_PKEY* const key = X509_get0_pubkey(issuer.handle_.get());
    const bool good = names_agree && key != nullptr && X509_verify(handle_.get(), key) == 1;
    clear_openssl_errors();
    return good;
}

std::optional<Bytes> Certificate::ed25519_key() const {
    EVP_PKEY* const key = X509_get0_pubkey(handle_.get());
    Bytes out(32, '\0');
    std::size_t length = out.size();
    if (key == nullptr || EVP_PKEY_is_a(key, "ED25519") != 1 ||
        EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(out.data()), &length) !=
            1 ||
        length != out.size()) {
        clear_openssl_errors();
        return std::nullopt;
    }
    return out;
}

namespace {

bool is_of_revocation(int error) {
    switch (error) {
        case X509_V_ERR_UNABLE_TO_GET_CRL:
        case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
        case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
        case X509_V_ERR_CRL_SIGNATURE_FAILURE:
        case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
        case X509_V_ERR_CRL_NOT_YET_VALID:
        case X509_V_ERR_CRL_HAS_EXPIRED:
        case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
        case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
        case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
        case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
        case X509_V_ERR_DIFFERENT_CRL_SCOPE:
        case X509_V_ERR_CERT_REVOKED:
            return true;
        default:
            return false;
    }
}

/// Who is trusted by name is so whatever its own authority says; nobody names that one's list.
int pass_the_trusted(int good, X509_STORE_CTX* path) {
    const int last = sk_X509_num(X509_STORE_CTX_get0_chain(path)) - 1;
    const bool passes = X509_STORE_CTX_get_error_depth(path) == last &&
                        is_of_revocation(X509_STORE_CTX_get_error(path));
    return good == 1 || passes ? 1 : 0;
}

}  // namespace

Result<void> verify_chain(const Certificate& leaf, std::span<const Certificate> between,
                          std::span<const Certificate> trusted, Instant at,
                          const RevocationLists* lists) {
    constexpr int bits_112 = 2;  // OpenSSL's level: RSA of 2048 bits, SHA-224
    constexpr int certificates_between = 4;
    const Store store(X509_STORE_new());
    const Stack others(sk_X509_new_null());
    const Path path(X509_STORE_CTX_new());
    ensure(store != nullptr && others != nullptr && path != nullptr, "memory for a path");
    for (const Certificate& anchor : trusted) {
        ensure(X509_STORE_add_cert(store.get(), anchor.handle_.get()) == 1);
    }
    for (const Certificate& one : between) {
        ensure(sk_X509_push(others.get(), one.handle_.get()) > 0);
    }
    ensure(X509_STORE_CTX_init(path.get(), store.get(), leaf.handle_.get(), others.get()) == 1);
    X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(path.get());
    X509_VERIFY_PARAM_set_time(rules, at.seconds());
    // An authority that is named need not be a root.
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_auth_level(rules, bits_112);
    X509_VERIFY_PARAM_set_depth(rules, certificates_between);
    if (lists != nullptr) {
        for (const auto& list : lists->lists_) {
            ensure(X509_STORE_add_crl(store.get(), list.get()) == 1);
        }
        X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
        X509_STORE_CTX_set_verify_cb(path.get(), pass_the_trusted);
    }
    const bool good = X509_verify_cert(path.get()) == 1;
    const int why = X509_STORE_CTX_get_error(path.get());
    clear_openssl_errors();
    return good ? Result<void>()
                : Result<void>(Error(bad_certificate, X509_verify_cert_error_string(why)));
}

Bytes Certificate::spki() const {
    unsigned char* der = nullptr;
    const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(handle_.get()), &der);
    return take_der(der, length);
}

}  // namespace chopmark::crypto
