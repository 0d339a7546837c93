// Bytes that are overwritten when they go: keys and what keys are made of. Like Sensitive<T> they
// cannot be printed and are opened only by the word reveal(). Plain values: copies are secrets of
// their own and wiped too; a moved-from secret is empty or zero.
#pragma once

#include <ostream>
#include <span>

#include "events/core/bytes.h"

namespace chopmark::crypto {

/// Overwrites in a way that the compiler keeps.
void wipe(void* memory, std::size_t size);
/// Overwrites the whole capacity and empties the string.
void wipe(Bytes& bytes);

/// A secret of exactly N bytes, held without allocation.
template <std::size_t N>
class Secret {
  public:
    static constexpr std::size_t size = N;

    Secret() = default;
    explicit Secret(const ByteArray<N>& bytes) : bytes_(bytes) {}
    Secret(const Secret&) = default;
    Secret& operator=(const Secret&) = default;
    ~Secret() { wipe(bytes_.data(), N); }

    /// The caller has checked that bytes.size() == N.
    static Secret from(ByteView bytes) { return Secret(to_array<N>(bytes)); }

    [[nodiscard]] ByteView reveal() const { return view(bytes_); }
    /// For whoever fills it: entropy, a key derivation.
    [[nodiscard]] std::span<std::uint8_t> writable() { return bytes_; }

    friend bool operator==(const Secret&, const Secret&) = delete;  // compare in constant time
    friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

  private:
    ByteArray<N> bytes_{};
};

using Secret32 = Secret<32>;

/// A secret of any length, e.g. an encoded key file.
class SecretBytes {
  public:
    SecretBytes() = default;
    explicit SecretBytes(Bytes bytes) : bytes_(std::move(bytes)) {}
    SecretBytes(const SecretBytes&) = default;
    SecretBytes(SecretBytes&& other) noexcept;
    SecretBytes& operator=(const SecretBytes& other);
    SecretBytes& operator=(SecretBytes&& other) noexcept;
    ~SecretBytes() { wipe(bytes_); }

    [[nodiscard]] ByteView reveal() const { return bytes_; }
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    [[nodiscard]] bool empty() const { return bytes_.empty(); }

    friend std::ostream& operator<<(std::ostream&, const SecretBytes&) = delete;

  private:
    Bytes bytes_;
};

}  // namespace chopmark::crypto
