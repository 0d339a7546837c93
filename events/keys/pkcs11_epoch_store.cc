#include "events/keys/pkcs11_epoch_store.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <mutex>

#include "events/keys/pkcs11_module.h"

namespace chopmark::keys {
namespace {

constexpr CK_ULONG found_at_once = 64;

CK_BYTE* bytes_of(ByteView bytes) {
    // The C interface takes all input as mutable and changes none of it.
    return reinterpret_cast<CK_BYTE*>(const_cast<char*>(bytes.data()));
}

CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, void* value, std::size_t size) {
    return {type, value, static_cast<CK_ULONG>(size)};
}

// The parameters of one AES-GCM call; they point into this object.
class Gcm {
  public:
    Gcm(Epoch epoch, ByteView nonce) : nonce_(nonce), additional_(wrapping_additional(epoch)) {
        parameters_ = {bytes_of(nonce_),      nonce_.size(),      nonce_.size() * 8,
                       bytes_of(additional_), additional_.size(), 128};
        mechanism_ = {CKM_AES_GCM, &parameters_, sizeof parameters_};
    }
    Gcm(const Gcm&) = delete;
    Gcm& operator=(const Gcm&) = delete;
    CK_MECHANISM* mechanism() { return &mechanism_; }

  private:
    Bytes nonce_;
    Bytes additional_;
    CK_GCM_PARAMS parameters_{};
    CK_MECHANISM mechanism_{};
};

bool session_is_gone(CK_RV code) {
    return code == CKR_SESSION_HANDLE_INVALID || code == CKR_SESSION_CLOSED ||
           code == CKR_USER_NOT_LOGGED_IN || code == CKR_DEVICE_REMOVED;
}

}  // namespace

// The session and what is done in it. Methods that touch the token are called with the lock held.
class Pkcs11EpochStore::Token {
  public:
    Token(Pkcs11Options options, Entropy& entropy, std::unique_ptr<Pkcs11Module> module)
        : options_(std::move(options)), entropy_(entropy), module_(std::move(module)) {}
    ~Token() { close(); }
    Token(const Token&) = delete;
    Token& operator=(const Token&) = delete;

    Result<void> log_in();
    Result<std::optional<CK_OBJECT_HANDLE>> find(Epoch epoch);
    Result<CK_OBJECT_HANDLE> get(Epoch epoch);
    Result<void> generate(Epoch epoch);
    Result<Bytes> encrypt(CK_OBJECT_HANDLE key, Gcm& gcm, ByteView plain);
    Result<Bytes> decrypt(CK_OBJECT_HANDLE key, Gcm& gcm, ByteView sealed);
    Result<void> destroy(CK_OBJECT_HANDLE key);
    Result<std::vector<Epoch>> list();
    Bytes nonce();

    /// Runs `work` under the lock, once more after a new log-in when the session was gone.
    template <class Work>
    auto in_session(Work&& work) -> decltype(work()) {
        const std::lock_guard lock(mutex_);
        session_gone_ = false;
        auto outcome = work();
        if (outcome || !session_gone_) {
            return outcome;
        }
        close();
        CHOPMARK_TRY(log_in());
        return work();
    }

  private:
    Error failed(const char* call, CK_RV code) {
        session_gone_ = session_gone_ || session_is_gone(code);
        return pkcs11_failed(call, code);
    }
    void close();
    [[nodiscard]] std::string label_of(Epoch epoch) const {
        return options_.key_label + "-" + std::to_string(epoch.value());
    }
    [[nodiscard]] std::optional<Epoch> epoch_of(std::string_view label) const;
    Result<std::vector<CK_OBJECT_HANDLE>> search(std::span<CK_ATTRIBUTE> wanted);
    Result<std::string> label_at(CK_OBJECT_HANDLE key);

    Pkcs11Options options_;
    Entropy& entropy_;
    std::unique_ptr<Pkcs11Module> module_;
    std::mutex mutex_;
    CK_SESSION_HANDLE session_ = 0;
    bool open_ = false;
    bool session_gone_ = false;
};

Result<void> Pkcs11EpochStore::Token::log_in() {
    CHOPMARK_ASSIGN(const CK_SLOT_ID slot, module_->find_token(options_.token));
    CK_RV code = (*module_)->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr,
                                           nullptr, &session_);
    if (code != CKR_OK) {
        return pkcs11_failed("C_OpenSession", code);
    }
    open_ = true;
    const ByteView pin = options_.pin.reveal();
    code = (*module_)->C_Login(session_, CKU_USER, bytes_of(pin), pin.size());
    if (code != CKR_OK && code != CKR_USER_ALREADY_LOGGED_IN) {
        return pkcs11_failed("C_Login", code);
    }
    return {};
}

void Pkcs11EpochStore::Token::close() {
    if (open_) {
        (*module_)->C_CloseSession(session_);
        open_ = false;
    }
}

