// Whole QR logins over the wire, as browser, phone and relying party make them: getQR, the page's
// two waits (for the scan, for the end), the phone's scan under its session, a challenge, the
// approval signed by the device's key, and getToken, signed and encrypted: seven requests. Each
// caller has three kept connections and waits for its login to end before the next begins.
#pragma once

#include "ops/figures/clients.h"
#include "ops/figures/phones.h"
#include "ops/figures/service_side.h"

namespace chopmark::figures {

class LoginTraffic {
  public:
    struct Gateways {
        Origin rp;
        Origin app;
    };
    /// One login's connections: a browser's, a phone's, a server's.
    struct Caller {
        static Result<Caller> connect(const Gateways& gateways);
        Wire browser;
        Wire phone;
        Wire server;
    };

    /// The node must outlive it. Registers so many citizens, opens their phones' sessions and
    /// fetches the relying party's content key.
    static Result<std::unique_ptr<LoginTraffic>> prepare(NodeHome& node, const Gateways& gateways,
                                                         std::size_t phones,
                                                         const ServiceWants& wants = {},
                                                         schema::Grade grade = schema::DEFAULT);
    /// Citizens beside those with phones, for a full house.
    Result<void> register_more(std::uint64_t number,
                               const std::function<void(std::uint64_t)>& told);

    /// Whole logins a second, and what one took. An error of any login breaks the run off.
    Result<Clients::Outcome> run(unsigned callers, std::chrono::milliseconds warm,
                                 std::chrono::milliseconds span,
                                 std::chrono::microseconds every = {});
    /// A login up to the code that its browser brings back, for all scopes of the service.
    Result<std::string> log_in(Caller& caller, const Phone& phone);

    [[nodiscard]] const std::vector<Phone>& phones() const { return phones_; }
    [[nodiscard]] ServiceSide& service() { return *service_; }
    [[nodiscard]] const Gateways& gateways() const { return gateways_; }
    [[nodiscard]] NodeHome& node() { return node_; }
    /// Target of the login page.
    [[nodiscard]] const std::string& page() const { return qr_target_; }

  private:
    LoginTraffic(NodeHome& node, const Gateways& gateways)
        : node_(node), gateways_(gateways), people_(node) {}
    Result<std::string> approve(Caller& caller, const Phone& phone, std::string_view handle);

    NodeHome& node_;
    Gateways gateways_;
    People people_;
    std::string scopes_;  // with a space between
    std::unique_ptr<ServiceSide> service_;
    std::string qr_target_;
    std::vector<Phone> phones_;
};

}  // namespace chopmark::figures
