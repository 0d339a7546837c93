#include "events/keys/pkcs11_module.h"

#include <dlfcn.h>

#include <cstdio>
#include <vector>

namespace chopmark::keys {
namespace {

// Labels of tokens are 32 characters, padded with blanks, not terminated.
std::string trimmed(const unsigned char (&label)[32]) {
    std::string out(reinterpret_cast<const char*>(label), sizeof label);
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
}

}  // namespace

Error pkcs11_failed(const char* call, CK_RV code) {
    char text[96];
    std::snprintf(text, sizeof text, "%s: 0x%08lx", call, static_cast<unsigned long>(code));
    return {store_failed, text};
}

Result<std::unique_ptr<Pkcs11Module>> Pkcs11Module::open(const std::string& path) {
    void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        return Error(store_failed, "cannot load the PKCS#11 module " + path);
    }
    const auto get_functions =
        reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
    CK_FUNCTION_LIST* functions = nullptr;
    if (get_functions == nullptr || get_functions(&functions) != CKR_OK || functions == nullptr) {
        ::dlclose(library);
        return Error(store_failed, path + " is no PKCS#11 module");
    }
    std::unique_ptr<Pkcs11Module> module(new Pkcs11Module(library, functions));
    CK_C_INITIALIZE_ARGS arguments{};
    arguments.flags = CKF_OS_LOCKING_OK;
    const CK_RV code = functions->C_Initialize(&arguments);
    if (code != CKR_OK && code != CKR_CRYPTOKI_ALREADY_INITIALIZED) {
        return pkcs11_failed("C_Initialize", code);
    }
    module->finalize_ = code == CKR_OK;
    return module;
}

Pkcs11Module::~Pkcs11Module() {
    if (finalize_) {
        functions_->C_Finalize(nullptr);
    }
    ::dlclose(library_);
}

Result<CK_SLOT_ID> Pkcs11Module::find_token(const std::string& label) const {
    CK_ULONG count = 0;
    CK_RV code = functions_->C_GetSlotList(CK_TRUE, nullptr, &count);
    std::vector<CK_SLOT_ID> slots(count);
    if (code == CKR_OK && count > 0) {
        code = functions_->C_GetSlotList(CK_TRUE, slots.data(), &count);
    }
    if (code != CKR_OK) {
        return pkcs11_failed("C_GetSlotList", code);
    }
    slots.resize(count);
    std::vector<CK_SLOT_ID> found;
    for (const CK_SLOT_ID slot : slots) {
        CK_TOKEN_INFO info{};
        if (functions_->C_GetTokenInfo(slot, &info) == CKR_OK && trimmed(info.label) == label) {
            found.push_back(slot);
        }
    }
    if (found.size() != 1) {
        return Error(store_failed, std::to_string(found.size()) + " tokens are labelled " + label);
    }
    return found.front();
}

}  // namespace chopmark::keys
