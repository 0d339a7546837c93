// A sample online service: a relying party that speaks the platform's protocol from outside, by
// facts/iamsmart-api.md alone and with no line of the gateway's code – requests signed by HMAC,
// bodies under the content key, the key unwrapped by its own RSA key, callbacks received on
// loopback. Its browser opens the login page and waits at it as the page's script does. Not for use
// from two threads at once, but for the callbacks, which arrive on a thread of their own.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "events/crypto/aead.h"
#include "events/crypto/rsa.h"
#include "ops/sandbox/caller.h"
#include "ops/sandbox/state_file.h"

namespace chopmark::sandbox {

/// What the envelope says instead of success: "D40004 …".
inline constexpr Reason rp_refused{"sandbox.rp_refused", Kind::refused};
inline constexpr Reason no_callback{"sandbox.no_callback", Kind::expired};
inline constexpr Reason page_over{"sandbox.page_over", Kind::expired};

struct Envelope {
    std::string tx_id;
    std::string code;  // "D00000" is success
    std::string message;
    Json content;  // decrypted; null if there is none

    [[nodiscard]] bool good() const { return code == "D00000"; }
};

/// A server on loopback for what the platform posts, and pages for a person's browser.
class CallbackReceiver {
  public:
    using Pages = std::map<std::string, httplib::Server::Handler>;
    /// Port 0: any. sandbox.unreachable when it is taken.
    static Result<std::unique_ptr<CallbackReceiver>> start(int port = 0, Pages pages = {});
    ~CallbackReceiver();

    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] std::string url(const std::string& path) const;
    /// The next body posted to /callback; nothing after so long.
    std::optional<std::string> next(std::chrono::milliseconds patience);

  private:
    CallbackReceiver() = default;
    httplib::Server server_;
    std::thread thread_;
    int port_ = 0;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<std::string> bodies_;
};

/// The login page as served: what a browser and a camera get from it.
struct LoginPage {
    std::string html;
    std::string handle;   // of data-handle, for the page's own questions
    std::string cookie;   // "name=value"
    std::string number;   // empty: the page shows none
    std::string link;     // href of the button that opens the app; empty: none
    std::string qr_text;  // read from the picture
};

/// Where the browser was sent.
struct Redirect {
    std::string url;
    std::string code;  // empty if there was none
    std::string state;
    std::string error_code;
    std::string ref_id;  // of one-tap
};
Redirect read_redirect(const std::string& url);

struct ServiceIdentity {
    std::string name;
    std::string client;
    std::string secret;
    std::string redirect_uri;
    std::string callback_uri;
    std::string direct_login_uri;
    std::vector<std::string> scopes;
};

class SampleService {
  public:
    SampleService(ServiceIdentity identity, crypto::RsaPrivateKey key, Gateways gateways,
                  Entropy& entropy);
    static Result<SampleService> load(const std::filesystem::path& file, Gateways gateways,
                                      Entropy& entropy);
    Result<void> save(const std::filesystem::path& file) const;

    [[nodiscard]] const ServiceIdentity& identity() const { return identity_; }
    /// Its browsers call from there; `mark` tells their user agents apart.
    void browse_from(std::string address, std::string mark = {}) {
        browser_address_ = std::move(address);
        browser_mark_ = std::move(mark);
    }

    // ---- login
    [[nodiscard]] std::string login_target(const std::string& scope, const std::string& source,
                                           const std::string& state, bool broker = false) const;
    /// getQR by a browser; the QR is read off the page's picture.
    Result<LoginPage> open_login_page(const std::string& scope,
                                      const std::string& source = "PC_Browser",
                                      const std::string& state = "sandbox", bool broker = false);
    /// As the page's script: asks until it is told where to go. sandbox.page_over.
    Result<Redirect> wait_at(const LoginPage& page, std::chrono::seconds patience);
    /// True once the page has been told that a phone has scanned.
    Result<bool> was_scanned(const LoginPage& page);
    Result<Envelope> get_token(const std::string& code, bool one_tap = false);

    // ---- requests; `token` is getToken's content
    Result<Envelope> profiles(const Json& token, const std::vector<std::string>& profile_fields,
                              const std::vector<std::string>& eme_fields);
    Result<Envelope> ask_form(const Json& token, const std::string& business_id,
                              const std::vector<std::string>& profile_fields,
                              const std::vector<std::string>& eme_fields);
    Result<Envelope> ask_signature(const Json& token, const std::string& business_id,
                                   const Digest& digest, const std::string& document);
    Result<Envelope> ask_pdf_signature(const Json& token, const std::string& business_id,
                                       const Digest& digest, const std::string& document);
    Result<Envelope> acknowledge(const std::string& business_id, bool pdf);
    /// Opens a callback's body with the key that came with it.
    [[nodiscard]] Result<Envelope> open_callback(const std::string& body) const;

    /// Any signed and encrypted call.
    Result<Envelope> call(const std::string& path, const Json& content);

  private:
    Result<Answer> signed_post(const std::string& path, const std::string& body) const;
    Result<void> fetch_key();
    [[nodiscard]] Result<crypto::Secret32> unwrap(const std::string& wrapped) const;
    [[nodiscard]] std::string seal(const std::string& text) const;
    [[nodiscard]] Json request_head(const Json& token, const std::string& business_id) const;
    [[nodiscard]] Caller browser() const;

    ServiceIdentity identity_;
    crypto::RsaPrivateKey rsa_;
    Gateways gateways_;
    Entropy* entropy_;
    std::string browser_address_ = "127.0.0.1";
    std::string browser_mark_;
    std::optional<crypto::Secret32> content_key_;
};

}  // namespace chopmark::sandbox
