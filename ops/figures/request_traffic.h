// What a relying party asks of citizens who are logged in, over the wire: a form to be filled from
// their profile, a digest to be signed. Asked by the service's server, seen and answered by the
// citizen's phone, and over when the service has the callback, opened with its content key. Each
// caller has a citizen of its own and waits for the callback before it asks again.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <semaphore>
#include <thread>

#include "gateways/service/json_body.h"
#include "ops/figures/login_traffic.h"
#include "ops/sandbox/service.h"

namespace chopmark::figures {

class RequestTraffic {
  public:
    enum class Kind : std::uint8_t { form, signature };

    /// The node must outlive it. Logs so many citizens in.
    static Result<std::unique_ptr<RequestTraffic>> prepare(NodeHome& node,
                                                           const LoginTraffic::Gateways& gateways,
                                                           unsigned callers, schema::Grade grade);
    ~RequestTraffic();

    /// Waits until each citizen has a certificate, whose key takes a quarter of a second to make.
    Result<void> certified();

    Result<Clients::Outcome> run(Kind kind, std::chrono::milliseconds warm,
                                 std::chrono::milliseconds span);

  private:
    struct Caller;

    RequestTraffic();
    Result<void> ask(Caller& caller, Kind kind);
    Result<service::Json> seen(Caller& caller);
    Result<void> answer(Caller& caller, Kind kind, const service::Json& request);
    Result<service::Json> account_when(Caller& caller,
                                       const std::function<bool(const service::Json&)>& settled);
    void take_callbacks();

    std::unique_ptr<sandbox::CallbackReceiver> receiver_;
    std::unique_ptr<LoginTraffic> logins_;
    std::vector<std::unique_ptr<Caller>> callers_;
    std::mutex mutex_;
    std::map<std::string, Caller*, std::less<>> waiting_;  // by businessID
    std::atomic<bool> over_{false};
    std::thread taking_;
};

}  // namespace chopmark::figures
