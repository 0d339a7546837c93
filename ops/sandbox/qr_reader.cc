#include "ops/sandbox/qr_reader.h"

#include <fmt/format.h>
#include <zbar.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace chopmark::sandbox {
namespace {

constexpr unsigned longest_side = 8192;
constexpr unsigned grid_limit = 400;
constexpr unsigned border_units = 4;  // a light border, should the picture have none
constexpr std::uint8_t black = 0;
constexpr std::uint8_t white = 255;

// ---- SVG
// -----------------------------------------------------------------------------------------

/// The value of `name="…"` in a tag; empty if it has none.
std::string_view attribute(std::string_view tag, std::string_view name) {
    const std::string open = fmt::format(" {}=\"", name);
    const std::size_t at = tag.find(open);
    if (at == std::string_view::npos) {
        return {};
    }
    tag.remove_prefix(at + open.size());
    return tag.substr(0, tag.find('"'));
}

/// Reads path data letter by letter: numbers come after commas, spaces or at once.
class PathText {
  public:
    explicit PathText(std::string_view text) : text_(text) {}

    [[nodiscard]] bool done() {
        skip();
        return text_.empty();
    }
    std::optional<char> letter() {
        skip();
        if (text_.empty()) {
            return std::nullopt;
        }
        const char out = text_.front();
        text_.remove_prefix(1);
        return out;
    }
    std::optional<int> number() {
        skip();
        int out = 0;
        const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), out);
        if (error != std::errc()) {
            return std::nullopt;
        }
        text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
        return out;
    }

  private:
    void skip() {
        while (!text_.empty() && (text_.front() == ' ' || text_.front() == ',')) {
            text_.remove_prefix(1);
        }
    }
    std::string_view text_;
};

struct Rectangle {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
};

/// "M x y h w v h h -w z": the walk around one rectangle, after its M.
std::optional<Rectangle> read_rectangle(PathText& path) {
    const auto x = path.number();
    const auto y = path.number();
    if (!x || !y || path.letter() != 'h') {
        return std::nullopt;
    }
    const auto width = path.number();
    if (!width || path.letter() != 'v') {
        return std::nullopt;
    }
    const auto height = path.number();
    const auto turn = path.letter();
    const auto back = path.number();
    const bool closed = (turn == 'h' && back == -*width) || (turn == 'H' && back == *x);
    if (!height || !closed || path.letter() != 'z') {
        return std::nullopt;
    }
    return Rectangle{*x, *y, *width, *height};
}

class Canvas {
  public:
    Canvas(unsigned units, unsigned scale) : scale_(scale) {
        const unsigned side = (units + 2 * border_units) * scale;
        image_ = {side, side, std::vector<std::uint8_t>(std::size_t{side} * side, white)};
    }

    bool fill(const Rectangle& area, std::uint8_t shade) {
        const int units = static_cast<int>(image_.width / scale_ - 2 * border_units);
        if (area.x < 0 || area.y < 0 || area.width < 0 || area.height < 0 ||
            area.x > units - area.width || area.y > units - area.height) {
            return false;
        }
        const auto pixel = [&](int unit) {
            return (static_cast<unsigned>(unit) + border_units) * scale_;
        };
        for (unsigned y = pixel(area.y); y < pixel(area.y + area.height); ++y) {
            const auto row = image_.pixels.begin() + static_cast<std::ptrdiff_t>(y) *
                                                         static_cast<std::ptrdiff_t>(image_.width);
            std::fill(row + pixel(area.x), row + pixel(area.x + area.width), shade);
        }
        return true;
    }
    GreyImage take() { return std::move(image_); }

  private:
    unsigned scale_;
    GreyImage image_;
};

std::optional<std::uint8_t> shade_of(std::string_view fill) {
    if (fill == "#fff" || fill == "#ffffff" || fill == "white") {
        return white;
    }
    if (fill.empty() || fill == "#000" || fill == "#000000" || fill == "black") {
        return black;
    }
    return std::nullopt;
}

Result<void> draw_path(Canvas& canvas, std::string_view tag) {
    const auto shade = shade_of(attribute(tag, "fill"));
    if (!shade) {
        return Error(picture_unknown, "a fill that is neither black nor white");
    }
    PathText path(attribute(tag, "d"));
    while (!path.done()) {
        const auto area = path.letter() == 'M' ? read_rectangle(path) : std::nullopt;
        if (!area || !canvas.fill(*area, *shade)) {
            return Error(picture_unknown, "a path that is not of rectangles");
        }
    }
    return {};
}

std::optional<unsigned> units_of(std::string_view svg_tag) {
    PathText box(attribute(svg_tag, "viewBox"));
    const auto left = box.number();
    const auto top = box.number();
    const auto width = box.number();
    const auto height = box.number();
    if (left != 0 || top != 0 || !width || width != height || *width <= 0 ||
        static_cast<unsigned>(*width) > grid_limit) {
        return std::nullopt;
    }
    return static_cast<unsigned>(*width);
}

