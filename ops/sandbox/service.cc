#include "ops/sandbox/service.h"

#include <fmt/format.h>

#include "ops/sandbox/qr_reader.h"

namespace chopmark::sandbox {
namespace {

constexpr const char* browser_agent = "Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0 (sandbox)";
constexpr const char* callback_path = "/callback";
constexpr const char* page_path = "/api/v1/auth/";

/// What stands between two marks; empty if they are not there.
std::string between(std::string_view text, std::string_view before, std::string_view after) {
    const std::size_t begin = text.find(before);
    if (begin == std::string_view::npos) {
        return {};
    }
    text.remove_prefix(begin + before.size());
    return std::string(text.substr(0, text.find(after)));
}

std::string url_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = text[i] == '%' ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
        if (byte && byte->size() == 1) {
            out += *byte;
            i += 2;
        } else {
            out.push_back(text[i] == '+' ? ' ' : text[i]);
        }
    }
    return out;
}

std::string query_value(std::string_view url, std::string_view name) {
    std::string_view rest = url.substr(std::min(url.find('?'), url.size()));
    while (!rest.empty()) {
        rest.remove_prefix(1);  // ? or &
        const std::string_view pair = rest.substr(0, rest.find('&'));
        const std::size_t equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
            return url_decode(pair.substr(equals + 1));
        }
        rest.remove_prefix(pair.size());
    }
    return {};
}

}  // namespace

Redirect read_redirect(const std::string& url) {
    return {url, query_value(url, "code"), query_value(url, "state"),
            query_value(url, "error_code"), query_value(url, "RefID")};
}

// ---- callbacks
// -----------------------------------------------------------------------------------

Result<std::unique_ptr<CallbackReceiver>> CallbackReceiver::start(int port, Pages pages) {
    std::unique_ptr<CallbackReceiver> out(new CallbackReceiver());
    CallbackReceiver& self = *out;
    self.server_.Post(callback_path,
                      [&self](const httplib::Request& request, httplib::Response& response) {
                          const std::lock_guard lock(self.mutex_);
                          self.bodies_.push_back(request.body);
                          self.arrived_.notify_one();
                          response.set_content(R"({"received":true})", "application/json");
                      });
    for (auto& [path, handler] : pages) {
        self.server_.Get(path, std::move(handler));
    }
    const char* const host = "127.0.0.1";
    self.port_ = port == 0                               ? self.server_.bind_to_any_port(host)
                 : self.server_.bind_to_port(host, port) ? port
                                                         : -1;
    if (self.port_ <= 0) {
        return Error(unreachable, fmt::format("cannot listen on port {}", port));
    }
    self.thread_ = std::thread([&self] { self.server_.listen_after_bind(); });
    return out;
}

CallbackReceiver::~CallbackReceiver() {
    server_.stop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

std::string CallbackReceiver::url(const std::string& path) const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::optional<std::string> CallbackReceiver::next(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, patience, [this] { return !bodies_.empty(); })) {
        return std::nullopt;
    }
    std::string body = std::move(bodies_.front());
    bodies_.pop_front();
    return body;
}

// ---- the service
// ---------------------------------------------------------------------------------

SampleService::SampleService(ServiceIdentity identity, crypto::RsaPrivateKey key, Gateways gateways,
                             Entropy& entropy)
    : identity_(std::move(identity)),
      rsa_(std::move(key)),
      gateways_(gateways),
      entropy_(&entropy) {}

Result<SampleService> SampleService::load(const std::filesystem::path& file, Gateways gateways,
                                          Entropy& entropy) {
    CHOPMARK_ASSIGN(const Json state, read_state(file));
    ServiceIdentity identity;
    CHOPMARK_ASSIGN(identity.name, service::text_of(state, "name"));
    CHOPMARK_ASSIGN(identity.client, service::text_of(state, "client"));
    CHOPMARK_ASSIGN(identity.secret, service::text_of(state, "secret"));
    CHOPMARK_ASSIGN(identity.redirect_uri, service::text_of(state, "redirect_uri"));
    CHOPMARK_ASSIGN(identity.callback_uri, service::text_of(state, "callback_uri"));
    CHOPMARK_ASSIGN(identity.direct_login_uri, service::text_of(state, "direct_login_uri"));
    CHOPMARK_ASSIGN(identity.scopes, service::texts_of(state, "scopes"));
    CHOPMARK_ASSIGN(const Bytes der, service::bytes_of(state, "key"));
    CHOPMARK_ASSIGN(auto key, crypto::RsaPrivateKey::from_pkcs8(crypto::SecretBytes(der)));
    return SampleService(std::move(identity), std::move(key), gateways, entropy);
}

Result<void> SampleService::save(const std::filesystem::path& file) const {
    return write_state(file, {{"name", identity_.name},
                              {"client", identity_.client},
                              {"secret", identity_.secret},
                              {"redirect_uri", identity_.redirect_uri},
                              {"callback_uri", identity_.callback_uri},
                              {"direct_login_uri", identity_.direct_login_uri},
                              {"scopes", identity_.scopes},
                              {"key", to_base64(rsa_.pkcs8().reveal())}});
}

Caller SampleService::browser() const {
    return {gateways_.rp(), browser_address_, browser_agent + browser_mark_};
}

