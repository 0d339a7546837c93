#include "gateways/rp/qr_picture.h"

#include <fmt/format.h>
#include <qrencode.h>

#include <memory>

namespace chopmark::rp {
namespace {

constexpr int quiet_modules = 4;

struct Free {
    void operator()(QRcode* code) const { QRcode_free(code); }
};

}  // namespace

Result<std::string> qr_svg(std::string_view text) {
    const std::unique_ptr<QRcode, Free> code(
        QRcode_encodeString(std::string(text).c_str(), 0, QR_ECLEVEL_M, QR_MODE_8, 1));
    if (code == nullptr) {
        return qr_too_long;
    }
    std::string path;
    for (int y = 0; y < code->width; ++y) {
        for (int x = 0; x < code->width;) {
            int dark = 0;
            while (x + dark < code->width && (code->data[y * code->width + x + dark] & 1) != 0) {
                ++dark;
            }
            if (dark > 0) {
                path += fmt::format("M{} {}h{}v1h-{}z", x + quiet_modules, y + quiet_modules, dark,
                                    dark);
            }
            x += dark + 1;
        }
    }
    const int size = code->width + 2 * quiet_modules;
    return fmt::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" role="img" )"
        R"(shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{0}v{0}H0z"/>)"
        R"(<path fill="#000" d="{1}"/></svg>)",
        size, path);
}

}  // namespace chopmark::rp
