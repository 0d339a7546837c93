// A front for tests: on loopback, a port of the system's choice, no limits by peer unless asked.
#pragma once

#include <condition_variable>
#include <mutex>
#include <vector>

#include "events/crypto/system_entropy.h"
#include "gateways/http/front.h"
#include "tests/support/http_client.h"

namespace chopmark::http_test {

/// What went into the request log, kept.
class KeptLog final : public http::RequestLog {
  public:
    struct Line {
        std::string method, route, reason;
        int status = 0;
        std::size_t bytes_in = 0, bytes_out = 0;
        std::string trace;
    };
    void note(const http::RequestLine& line) override;
    /// Waits until there are `count` lines.
    std::vector<Line> lines(std::size_t count);

  private:
    std::mutex mutex_;
    std::condition_variable more_;
    std::vector<Line> lines_;
};

struct TestFront {
    crypto::SystemEntropy entropy;
    SystemClock clock;
    KeptLog log;
    std::unique_ptr<http::Front> front;

    explicit TestFront(std::vector<http::Route> routes, http::FrontOptions options = {},
                       http::Authorizer* authorizer = nullptr);
    [[nodiscard]] std::uint16_t port() const { return front->port(); }
};

http::FrontOptions quick_options();

/// Rows with the fields every row must have.
http::Route row(std::string method, std::string path, std::string name, http::Handler handler);
http::Route async_row(http::RouteKind kind, std::string method, std::string path, std::string name,
                      http::AsyncHandler handler);
httplib::Response text(std::string body, int status = 200);
/// Of a problem+json answer; else empty.
std::string reason_of(const Seen& seen);

/// One flag, set on one thread and waited for on another.
class Signal {
  public:
    void set();
    /// False if it was not set within ten seconds.
    [[nodiscard]] bool wait();

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool set_ = false;
};

}  // namespace chopmark::http_test