Result<std::vector<CK_OBJECT_HANDLE>> Pkcs11EpochStore::Token::search(
    std::span<CK_ATTRIBUTE> wanted) {
    CK_RV code = (*module_)->C_FindObjectsInit(session_, wanted.data(), wanted.size());
    if (code != CKR_OK) {
        return failed("C_FindObjectsInit", code);
    }
    std::vector<CK_OBJECT_HANDLE> found;
    std::array<CK_OBJECT_HANDLE, found_at_once> page{};
    CK_ULONG count = 0;
    do {
        code = (*module_)->C_FindObjects(session_, page.data(), page.size(), &count);
        found.insert(found.end(), page.begin(),
                     page.begin() + static_cast<std::ptrdiff_t>(code == CKR_OK ? count : 0));
    } while (code == CKR_OK && count > 0);
    (*module_)->C_FindObjectsFinal(session_);
    if (code != CKR_OK) {
        return failed("C_FindObjects", code);
    }
    return found;
}

Result<std::optional<CK_OBJECT_HANDLE>> Pkcs11EpochStore::Token::find(Epoch epoch) {
    CK_OBJECT_CLASS kind = CKO_SECRET_KEY;
    std::string label = label_of(epoch);
    std::array wanted{attribute(CKA_CLASS, &kind, sizeof kind),
                      attribute(CKA_LABEL, label.data(), label.size())};
    CHOPMARK_ASSIGN(const auto found, search(wanted));
    if (found.size() > 1) {
        return Error(store_failed, std::to_string(found.size()) + " keys are labelled " + label);
    }
    return found.empty() ? std::nullopt : std::optional(found.front());
}

Result<CK_OBJECT_HANDLE> Pkcs11EpochStore::Token::get(Epoch epoch) {
    CHOPMARK_ASSIGN(const auto found, find(epoch));
    if (!found) {
        return Error(no_epoch, std::to_string(epoch.value()));
    }
    return *found;
}

Result<void> Pkcs11EpochStore::Token::generate(Epoch epoch) {
    CK_OBJECT_CLASS kind = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_ULONG length = crypto::Secret32::size;
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    std::string label = label_of(epoch);
    std::array wanted{attribute(CKA_CLASS, &kind, sizeof kind),
                      attribute(CKA_KEY_TYPE, &type, sizeof type),
                      attribute(CKA_VALUE_LEN, &length, sizeof length),
                      attribute(CKA_LABEL, label.data(), label.size()),
                      attribute(CKA_TOKEN, &yes, sizeof yes),
                      attribute(CKA_PRIVATE, &yes, sizeof yes),
                      attribute(CKA_SENSITIVE, &yes, sizeof yes),
                      attribute(CKA_EXTRACTABLE, &no, sizeof no),
                      attribute(CKA_ENCRYPT, &yes, sizeof yes),
                      attribute(CKA_DECRYPT, &yes, sizeof yes)};
    CK_MECHANISM mechanism{CKM_AES_KEY_GEN, nullptr, 0};
    CK_OBJECT_HANDLE made = 0;
    const CK_RV code =
        (*module_)->C_GenerateKey(session_, &mechanism, wanted.data(), wanted.size(), &made);
    if (code != CKR_OK) {
        return failed("C_GenerateKey", code);
    }
    return {};
}

Result<Bytes> Pkcs11EpochStore::Token::encrypt(CK_OBJECT_HANDLE key, Gcm& gcm, ByteView plain) {
    CK_RV code = (*module_)->C_EncryptInit(session_, gcm.mechanism(), key);
    if (code != CKR_OK) {
        return failed("C_EncryptInit", code);
    }
    Bytes out(plain.size() + 16, '\0');
    CK_ULONG length = out.size();
    code = (*module_)->C_Encrypt(session_, bytes_of(plain), plain.size(), bytes_of(out), &length);
    if (code != CKR_OK || length != out.size()) {
        return failed("C_Encrypt", code);
    }
    return out;
}

Result<Bytes> Pkcs11EpochStore::Token::decrypt(CK_OBJECT_HANDLE key, Gcm& gcm, ByteView sealed) {
    CK_RV code = (*module_)->C_DecryptInit(session_, gcm.mechanism(), key);
    if (code != CKR_OK) {
        return failed("C_DecryptInit", code);
    }
    Bytes out(sealed.size(), '\0');
    CK_ULONG length = out.size();
    code = (*module_)->C_Decrypt(session_, bytes_of(sealed), sealed.size(), bytes_of(out), &length);
    if (code == CKR_ENCRYPTED_DATA_INVALID || code == CKR_GENERAL_ERROR) {
        // SoftHSM answers a wrong tag with the general error.
        return Error(bad_wrapping, pkcs11_failed("C_Decrypt", code).detail);
    }
    if (code != CKR_OK) {
        return failed("C_Decrypt", code);
    }
    out.resize(length);
    return out;
}

