// Whole QR logins over the wire, as browser, phone and relying party make them: getQR, the page's
// two waits (for the scan, for the end), the phone's scan under its session, a challenge, the
// approval signed by the device's key, and getToken, signed and encrypted: seven requests. Each
// caller has three kept connections and waits for its login to end before the next begins.
#pragma once

#include <atomic>
#include <optional>

#include "events/crypto/rsa.h"
#include "ops/figures/clients.h"
#include "ops/figures/people.h"
#include "ops/figures/wire.h"

namespace chopmark::figures {

struct Phone {
    Person person;
    crypto::P256PrivateKey key;
    std::string session;  // as the header has it
    Bytes session_key;
};

class LoginTraffic {
  public:
    struct Gateways {
        Origin rp;
        Origin app;
    };

    /// The node must outlive it. Registers so many citizens, opens their phones' sessions and
    /// fetches the relying party's content key.
    static Result<std::unique_ptr<LoginTraffic>> prepare(NodeHome& node, const Gateways& gateways,
                                                         std::size_t phones);
    /// Citizens beside those with phones, for a full house.
    Result<void> register_more(std::uint64_t number,
                               const std::function<void(std::uint64_t)>& told);

    /// Whole logins a second, and what one took. An error of any login breaks the run off.
    Result<Clients::Outcome> run(unsigned callers, std::chrono::milliseconds warm,
                                 std::chrono::milliseconds span);

  private:
    struct Caller;

    LoginTraffic(NodeHome& node, const Gateways& gateways);
    Result<void> open_session(Wire& wire, Phone& phone);
    Result<std::string> signed_call(Wire& wire, const Phone& phone, std::string_view target,
                                    std::string_view command, std::string_view body,
                                    std::string_view client, std::string_view text_digest);
    Result<void> fetch_content_key();
    [[nodiscard]] std::string rp_headers(std::string_view body);
    [[nodiscard]] std::string seal(std::string_view text);
    Result<void> log_in(Caller& caller, Phone& phone);
    Result<std::string> approve(Caller& caller, const Phone& phone, std::string_view handle);
    Result<void> get_token(Caller& caller, std::string_view code);

    NodeHome& node_;
    Gateways gateways_;
    People people_;
    crypto::RsaPrivateKey rsa_;
    Service service_;
    std::string qr_target_;
    std::vector<Phone> phones_;
    crypto::Secret32 content_key_;
};

}  // namespace chopmark::figures
