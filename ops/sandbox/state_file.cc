#include "ops/sandbox/state_file.h"

#include <fstream>
#include <iterator>

namespace chopmark::sandbox {
namespace {

namespace fs = std::filesystem;

}  // namespace

Result<Bytes> read_file(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        return Error(bad_state, file.string() + " cannot be read");
    }
    return Bytes(std::istreambuf_iterator<char>(in), {});
}

Result<void> write_file(const fs::path& file, ByteView bytes) {
    std::error_code failed;
    if (file.has_parent_path()) {
        fs::create_directories(file.parent_path(), failed);
    }
    const fs::path fresh = file.string() + ".new";
    {
        std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
        fs::permissions(fresh, fs::perms::owner_read | fs::perms::owner_write, failed);
        out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        if (!out.flush()) {
            return Error(bad_state, file.string() + " cannot be written");
        }
    }
    fs::rename(fresh, file, failed);
    return failed ? Result<void>(Error(bad_state, file.string() + ": " + failed.message()))
                  : Result<void>();
}

Result<Json> read_state(const fs::path& file) {
    CHOPMARK_ASSIGN(const Bytes text, read_file(file));
    Json state = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    return state.is_object() ? Result<Json>(std::move(state))
                             : Result<Json>(Error(bad_state, file.string() + " is no JSON object"));
}

Result<void> write_state(const fs::path& file, const Json& state) {
    return write_file(file, state.dump(2) + "\n");
}

Result<crypto::P256PrivateKey> key_from_hex(std::string_view hex) {
    while (!hex.empty() && (hex.back() == '\n' || hex.back() == ' ')) {
        hex.remove_suffix(1);
    }
    const auto scalar = from_hex(hex);
    if (!scalar || scalar->size() != crypto::Secret32::size) {
        return Error(bad_state, "a key is 64 hex characters");
    }
    return crypto::P256PrivateKey::from_scalar(crypto::Secret32::from(*scalar));
}

std::string key_to_hex(const crypto::P256PrivateKey& key) { return to_hex(key.scalar().reveal()); }

}  // namespace chopmark::sandbox
