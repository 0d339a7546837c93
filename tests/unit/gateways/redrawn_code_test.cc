#include "gateways/service/redrawn_code.h"

#include <gtest/gtest.h>

#include "gateways/rp/page_script.h"

namespace chopmark::service {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view handle = "ABCDEFGHIJKLMNOPQRSTUVWXY2";
constexpr std::string_view rfc_key = "12345678901234567890123456789012";

TEST(RedrawnCode, IsThatOfRfc6238) {
    // Appendix B, the rows of SHA256; T is the step.
    EXPECT_EQ(code_of_step(rfc_key, 0x1), "46119246");
    EXPECT_EQ(code_of_step(rfc_key, 0x23523EC), "68084774");
    EXPECT_EQ(code_of_step(rfc_key, 0x23523ED), "67062674");
    EXPECT_EQ(code_of_step(rfc_key, 0x273EF07), "91819424");
    EXPECT_EQ(code_of_step(rfc_key, 0x3F940AA), "90698825");
    EXPECT_EQ(code_of_step(rfc_key, 0x27BC86AA), "77737706");
}

TEST(RedrawnCode, IsReadBehindItsHandle) {
    const std::string text = redrawn_text(handle, rfc_key, 1);
    EXPECT_EQ(text, std::string(handle) + ".001.46119246");
    const ScannedText read = read_scanned(text);
    EXPECT_EQ(read.handle, handle);
    ASSERT_TRUE(read.code);
    EXPECT_EQ(read.code->step, 1U);
    EXPECT_EQ(read.code->digits, "46119246");
    EXPECT_EQ(read_scanned(handle).handle, handle);
    EXPECT_FALSE(read_scanned(handle).code);
}

TEST(RedrawnCode, NamesNoHandleWhenItIsMalformed) {
    for (const char* suffix : {".", ".001", ".001.4611924", ".001.461192466", ".01.46119246",
                               ".0x1.46119246", ".001.4611924a", ".001-46119246", "..46119246",
                               ".001.46119246.", ".-01.46119246", ".001. 6119246"}) {
        const std::string text = std::string(handle) + suffix;
        EXPECT_TRUE(read_scanned(text).handle.empty()) << suffix;
        EXPECT_FALSE(read_scanned(text).code) << suffix;
    }
}

struct RedrawnCodeAge : testing::Test {
    const Instant drawn = Instant::from_seconds(1'700'000'000);
    Result<void> check(std::uint64_t step, Duration since_drawn) const {
        const std::string digits = code_of_step(rfc_key, step);
        return check_redrawn({step, digits}, rfc_key, drawn, drawn + since_drawn);
    }
};

TEST_F(RedrawnCodeAge, EndsTenSecondsAfterItsStepBegan) {
    EXPECT_TRUE(check(0, 0s));
    EXPECT_TRUE(check(0, 10s));
    EXPECT_EQ(check(0, 10s + 1us).error(), qr_code_old);
    EXPECT_TRUE(check(7, 31s));
    EXPECT_EQ(check(7, 31s + 1us).error(), qr_code_old);
}

TEST_F(RedrawnCodeAge, BeginsAtMostOneStepEarly) {
    EXPECT_TRUE(check(7, 21s));
    EXPECT_TRUE(check(7, 18s));
    EXPECT_EQ(check(7, 18s - 1us).error(), qr_code_wrong);
}

TEST_F(RedrawnCodeAge, IsNotToldOfAWrongCode) {
    for (const Duration since : {0s, 11s}) {
        EXPECT_EQ(check_redrawn({0, "00000000"}, rfc_key, drawn, drawn + since).error(),
                  qr_code_wrong);
        EXPECT_EQ(check_redrawn({0, code_of_step(rfc_key, 1)}, rfc_key, drawn, drawn).error(),
                  qr_code_wrong);
    }
}

TEST(RedrawnCode, HasAKeyThatIsThePagesOwn) {
    const std::string secret(64, 'a');
    EXPECT_EQ(page_key(secret), page_key(secret));
    EXPECT_NE(page_key(secret), page_key(std::string(64, 'b')));
    EXPECT_EQ(page_key(secret).hex().find(secret.substr(0, 8)), std::string::npos);
}

TEST(PageScript, DrawsWhatAlphanumericModeHasAndVersionSixTakes) {
    EXPECT_TRUE(rp::can_redraw("HTTPS://EID.EXAMPLE:8443/Q/" + std::string(handle)));
    EXPECT_FALSE(rp::can_redraw("HTTPS://[::1]:8443/Q/" + std::string(handle)));
    EXPECT_FALSE(rp::can_redraw("https://eid.example/Q/" + std::string(handle)));
    EXPECT_TRUE(rp::can_redraw(std::string(141, 'A')));
    EXPECT_FALSE(rp::can_redraw(std::string(142, 'A')));
}

}  // namespace
}  // namespace chopmark::service