// ---- login
// --------------------------------------------------------------------------------------

std::string SampleService::login_target(const std::string& scope, const std::string& source,
                                        const std::string& state, bool broker) const {
    return fmt::format(
        "{}getQR?clientID={}&responseType=code&source={}&redirectURI={}&scope={}&lang=en-US"
        "&state={}{}",
        page_path, identity_.client, source, url_encode(identity_.redirect_uri), url_encode(scope),
        state, broker ? "&brokerPage=true" : "");
}

Result<LoginPage> SampleService::open_login_page(const std::string& scope,
                                                 const std::string& source,
                                                 const std::string& state, bool broker) {
    const auto answer = browser().get(login_target(scope, source, state, broker));
    if (!answer) {
        return answer.error();
    }
    if (answer->status != 200) {
        return Error(call_refused,
                     fmt::format("getQR: {} {}", answer->status, answer->header("Location")));
    }
    LoginPage page;
    page.html = answer->body;
    page.handle = between(page.html, "data-handle=\"", "\"");
    page.number = between(page.html, "<p class=\"number\">", "</p>");
    page.link = between(page.html, "<a class=\"open\" href=\"", "\"");
    const std::string cookie = answer->header("Set-Cookie");
    page.cookie = cookie.substr(0, cookie.find(';'));
    CHOPMARK_ASSIGN(page.qr_text, read_qr_of(page.html));
    return page;
}

Result<Redirect> SampleService::wait_at(const LoginPage& page, std::chrono::seconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    bool scanned = false;
    while (std::chrono::steady_clock::now() < until) {
        const auto answer = browser().get(
            fmt::format("{}qr/wait?handle={}&scanned={}", page_path, page.handle, scanned ? 1 : 0),
            {{"Cookie", page.cookie}});
        if (answer && answer->status == 404) {
            return Error(page_over, "the page is out of date");
        }
        CHOPMARK_ASSIGN(const Json news, expect_success(answer));
        const std::string state = news.value("state", "");
        if (state == "done") {
            return read_redirect(news.value("redirect", ""));
        }
        scanned = scanned || state == "scanned";
    }
    return Error(page_over, "nothing came");
}

Result<bool> SampleService::was_scanned(const LoginPage& page) {
    CHOPMARK_ASSIGN(const Json news,
                    expect_success(browser().get(
                        fmt::format("{}qr/wait?handle={}&scanned=0", page_path, page.handle),
                        {{"Cookie", page.cookie}})));
    return news.value("state", "") == "scanned";
}

Result<Envelope> SampleService::get_token(const std::string& code, bool one_tap) {
    Json content{{"code", code}, {"grantType", "authorization_code"}};
    if (one_tap) {
        content["isDirectLoginV2"] = "true";
    }
    return call("/auth/getToken", content);
}

// ---- requests
// -----------------------------------------------------------------------------------

Json SampleService::request_head(const Json& token, const std::string& business_id) const {
    return {{"businessID", business_id},
            {"accessToken", token.value("accessToken", "")},
            {"openID", token.value("openID", "")},
            {"source", "PC_Browser"},
            {"redirectURI", identity_.callback_uri},
            {"state", "sandbox"},
            {"lang", "en-US"}};
}

Result<Envelope> SampleService::profiles(const Json& token,
                                         const std::vector<std::string>& profile_fields,
                                         const std::vector<std::string>& eme_fields) {
    return call("/profiles", {{"accessToken", token.value("accessToken", "")},
                              {"openID", token.value("openID", "")},
                              {"profileFields", profile_fields},
                              {"eMEFields", eme_fields}});
}

Result<Envelope> SampleService::ask_form(const Json& token, const std::string& business_id,
                                         const std::vector<std::string>& profile_fields,
                                         const std::vector<std::string>& eme_fields) {
    Json content = request_head(token, business_id);
    content["formName"] = "Change of address";
    content["formNum"] = "SB-1";
    content["formDesc"] = "Tells the department where you live now";
    content["profileFields"] = profile_fields;
    content["eMEFields"] = eme_fields;
    return call("/account/eme/initiateRequest", content);
}

Result<Envelope> SampleService::ask_signature(const Json& token, const std::string& business_id,
                                              const Digest& digest, const std::string& document) {
    Json content = request_head(token, business_id);
    content["hashCode"] = to_base64(digest.bytes());
    content["sigAlgo"] = "SHA256withRSA";
    content["department"] = "Sandbox department";
    content["serviceName"] = identity_.name;
    content["documentName"] = document;
    return call("/account/signing/initiateRequest", content);
}

Result<Envelope> SampleService::ask_pdf_signature(const Json& token, const std::string& business_id,
                                                  const Digest& digest,
                                                  const std::string& document) {
    Json content = request_head(token, business_id);
    content["docDigest"] = to_base64(digest.bytes());
    content["department"] = "Sandbox department";
    content["serviceName"] = identity_.name;
    content["documentName"] = document;
    return call("/account/pdfsigning/initiateRequest", content);
}

Result<Envelope> SampleService::acknowledge(const std::string& business_id, bool pdf) {
    return call(pdf ? "/account/pdfsigning/ackResult" : "/account/signing/ackResult",
                {{"businessID", business_id}, {"signingResult", "SR001"}});
}

}  // namespace chopmark::sandbox