Result<void> Pkcs11EpochStore::Token::destroy(CK_OBJECT_HANDLE key) {
    const CK_RV code = (*module_)->C_DestroyObject(session_, key);
    if (code != CKR_OK) {
        return failed("C_DestroyObject", code);
    }
    return {};
}

Result<std::string> Pkcs11EpochStore::Token::label_at(CK_OBJECT_HANDLE key) {
    CK_ATTRIBUTE wanted = attribute(CKA_LABEL, nullptr, 0);
    CK_RV code = (*module_)->C_GetAttributeValue(session_, key, &wanted, 1);
    std::string label;
    if (code == CKR_OK) {
        label.resize(wanted.ulValueLen);
        wanted.pValue = label.data();
        code = (*module_)->C_GetAttributeValue(session_, key, &wanted, 1);
    }
    if (code != CKR_OK) {
        return failed("C_GetAttributeValue", code);
    }
    return label;
}

std::optional<Epoch> Pkcs11EpochStore::Token::epoch_of(std::string_view label) const {
    const std::string prefix = options_.key_label + "-";
    if (!label.starts_with(prefix)) {
        return std::nullopt;
    }
    label.remove_prefix(prefix.size());
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(label.begin(), label.end(), number);
    if (error != std::errc() || end != label.end()) {
        return std::nullopt;
    }
    return Epoch(number);
}

Result<std::vector<Epoch>> Pkcs11EpochStore::Token::list() {
    CK_OBJECT_CLASS kind = CKO_SECRET_KEY;
    std::array wanted{attribute(CKA_CLASS, &kind, sizeof kind)};
    CHOPMARK_ASSIGN(const auto found, search(wanted));
    std::vector<Epoch> out;
    for (const CK_OBJECT_HANDLE key : found) {
        CHOPMARK_ASSIGN(const std::string label, label_at(key));
        if (const auto epoch = epoch_of(label)) {
            out.push_back(*epoch);
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

Bytes Pkcs11EpochStore::Token::nonce() {
    ByteArray<12> drawn{};
    entropy_.fill(drawn);
    return Bytes(view(drawn));
}

Pkcs11EpochStore::Pkcs11EpochStore(std::unique_ptr<Token> token) : token_(std::move(token)) {}
Pkcs11EpochStore::~Pkcs11EpochStore() = default;

Result<std::unique_ptr<Pkcs11EpochStore>> Pkcs11EpochStore::open(Pkcs11Options options,
                                                                 Entropy& entropy) {
    CHOPMARK_ASSIGN(auto module, Pkcs11Module::open(options.module));
    auto token = std::make_unique<Token>(std::move(options), entropy, std::move(module));
    CHOPMARK_TRY(token->log_in());
    return std::unique_ptr<Pkcs11EpochStore>(new Pkcs11EpochStore(std::move(token)));
}

Result<void> Pkcs11EpochStore::create(Epoch epoch) {
    return token_->in_session([&]() -> Result<void> {
        CHOPMARK_ASSIGN(const auto there, token_->find(epoch));
        return there ? Result<void>() : token_->generate(epoch);
    });
}

Result<Bytes> Pkcs11EpochStore::wrap(Epoch epoch, const crypto::Secret32& data_key) {
    return token_->in_session([&]() -> Result<Bytes> {
        CHOPMARK_ASSIGN(const auto key, token_->get(epoch));
        const Bytes nonce = token_->nonce();
        Gcm gcm(epoch, nonce);
        CHOPMARK_ASSIGN(const Bytes sealed, token_->encrypt(key, gcm, data_key.reveal()));
        return nonce + sealed;
    });
}

Result<crypto::Secret32> Pkcs11EpochStore::unwrap(Epoch epoch, ByteView wrapped) {
    return token_->in_session([&]() -> Result<crypto::Secret32> {
        CHOPMARK_ASSIGN(const auto key, token_->get(epoch));
        if (wrapped.size() != wrapped_bytes) {
            return bad_wrapping;
        }
        Gcm gcm(epoch, wrapped.substr(0, 12));
        CHOPMARK_ASSIGN(Bytes opened, token_->decrypt(key, gcm, wrapped.substr(12)));
        if (opened.size() != crypto::Secret32::size) {
            return bad_wrapping;
        }
        const auto data_key = crypto::Secret32::from(opened);
        crypto::wipe(opened);
        return data_key;
    });
}

Result<void> Pkcs11EpochStore::destroy(Epoch epoch) {
    return token_->in_session([&]() -> Result<void> {
        CHOPMARK_ASSIGN(const auto there, token_->find(epoch));
        return there ? token_->destroy(*there) : Result<void>();
    });
}

Result<std::vector<Epoch>> Pkcs11EpochStore::list() {
    return token_->in_session([&] { return token_->list(); });
}

}  // namespace chopmark::keys
