// A PKCS#11 module opened by dlopen and initialised for use from several threads. Private to the
// PKCS#11 adapters. Whoever initialised it finalises it; a module that another part of the process
// had initialised before is left as it is.
#pragma once

#include <p11-kit/pkcs11.h>

#include <memory>
#include <string>

#include "events/keys/epoch_store.h"

namespace chopmark::keys {

class Pkcs11Module {
  public:
    static Result<std::unique_ptr<Pkcs11Module>> open(const std::string& path);
    ~Pkcs11Module();
    Pkcs11Module(const Pkcs11Module&) = delete;
    Pkcs11Module& operator=(const Pkcs11Module&) = delete;

    /// The functions of the module.
    CK_FUNCTION_LIST* operator->() const { return functions_; }
    /// The slot of the only present token with that label.
    [[nodiscard]] Result<CK_SLOT_ID> find_token(const std::string& label) const;

  private:
    Pkcs11Module(void* library, CK_FUNCTION_LIST* functions)
        : library_(library), functions_(functions) {}
    void* library_;
    CK_FUNCTION_LIST* functions_;
    bool finalize_ = false;
};

/// keys.store_failed: "C_Login: 0x000000a0".
Error pkcs11_failed(const char* call, CK_RV code);

}  // namespace chopmark::keys
