#include <gtest/gtest.h>

#include "gateways/rp/qr_picture.h"
#include "ops/sandbox/qr_reader.h"

namespace chopmark::sandbox {
namespace {

constexpr std::string_view link = "HTTP://127.0.0.1:8101/Q/ABCDEFGHIJKLMNOPQRSTUVWXY2";

TEST(QrReader, ReadsThePictureThatTheLoginPageServes) {
    const auto svg = rp::qr_svg(link);
    ASSERT_TRUE(svg);
    const auto read = read_qr_of("<html><body>" + *svg + "</body></html>");
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, link);
}

TEST(QrReader, ReadsAPhotographAsPgm) {
    const auto image = draw_svg(*rp::qr_svg(link), 3);
    ASSERT_TRUE(image);
    const auto read = read_qr_of(write_pgm(*image));
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, link);
}

TEST(QrReader, RefusesPicturesThatAreNone) {
    EXPECT_EQ(read_qr_of("no picture at all").error(), picture_unknown);
    EXPECT_EQ(read_qr_of("P5\n2 2\n255\nabc").error(), picture_unknown);
    EXPECT_EQ(
        draw_svg(R"(<svg viewBox="0 0 9 9"><path fill="#000" d="M0 0h10v1h-10z"/></svg>)").error(),
        picture_unknown);
    EXPECT_EQ(draw_svg(R"(<svg viewBox="0 0 9 9"><path fill="#000" d="M0 0c1 1 2 2 3 3z"/></svg>)")
                  .error(),
              picture_unknown);
}

TEST(QrReader, FindsNoCodeInAnEmptyPicture) {
    const auto image =
        draw_svg(R"(<svg viewBox="0 0 29 29"><path fill="#fff" d="M0 0h29v29H0z"/></svg>)");
    ASSERT_TRUE(image);
    EXPECT_EQ(read_qr(*image).error(), no_qr);
}

}  // namespace
}  // namespace chopmark::sandbox