// ---- zbar
// ----------------------------------------------------------------------------------------

struct FreeScanner {
    void operator()(zbar::zbar_image_scanner_t* scanner) const {
        zbar::zbar_image_scanner_destroy(scanner);
    }
};
struct FreeImage {
    void operator()(zbar::zbar_image_t* image) const { zbar::zbar_image_destroy(image); }
};

/// Four characters as the library names pixel formats: grey, a byte a pixel.
constexpr unsigned long grey_format =
    'Y' | ('8' << 8) | ('0' << 16) | (static_cast<unsigned long>('0') << 24);

}  // namespace

Result<GreyImage> draw_svg(std::string_view text, unsigned scale) {
    const std::size_t begin = text.find("<svg");
    const std::size_t end = text.find("</svg>", begin == std::string_view::npos ? 0 : begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) {
        return Error(picture_unknown, "no <svg>");
    }
    std::string_view svg = text.substr(begin, end - begin);
    const auto units = units_of(svg.substr(0, svg.find('>')));
    if (!units || scale == 0 || (*units + 2 * border_units) * scale > longest_side) {
        return Error(picture_unknown, "viewBox");
    }
    Canvas canvas(*units, scale);
    for (std::size_t at = svg.find("<path"); at != std::string_view::npos;
         at = svg.find("<path", at + 1)) {
        CHOPMARK_TRY(draw_path(canvas, svg.substr(at, svg.find('>', at) - at)));
    }
    return canvas.take();
}

Result<GreyImage> read_pgm(ByteView bytes) {
    constexpr std::string_view magic = "P5";
    if (!bytes.starts_with(magic)) {
        return Error(picture_unknown, "no PGM");
    }
    bytes.remove_prefix(magic.size());
    std::array<unsigned, 3> numbers{};
    for (unsigned& number : numbers) {
        while (!bytes.empty() && (bytes.front() == ' ' || bytes.front() == '\n' ||
                                  bytes.front() == '\r' || bytes.front() == '\t')) {
            bytes.remove_prefix(1);
        }
        const auto [end, error] =
            std::from_chars(bytes.data(), bytes.data() + bytes.size(), number);
        if (error != std::errc()) {
            return Error(picture_unknown, "PGM header");
        }
        bytes.remove_prefix(static_cast<std::size_t>(end - bytes.data()));
    }
    const auto [width, height, most] = numbers;
    if (width == 0 || height == 0 || width > longest_side || height > longest_side ||
        most != white || bytes.size() != std::size_t{width} * height + 1) {
        return Error(picture_unknown, "PGM size");
    }
    bytes.remove_prefix(1);
    return GreyImage{width, height, {bytes.begin(), bytes.end()}};
}

Bytes write_pgm(const GreyImage& image) {
    return fmt::format("P5\n{} {}\n255\n", image.width, image.height) +
           Bytes(image.pixels.begin(), image.pixels.end());
}

Result<std::string> read_qr(const GreyImage& image) {
    const std::unique_ptr<zbar::zbar_image_scanner_t, FreeScanner> scanner(
        zbar::zbar_image_scanner_create());
    const std::unique_ptr<zbar::zbar_image_t, FreeImage> pixels(zbar::zbar_image_create());
    if (scanner == nullptr || pixels == nullptr) {
        return Error(no_qr, "the reader cannot start");
    }
    zbar::zbar_image_scanner_set_config(scanner.get(), zbar::ZBAR_NONE, zbar::ZBAR_CFG_ENABLE, 0);
    zbar::zbar_image_scanner_set_config(scanner.get(), zbar::ZBAR_QRCODE, zbar::ZBAR_CFG_ENABLE, 1);
    zbar::zbar_image_set_format(pixels.get(), grey_format);
    zbar::zbar_image_set_size(pixels.get(), image.width, image.height);
    // The image stays ours: no clean-up function.
    zbar::zbar_image_set_data(pixels.get(), image.pixels.data(), image.pixels.size(), nullptr);
    const int found = zbar::zbar_scan_image(scanner.get(), pixels.get());
    if (found != 1) {
        return Error(no_qr, fmt::format("{} codes seen", found));
    }
    const zbar::zbar_symbol_t* symbol = zbar::zbar_image_first_symbol(pixels.get());
    return std::string(zbar::zbar_symbol_get_data(symbol),
                       zbar::zbar_symbol_get_data_length(symbol));
}

Result<std::string> read_qr_of(ByteView picture) {
    auto image = picture.starts_with("P5") ? read_pgm(picture) : draw_svg(picture);
    if (!image) {
        return image.error();
    }
    return read_qr(*image);
}

}  // namespace chopmark::sandbox
