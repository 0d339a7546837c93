// A phone's camera, as the sandbox has it: finds the picture in a served page, makes it an image of
// grey pixels and reads the QR code in it with libzbar – the same bytes that a screen would show,
// read by software that knows nothing of how they were drawn. Takes SVG made of rectangles on a
// whole grid, and binary PGM. Pure; safe from any thread.
#pragma once

#include <string>
#include <vector>

#include "events/core/bytes.h"
#include "events/core/result.h"

namespace chopmark::sandbox {

/// Neither SVG of that kind nor binary PGM, or larger than a screen.
inline constexpr Reason picture_unknown{"sandbox.picture_unknown", Kind::invalid};
/// A picture without exactly one QR code that can be read.
inline constexpr Reason no_qr{"sandbox.no_qr_code", Kind::not_found};

/// Rows from the top, a byte a pixel, 0 is black.
struct GreyImage {
    unsigned width = 0;
    unsigned height = 0;
    std::vector<std::uint8_t> pixels;
};

/// The first <svg> of the text, drawn with `scale` pixels a unit and a light border.
Result<GreyImage> draw_svg(std::string_view text, unsigned scale = 6);
/// PGM "P5", 8 bits.
Result<GreyImage> read_pgm(ByteView bytes);
Bytes write_pgm(const GreyImage& image);

Result<std::string> read_qr(const GreyImage& image);
/// Of a page, an SVG or a PGM.
Result<std::string> read_qr_of(ByteView picture);

}  // namespace chopmark::sandbox
