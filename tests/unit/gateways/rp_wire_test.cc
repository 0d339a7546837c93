// The wire protocol against facts/iamsmart-api.md: section 17's vectors, the table of codes, the
// envelope, the shapes that clients send.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "gateways/rp/call_checks.h"
#include "gateways/rp/callback_sender.h"
#include "gateways/rp/content_cipher.h"
#include "gateways/rp/envelope.h"
#include "gateways/rp/login_page.h"
#include "gateways/rp/login_routes.h"
#include "gateways/rp/profile_values.h"
#include "gateways/rp/qr_picture.h"
#include "gateways/rp/request_content.h"
#include "gateways/rp/request_signature.h"
#include "gateways/rp/url.h"
#include "tests/support/simulated.h"

namespace chopmark::rp {
namespace {

using Json = nlohmann::json;

constexpr std::string_view client_text = "0123456789abcdef0123456789abcdef";
constexpr std::string_view secret = "test-client-secret";
constexpr std::string_view timestamp = "1700000000000";
constexpr std::string_view nonce = "00000000-0000-4000-8000-000000000001";

struct Vector {
    std::string_view body;
    std::string_view signature;
};
// facts 17
constexpr Vector vectors[] = {
    {"", "uDffwyfVW6zNt8DJ%2F37Pfy%2BD0gt4z43oe2um0DIX26E%3D"},
    {"{}", "%2BqlKhA3VmwOrtVWBhwil2%2F5vTVNw81NeKZInYfh%2Bv8A%3D"},
    {R"({"content":"AAAADAABAgMEBQYHCAkKCw=="})",
     "IGy7cp5nDRVgPMEqYh8bjxf%2BzX99dngQJ%2Ffho9v7%2BOE%3D"},
};

httplib::Request signed_request(std::string_view signature) {
    httplib::Request request;
    request.set_header("clientID", std::string(client_text));
    request.set_header("signatureMethod", "HmacSHA256");
    request.set_header("timestamp", std::string(timestamp));
    request.set_header("nonce", std::string(nonce));
    request.set_header("signature", std::string(signature));
    return request;
}

TEST(RpSignature, IsThatOfThePublishedVectors) {
    for (const Vector& vector : vectors) {
        EXPECT_EQ(sign_request(client_text, timestamp, nonce, vector.body, secret),
                  vector.signature);
        const auto headers = read_headers(signed_request(vector.signature));
        ASSERT_TRUE(headers);
        EXPECT_TRUE(is_signed(*headers, vector.body, secret));
        EXPECT_FALSE(is_signed(*headers, std::string(vector.body) + " ", secret));
        EXPECT_FALSE(is_signed(*headers, vector.body, "another secret"));
    }
}

TEST(RpSignature, IsAcceptedUrlEncodedAndPlain) {
    const auto plain = read_headers(signed_request("uDffwyfVW6zNt8DJ/37Pfy+D0gt4z43oe2um0DIX26E="));
    EXPECT_TRUE(is_signed(*plain, "", secret));
    const auto lower =
        read_headers(signed_request("uDffwyfVW6zNt8DJ%2f37Pfy%2bD0gt4z43oe2um0DIX26E%3d"));
    EXPECT_TRUE(is_signed(*lower, "", secret));
    const auto garbage = read_headers(signed_request("%%%"));
    ASSERT_TRUE(garbage);
    EXPECT_FALSE(is_signed(*garbage, "", secret));
}

TEST(RpSignature, NamesTheHeaderThatIsMissingEmptyOrWrong) {
    for (const char* name : {"clientID", "signatureMethod", "timestamp", "nonce", "signature"}) {
        httplib::Request request = signed_request("AAAA");
        request.headers.erase(name);
        EXPECT_EQ(read_headers(request).error(), parameter_missing);
        EXPECT_EQ(read_headers(request).error().detail, name);
        request.set_header(name, "");
        EXPECT_EQ(read_headers(request).error(), parameter_empty) << name;
    }
    const auto with = [](const char* name, std::string value) {
        httplib::Request request = signed_request("AAAA");
        request.headers.erase(name);
        request.headers.emplace(name, std::move(value));
        return read_headers(request);
    };
    EXPECT_EQ(with("signatureMethod", "HmacSHA1").error(), signature_method_unknown);
    for (const char* bad : {"-1", "0", "1e12", "17000000000001234", "now", "+1"}) {
        EXPECT_EQ(with("timestamp", bad).error(), parameter_invalid) << bad;
    }
    EXPECT_EQ(with("nonce", std::string(37, 'a')).error(), parameter_invalid);
    EXPECT_EQ(with("nonce", "a b").error(), parameter_invalid);
    EXPECT_TRUE(with("clientID", "nobody"));  // told apart from nobody
    EXPECT_FALSE(with("clientID", "nobody")->client);
}

TEST(RpNonce, IsTheCommandId) {
    // Python: sha256(b'chopmark/rp/1' + bytes(15) + b'\x01' + b'n').
    const ClientId client = *ClientId::from_hex("00000000000000000000000000000001");
    EXPECT_EQ(command_id_of(client, "n").hex(),
              "81d9fdfce3231daea3a1dc5d5b1fc8a8a8eaaab31deacda1a5496961050dc287");
}

TEST(RpNonce, IsRememberedForItsLifeAndWithinItsBound) {
    NonceMemory memory(2, std::chrono::minutes(10));
    const auto id = [](char c) { return command_id_of(ClientId(), std::string(1, c)); };
    const Instant now = Instant::from_seconds(1000);
    EXPECT_TRUE(memory.remember(id('a'), now));
    EXPECT_FALSE(memory.remember(id('a'), now));
    EXPECT_TRUE(memory.remember(id('b'), now));
    EXPECT_TRUE(memory.remember(id('c'), now));  // the first generation is full
    EXPECT_FALSE(memory.remember(id('a'), now));
    EXPECT_LE(memory.size(), 4U);
    EXPECT_FALSE(memory.remember(id('c'), now + std::chrono::minutes(11)));
    EXPECT_TRUE(memory.remember(id('c'), now + std::chrono::minutes(25)));
}

// facts 17
constexpr std::string_view plaintext = R"({"code":"abc","grantType":"authorization_code"})";
constexpr std::string_view sealed_text =
    "AAAADAABAgMEBQYHCAkKCzwgtXShgOAhryD16JPFWgrxt+lApAIvGRpdx+RoHWjdc3nUnduoffYrxxCJ7aVVYia7oHXt3O"
    "0qX8X3gawVHw==";

crypto::Secret32 counting_key() {
    ByteArray<32> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(i);
    }
    return crypto::Secret32(bytes);
}

TEST(RpCipher, IsThatOfThePublishedVector) {
    const crypto::AeadNonce iv{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    EXPECT_EQ(seal_content(counting_key(), iv, plaintext), sealed_text);
    EXPECT_EQ(open_content(counting_key(), parse_content(sealed_text).value()), plaintext);
}

TEST(RpCipher, RefusesWhatNoKeyCouldOpen) {
    EXPECT_EQ(parse_content("not base64").error(), content_undecryptable);
    EXPECT_EQ(parse_content("AAAADAABAgMEBQYHCAkKCw==").error(), content_undecryptable);
    std::string other_length(sealed_text);
    other_length[5] = 'Q';  // an IV of 16 bytes
    other_length[4] = 'E';
    EXPECT_EQ(parse_content(other_length).error(), content_undecryptable);
    EXPECT_TRUE(parse_content(to_base64(Bytes("\0\0\0\x0c", 4) + Bytes(28, 'x'))));
    EXPECT_FALSE(open_content(crypto::Secret32(), parse_content(sealed_text).value()));
}

TEST(RpEnvelope, HasTheFourMembersAndStatus200) {
    test::SeededEntropy entropy(1);
    const httplib::Response good = success(entropy, Family::iam_smart, "text");
    EXPECT_EQ(good.status, 200);
    const Json body = Json::parse(good.body);
    EXPECT_TRUE(std::regex_match(body["txID"].get<std::string>(), std::regex("<T=[0-9a-f]{32}>")));
    EXPECT_EQ(body["code"], "D00000");
    EXPECT_EQ(body["message"], "SUCCESS");
    EXPECT_EQ(body["content"], "text");
    EXPECT_FALSE(
        Json::parse(success(entropy, Family::iam_smart, nullptr).body).contains("content"));

    const httplib::Response bad =
        failure(entropy, Family::iam_smart, Error(parameter_missing, "code"), Operation::code);
    EXPECT_EQ(bad.status, 200);
    EXPECT_EQ(Json::parse(bad.body)["code"], "D20001");
    EXPECT_NE(Json::parse(bad.body)["message"].get<std::string>().find("{code}"),
              std::string::npos);
    EXPECT_EQ(
        failure(entropy, Family::iam_smart, Error(runtime::executor_busy), Operation::code).status,
        503);
    EXPECT_EQ(failure(entropy, Family::iam_smart, Error(too_many_requests), Operation::code).status,
              429);
}

TEST(RpCodes, AreThoseOfTheFacts) {
    const auto number = [](const Reason& reason, Operation operation = Operation::token) {
        return return_code(Error(reason), operation).number;
    };
    EXPECT_EQ(number(request_repeated), 20004);
    EXPECT_EQ(number(signature_wrong), 20006);
    EXPECT_EQ(number(citizen::token_expired), 20009);
    EXPECT_EQ(number(open_id_unknown), 20010);
    EXPECT_EQ(number(citizen::business_id_used), 20011);
    EXPECT_EQ(number(citizen::scope_not_granted), 20012);
    EXPECT_EQ(number(control::rp_no_key), 30001);
    EXPECT_EQ(number(content_key_over), 30002);
    EXPECT_EQ(number(content_undecryptable), 30004);
    EXPECT_EQ(number(citizen::code_expired, Operation::code), 40004);
    EXPECT_EQ(number(citizen::account_suspended, Operation::code), 40004);
    EXPECT_EQ(number(citizen::account_suspended), 20009);
    EXPECT_EQ(number(citizen::signature_grade_too_low), 70004);
    EXPECT_EQ(number(citizen::signature_hkic_mismatch), 70005);
    EXPECT_EQ(number(citizen::request_unknown, Operation::acknowledgement), 70006);
    EXPECT_EQ(number(Reason{"something.else", Kind::forbidden}), 20012);
    // The two texts that a client compares without regard to case (2.2.2).
    EXPECT_EQ(return_code(20006).message, "signature verification failed");
    EXPECT_EQ(return_code(30002).message, "content encryption key not exist or expired");
}

TEST(RpCodes, KnowEveryReasonThatTheirNounsDeclare) {
    const std::regex declared(R"re(constexpr Reason \w+\{"([a-z_.]+)")re");
    for (const char* header :
         {"aggregates/citizen/login.h", "aggregates/citizen/token.h",
          "aggregates/citizen/consent.h", "aggregates/citizen/signature.h",
          "aggregates/citizen/request.h", "aggregates/citizen/account.h",
          "aggregates/citizen/step_up.h", "aggregates/control/relying_party.h",
          "aggregates/runtime/receipt.h", "aggregates/runtime/idempotency.h"}) {
        std::ifstream file(std::string(CHOPMARK_SOURCE_DIR) + "/" + header);
        std::stringstream text;
        text << file.rdbuf();
        const std::string source = text.str();
        std::size_t found = 0;
        for (std::sregex_iterator at(source.begin(), source.end(), declared), end; at != end;
             ++at, ++found) {
            EXPECT_TRUE(has_return_code((*at)[1].str())) << (*at)[1] << " of " << header;
        }
        EXPECT_GT(found, 0U) << header;
    }
}

TEST(RpUrl, AddsParametersToARegisteredAddress) {
    EXPECT_EQ(with_query("https://a.example/b", {{"code", "1"}, {"state", "x y"}}),
              "https://a.example/b?code=1&state=x%20y");
    EXPECT_EQ(with_query("https://a.example/b&", {{"code", "1"}}), "https://a.example/b&?code=1");
    EXPECT_EQ(with_query("https://a.example/b?c=d#e", {{"code", "1"}, {"state", ""}}),
              "https://a.example/b?c=d&code=1#e");
    EXPECT_EQ(
        redirect_of({"c0de", "", "https://a.example", "s", ClientId(), ""}, Family::iam_smart),
        "https://a.example?code=c0de&state=s");
    EXPECT_EQ(
        redirect_of({"", "refused", "https://a.example", "s", ClientId(), ""}, Family::iam_smart),
        "https://a.example?error_code=D40001&state=s");
    EXPECT_EQ(
        redirect_of({"", "expired", "https://a.example", "", ClientId(), ""}, Family::iam_smart),
        "https://a.example?error_code=D40003");
}

TEST(RpUrl, ReadsTheAddressOfACallback) {
    const auto url = parse_url("https://a.example:8443/b?c#d");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->host, "a.example");
    EXPECT_EQ(url->port, 8443);
    EXPECT_EQ(url->path, "/b?c");
    EXPECT_EQ(parse_url("http://[::1]/")->host, "::1");
    EXPECT_EQ(parse_url("http://a.example")->port, 80);
    EXPECT_EQ(parse_url("http://a.example")->path, "/");
    for (const char* bad : {"ftp://a.example", "https://u@a.example", "https://", "https://a:0/",
                            "https://a:99999/", "https://a b/", "a.example", "http://[::1"}) {
        EXPECT_FALSE(parse_url(bad)) << bad;
    }
}

TEST(RpCallback, CallsPublicAddressesOnly) {
    for (const char* address : {"8.8.8.8", "203.0.114.1", "2606:4700::1111", "172.32.0.1"}) {
        EXPECT_TRUE(is_public_address(address)) << address;
    }
    for (const char* address :
         {"127.0.0.1", "10.1.2.3", "192.168.1.1", "172.31.255.255", "169.254.169.254", "100.64.0.1",
          "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1",
          "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "not an address"}) {
        EXPECT_FALSE(is_public_address(address)) << address;
    }
    const CallbackSender sender({});
    EXPECT_EQ(sender.send({"http://127.0.0.1:1/", "application/json", "{}"}).error(),
              callback_bad_address);
    EXPECT_EQ(sender.send({"https://127.0.0.1:1/", "application/json", "{}"}).error(),
              callback_private_address);
}

TEST(RpPage, SaysTheCodeAndForbidsEverythingElse) {
    LoginPage page;
    page.language = language_of("fr-FR");
    page.service_name = "<b>Tax & Co</b>";
    page.handle = "HANDLE";
    page.number = "42";
    page.app_link = "HTTPS://LOGIN.EXAMPLE/Q/HANDLE";
    page.nonce = "abc";
    const auto response = login_page(page);
    ASSERT_TRUE(response);
    EXPECT_EQ(language_of("fr-FR"), "zh-HK");
    EXPECT_EQ(language_of("en-US"), "en-US");
    EXPECT_NE(response->body.find("&lt;b&gt;Tax &amp; Co"), std::string::npos);
    EXPECT_EQ(response->body.find("<b>Tax"), std::string::npos);
    EXPECT_NE(response->body.find(">42<"), std::string::npos);
    const std::string policy = response->get_header_value("Content-Security-Policy");
    EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    EXPECT_EQ(error_page("en-US", "D20008", "n").status, 400);
}

TEST(RpPage, IsNotServedWhereNeitherPictureNorScriptCouldShowTheLink) {
    LoginPage page;
    page.app_link = "HTTPS://[::1]:8443/Q/HANDLE";  // brackets are not in alphanumeric mode
    page.page_key = std::string(64, 'a');
    EXPECT_EQ(login_page(page)->body.find("data-key"), std::string::npos) << "the picture stays";
    page.picture = false;
    EXPECT_EQ(login_page(page).error(), qr_too_long);
}

TEST(RpContent, ReadsStepUpExpressions) {
    const auto read = [](const char* text) {
        return read_step_up(Json{{"stepupAuthMethod", Json::parse(text)}});
    };
    EXPECT_EQ(read(R"({"unary":"FR"})"), "FR");
    EXPECT_EQ(read(R"({"and":["NFC","FR"]})"), "FR+NFC");
    EXPECT_EQ(read(R"("{\"unary\":\"NFC\"}")"), "NFC");
    EXPECT_EQ(read(R"("FR")"), "FR");
    EXPECT_EQ(read(R"("")"), "");
    EXPECT_FALSE(read(R"({"or":["FR","NFC"]})"));
    EXPECT_FALSE(read(R"("IRIS")"));
}

TEST(RpContent, ReadsFormFillingAndNamesWhatIsWrong) {
    control::RelyingParty party;
    party.callback_uris = {"https://a.example/callback"};
    const Json good{{"businessID", "b-1"},
                    {"accessToken", "t"},
                    {"openID", "o"},
                    {"source", "PC_Browser"},
                    {"redirectURI", "https://a.example/callback"},
                    {"state", "s"},
                    {"formName", "Form"},
                    {"profileFields", {"enName", "idNo"}},
                    {"eMEFields", {"mobileNumber"}}};
    ASSERT_TRUE(read_ask_head(good, party));
    const auto body = read_form_filling(good);
    ASSERT_TRUE(body);
    EXPECT_EQ(std::get<FormFilling>(*body).fields,
              (std::vector<std::string>{"enName", "idNo", "mobileNumber"}));
    const auto spoilt = [&](const char* name, const Json& value) {
        Json content = good;
        content[name] = value;
        const auto head = read_ask_head(content, party);
        const auto form = read_form_filling(content);
        return head ? form.error() : head.error();
    };
    EXPECT_EQ(spoilt("businessID", ""), parameter_empty);
    EXPECT_EQ(spoilt("businessID", std::string(37, 'b')), parameter_invalid);
    EXPECT_EQ(spoilt("source", "Opera"), source_unknown);
    EXPECT_EQ(spoilt("redirectURI", "https://a.example/callback/"), url_not_registered);
    EXPECT_EQ(spoilt("state", "a b"), parameter_invalid);
    EXPECT_EQ(spoilt("formName", std::string(256, 'x')), parameter_invalid);
    EXPECT_EQ(spoilt("eMEFields", Json{"enName"}), parameter_invalid);
    EXPECT_EQ(spoilt("profileFields", 1), parameter_invalid);
    Json none = good;
    none["profileFields"] = Json::array();
    none["eMEFields"] = Json::array();
    EXPECT_EQ(read_form_filling(none).error(), parameter_empty);
}

TEST(RpContent, HasProfileFieldsInTheShapesOfTheFacts) {
    nlohmann::ordered_json content;
    const auto add = [&](const char* field, eme_view::Shape shape, const char* value) {
        eme_view::Value one;
        one.field = field;
        one.shape = shape;
        one.value = Sensitive<std::string>(value);
        add_field(content, one);
    };
    add("idNo", eme_view::Shape::text, "A1234563");
    add("enName", eme_view::Shape::text, "CHAN, Tai Man");
    add("birthDate", eme_view::Shape::text, "19900517");
    add("mobileNumber", eme_view::Shape::json,
        R"({"CountryCode":"852","SubscriberNumber":"91234567"})");
    EXPECT_EQ(content.dump(),
              R"({"idNo":{"Identification":"A123456","CheckDigit":"3"},)"
              R"("enName":{"UnstructuredName":"CHAN, Tai Man"},"birthDate":"19900517",)"
              R"("mobileNumber":{"CountryCode":"852","SubscriberNumber":"91234567"}})");
}

}  // namespace
}  // namespace chopmark::rp
