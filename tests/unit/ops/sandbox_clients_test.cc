#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "events/crypto/digest.h"
#include "ops/sandbox/pdf.h"
#include "ops/sandbox/personas.h"
#include "ops/sandbox/process.h"
#include "ops/sandbox/service.h"

namespace chopmark::sandbox {
namespace {

const Instant today = Instant::from_seconds(1'795'219'200);  // 21 November 2026

/// facts/iamsmart-api.md 10: the weighted sum with the check character is divisible by 11.
bool has_good_check(const std::string& number) {
    const std::string padded = number.size() == 8 ? " " + number : number;
    int sum = 0;
    for (std::size_t i = 0; i < padded.size(); ++i) {
        const char c = padded[i];
        const int value = c == ' ' ? 36 : c >= 'A' ? c - 'A' + 10 : c - '0';
        sum += value * static_cast<int>(9 - i);
    }
    return sum % 11 == 0;
}

TEST(Personas, HaveCardsWithGoodCheckCharactersInEveryRun) {
    std::set<std::string> numbers;
    const auto names = persona_names();
    ASSERT_EQ(names.size(), 12U);
    for (const std::string& name : names) {
        for (const unsigned run : {0U, 1U, 17U, 999'999U}) {
            const auto one = persona(name, run, today);
            ASSERT_TRUE(one) << name << one.error();
            EXPECT_TRUE(has_good_check(one->card.number.text())) << one->card.number.text();
            numbers.insert(one->card.number.text());
        }
    }
    EXPECT_EQ(numbers.size(), names.size() * 4) << "two people share a card";
}

TEST(Personas, HaveAChildOfTen) {
    const auto child = persona("siubo", 0, today);
    ASSERT_TRUE(child);
    EXPECT_EQ(citizen::age_on(child->card.birth_date, hong_kong_date(today)), 10);
}

TEST(Redirect, IsReadAsBrowsersEncodeIt) {
    const Redirect good = read_redirect("http://127.0.0.1:9/back?code=00ff&state=a%2Db");
    EXPECT_EQ(good.code, "00ff");
    EXPECT_EQ(good.state, "a-b");
    EXPECT_EQ(read_redirect("http://x/y?state=s&error_code=D40001").error_code, "D40001");
    EXPECT_EQ(read_redirect("http://x/y").code, "");
}

class PdfInFolder : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() / "chopmark-sandbox-pdf-test";
        std::filesystem::create_directories(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    std::filesystem::path folder_;
};

TEST_F(PdfInFolder, IsWellFormedForAnotherToolAndSignsInAnothersEyes) {
    const SignablePdf pdf("Sandbox contract (1)", today);
    const auto covered = folder_ / "covered";
    const auto key = folder_ / "key.pem";
    const auto certificate = folder_ / "cert.pem";
    const auto signature = folder_ / "signature.der";
    ASSERT_TRUE(write_file(covered, pdf.covered()));
    ASSERT_EQ(run_program({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
                           key.string(), "-out", certificate.string(), "-subj", "/CN=Sandbox",
                           "-days", "2"})
                  ->exit_code,
              0);
    ASSERT_EQ(run_program({"openssl", "cms", "-sign", "-binary", "-in", covered.string(), "-signer",
                           certificate.string(), "-inkey", key.string(), "-outform", "DER", "-out",
                           signature.string(), "-md", "sha256"})
                  ->exit_code,
              0);
    const auto signed_pdf = pdf.embed(*read_file(signature));
    ASSERT_TRUE(signed_pdf);
    const auto file = folder_ / "signed.pdf";
    ASSERT_TRUE(write_file(file, *signed_pdf));
    const auto checked = run_program({"qpdf", "--check", file.string()});
    EXPECT_EQ(checked->exit_code, 0) << checked->output;
    const auto verified = run_program({"pdfsig", "-nocert", file.string()});
    EXPECT_NE(verified->output.find("Signature is Valid"), std::string::npos) << verified->output;
    EXPECT_NE(verified->output.find("Total document signed"), std::string::npos)
        << verified->output;
}

TEST(SignablePdf, RefusesASignatureThatItsHoleCannotHold) {
    const SignablePdf pdf("x", today);
    EXPECT_EQ(pdf.embed(Bytes(100'000, 'x')).error(), signature_too_large);
    EXPECT_EQ(pdf.digest(), crypto::sha256(pdf.covered()));
}

TEST(Child, IsEndedByItsOwnId) {
    auto child = Child::start({"sleep", "60"}, "/dev/null");
    ASSERT_TRUE(child);
    EXPECT_FALSE(child->ended());
    EXPECT_EQ(child->stop(), 128 + 15);
    EXPECT_EQ(run_program({"sh", "-c", "echo seen; exit 3"})->exit_code, 3);
    EXPECT_EQ(run_program({"chopmark-no-such-program"}).error(), cannot_start);
}

}  // namespace
}  // namespace chopmark::sandbox
