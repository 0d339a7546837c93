#include "ops/sandbox/pdf.h"

#include <fmt/format.h>

#include <vector>

#include "events/crypto/digest.h"

namespace chopmark::sandbox {
namespace {

constexpr std::size_t hole_digits = 2 * 12 * 1024;      // hex of the largest PKCS#7
constexpr std::size_t hole_bytes = hole_digits + 2;     // with < and >
constexpr std::string_view range_blank = "0000000000";  // of each number of ByteRange

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '(' || c == ')' || c == '\\') {
            out.push_back('\\');
        }
        out.push_back(c >= ' ' && c <= '~' ? c : '?');
    }
    return out;
}

std::string date_of(Instant at) {
    const std::string iso = to_string(at);  // 2026-11-21T03:17:57.000001Z
    return "D:" + iso.substr(0, 4) + iso.substr(5, 2) + iso.substr(8, 2) + iso.substr(11, 2) +
           iso.substr(14, 2) + iso.substr(17, 2) + "Z";
}

std::vector<std::string> objects(std::string_view text, Instant at) {
    const std::string content = fmt::format("BT /F1 14 Tf 72 720 Td ({}) Tj ET", escaped(text));
    return {
        "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] /SigFlags 3 >> >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        "/Resources << /Font << /F1 7 0 R >> >> /Annots [5 0 R] >>",
        fmt::format("<< /Length {} >>\nstream\n{}\nendstream", content.size(), content),
        "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature1) /Rect [0 0 0 0] /F 132 "
        "/P 3 0 R /V 6 0 R >>",
        fmt::format("<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached "
                    "/M ({}) /ByteRange [0 {} {} {}] /Contents <{}> >>",
                    date_of(at), range_blank, range_blank, range_blank,
                    std::string(hole_digits, '0')),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    };
}

}  // namespace

SignablePdf::SignablePdf(std::string_view text, Instant at) {
    bytes_ = "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n";
    std::vector<std::size_t> offsets;
    for (const std::string& object : objects(text, at)) {
        offsets.push_back(bytes_.size());
        bytes_ += fmt::format("{} 0 obj\n{}\nendobj\n", offsets.size(), object);
    }
    const std::size_t table = bytes_.size();
    bytes_ += fmt::format("xref\n0 {}\n0000000000 65535 f \n", offsets.size() + 1);
    for (const std::size_t offset : offsets) {
        bytes_ += fmt::format("{:010} 00000 n \n", offset);
    }
    bytes_ += fmt::format("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{}\n%%EOF\n",
                          offsets.size() + 1, table);
    constexpr std::string_view contents = "/Contents <0";
    hole_ = bytes_.find(contents) + contents.size() - 2;
    const std::size_t behind = hole_ + hole_bytes;
    constexpr std::string_view range = "/ByteRange [0 ";
    const std::string numbers =
        fmt::format("{:>10} {:>10} {:>10}", hole_, behind, bytes_.size() - behind);
    bytes_.replace(bytes_.find(range) + range.size(), numbers.size(), numbers);
}

Bytes SignablePdf::covered() const {
    return bytes_.substr(0, hole_) + bytes_.substr(hole_ + hole_bytes);
}

Digest SignablePdf::digest() const { return crypto::sha256(covered()); }

Result<Bytes> SignablePdf::embed(ByteView pkcs7) const {
    if (pkcs7.size() * 2 > hole_digits) {
        return signature_too_large;
    }
    Bytes out = bytes_;
    const std::string hex = to_hex(pkcs7);
    out.replace(hole_ + 1, hex.size(), hex);
    return out;
}

}  // namespace chopmark::sandbox
