// A simulated phone with the app: a P-256 device key, a citizen's card with its chip, a session,
// and every call of the app's gateway as the wire specification has it. What it signs it has read:
// text digests are computed from what the platform told it to show, never copied. State can be
// saved, so that commands of the tool can follow one another. Not for use from two threads at once.
//
// Calls give the answer as it came, a refusal too; sandbox.* errors say that there is none.
#pragma once

#include <functional>
#include <optional>

#include "events/crypto/p256.h"
#include "ops/sandbox/caller.h"
#include "ops/sandbox/personas.h"
#include "ops/sandbox/state_file.h"

namespace chopmark::sandbox {

/// How alike and how alive the selfie shows its bearer, in permille.
struct Face {
    std::uint32_t match = 950;
    std::uint32_t liveness = 950;
};

/// What a scan claimed: what the phone shows, and what it needs for the decision.
struct Scanned {
    Json shown;  // the answer
    std::string login;
    std::string client;
    std::vector<std::string> scopes;
    std::string claim;
    std::string number;  // empty: only the page shows it
};

/// A signed call as it went out, and what came of it.
struct SentCall {
    std::string path;
    httplib::Headers headers;
    std::string body;
    Result<Answer> answer;
};

class SimulatedPhone {
  public:
    /// A new phone in the hand of that person.
    SimulatedPhone(Persona bearer, Gateways gateways, Entropy& entropy);
    static Result<SimulatedPhone> load(const std::filesystem::path& file, Gateways gateways,
                                       Entropy& entropy);
    Result<void> save(const std::filesystem::path& file) const;

    /// From now on it calls from there, e.g. 127.0.5.1 for Lagos.
    void move_to(std::string address) { address_ = std::move(address); }
    /// Called with every signed call, for whoever wants to send the very same again.
    void watch(std::function<void(const SentCall&)> watcher) { watcher_ = std::move(watcher); }
    [[nodiscard]] const Persona& bearer() const { return bearer_; }
    [[nodiscard]] const std::string& account() const { return account_; }
    [[nodiscard]] const std::string& device() const { return device_; }
    /// The card shown at registrations, if it is not to be the bearer's own as it is.
    void show_number(std::string number) { shown_number_ = std::move(number); }

    // ---- registration
    Result<Answer> register_by_app(const Face& face = {});
    Result<Answer> register_by_nfc(const Face& face = {});
    Result<Answer> upgrade(const Face& face = {});
    Result<Answer> bind(const std::string& voucher);

    // ---- logins
    /// Of a QR's text: a handle, or a link that ends in one. A request of a sensitive service is
    /// only claimed with the number that its page shows.
    Result<Answer> scan(const std::string& qr_text, const std::string& typed_number = {});
    /// Of the link by which another app or a login page's button opens this one; the answer is that
    /// of a scan.
    Result<Answer> open_link(const std::string& link);
    static Result<Scanned> read_scan(const Result<Answer>& answer);
    Result<Answer> approve(const Scanned& scanned, const std::string& typed_number = {});
    Result<Answer> refuse(const Scanned& scanned, const std::string& why);
    Result<Answer> one_tap(const std::string& client, const std::vector<std::string>& scopes);
    Result<Answer> end_login(const std::string& login);
    Result<Answer> dispute(const std::string& event, const std::string& note);

    // ---- requests
    Result<Answer> requests();
    /// One of requests(): everything asked for is granted. sandbox.bad_answer when its text is not
    /// of its digest.
    Result<Answer> grant(const Json& request);
    Result<Answer> refuse_consent(const Json& request);
    Result<Answer> withdraw(const std::string& request);
    Result<Answer> sign(const Json& request);
    Result<Answer> refuse_signature(const Json& request);
    /// Face and chip.
    Result<Answer> prove(const Json& request);
    Result<Answer> refuse_to_prove(const Json& request);
    /// Answers from now on are to be taken back to the app that asked, at that address; empty: by
    /// an activity.
    void return_to(std::string address) { return_to_ = std::move(address); }

    // ---- the citizen's own
    Result<Answer> enable_profile();
    Result<Answer> set_profile(const Json& values);
    Result<Answer> clear_profile(const std::vector<std::string>& names);
    Result<Answer> disable_profile();
    Result<Answer> suspend();
    Result<Answer> resume();
    Result<Answer> close();
    /// `reason`: citizen_wish, key_compromised or superseded.
    Result<Answer> revoke_certificate(const std::string& reason);
    /// GET of the app's gateway under the session, e.g. "/app/v1/log?limit=50".
    Result<Answer> look(const std::string& target);

  private:
    struct Challenge {
        std::string text;
        Bytes bytes;
        std::string environment;
    };
    /// The body for a challenge: a chip answers it.
    using MakeBody = std::function<Json(const Challenge&)>;

    Result<Challenge> challenge() const;
    Result<Answer> signed_call(const std::string& path, std::string_view command,
                               const MakeBody& body, bool bound);
    Result<Answer> signed_call(const std::string& path, std::string_view command, const Json& body);
    Result<Answer> session_call(const std::string& method, const std::string& target,
                                const std::string& body);
    Result<void> open_session();
    [[nodiscard]] Caller caller() const;
    [[nodiscard]] Json device_json() const;
    [[nodiscard]] Json card_json() const;
    [[nodiscard]] Json chip_json(const Challenge& challenge) const;
    [[nodiscard]] std::string selfie(const Face& face) const;
    [[nodiscard]] Result<Json> answer_to(const Json& request) const;
    Result<Answer> answer_request(const Json& request, const std::string& path,
                                  std::string_view command, const Json& more);
    Result<Answer> remember_account(Result<Answer> answer);

    Persona bearer_;
    Gateways gateways_;
    crypto::P256PrivateKey key_;
    std::string device_;
    std::string account_;
    std::string address_ = "127.0.0.1";
    std::string shown_number_;
    std::optional<std::string> return_to_;
    std::string password_;
    std::string session_;
    Bytes session_key_;
    std::int64_t session_until_ms_ = 0;
    std::function<void(const SentCall&)> watcher_;
};

/// SHA-256 of what the phone shows of a login, in hex.
std::string login_text_digest(const std::string& client, const std::vector<std::string>& scopes,
                              const std::string& login);

}  // namespace chopmark::sandbox
