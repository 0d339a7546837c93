// A small real PDF that waits for its signature (ISO 32000-1, 12.8): one page of text, a signature
// field, and a dictionary of filter Adobe.PPKLite, subfilter adbe.pkcs7.detached, whose ByteRange
// covers everything but the hole that the PKCS#7 goes into. Nothing of the bytes changes by
// embedding but that hole. Pure; safe from any thread.
#pragma once

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/result.h"

namespace chopmark::sandbox {

inline constexpr Reason signature_too_large{"sandbox.signature_too_large", Kind::invalid};

class SignablePdf {
  public:
    /// `text` is one line of ASCII.
    SignablePdf(std::string_view text, Instant at);

    /// The two ranges, one after the other: what the digest is over.
    [[nodiscard]] Bytes covered() const;
    [[nodiscard]] Digest digest() const;
    /// The signed document; sandbox.signature_too_large.
    [[nodiscard]] Result<Bytes> embed(ByteView pkcs7) const;
    [[nodiscard]] const Bytes& bytes() const { return bytes_; }

  private:
    Bytes bytes_;
    std::size_t hole_ = 0;  // of the '<'
};

}  // namespace chopmark::sandbox
