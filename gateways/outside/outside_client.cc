#include "gateways/outside/outside_client.h"

#include <httplib.h>

#include <thread>

namespace chopmark::outside {
namespace {

using service::Json;

/// A status that another try may mend is outside.unreachable; another 4xx is for good.
constexpr Reason outside_refused{"outside.refused", Kind::unavailable};

Error unreachable(std::string what) { return {ports::outside_unreachable, std::move(what)}; }

bool set_up(httplib::SSLClient& client, const OutsideOptions& options) {
    client.set_connection_timeout(options.connect);
    client.set_read_timeout(options.answer);
    client.set_write_timeout(options.answer);
    client.set_follow_location(false);
    client.enable_server_certificate_verification(true);
    if (!options.ca_file.empty()) {
        client.set_ca_cert_path(options.ca_file);
    }
    return client.is_valid();
}

}  // namespace

bool CircuitBreaker::admits(Instant now) {
    const std::lock_guard lock(mutex_);
    if (failures_ < limit_) {
        return true;
    }
    if (now < open_until_) {
        return false;
    }
    open_until_ = now + open_for_;  // the others wait for how this one fares
    return true;
}

void CircuitBreaker::succeeded() {
    const std::lock_guard lock(mutex_);
    failures_ = 0;
}

void CircuitBreaker::failed(Instant now) {
    const std::lock_guard lock(mutex_);
    failures_ = std::min(failures_ + 1, limit_);
    if (failures_ >= limit_) {
        open_until_ = now + open_for_;
    }
}

OutsideClient::OutsideClient(OutsideOptions options, const Clock& clock, Entropy& entropy)
    : options_(std::move(options)),
      clock_(clock),
      entropy_(entropy),
      breaker_(options_.failures_to_open, options_.open_for) {}

Result<Json> OutsideClient::ask(const std::string& operation, const RequestId& request,
                                const Json& question) {
    calls_.fetch_add(1, std::memory_order_relaxed);
    if (!breaker_.admits(clock_.now())) {
        held_back_.fetch_add(1, std::memory_order_relaxed);
        return unreachable("the breaker is open");
    }
    const std::string body = question.dump(-1, ' ', false, Json::error_handler_t::replace);
    Result<Json> answer = unreachable("not tried");
    for (unsigned made = 0; made < options_.tries; ++made) {
        if (made > 0) {
            retries_.fetch_add(1, std::memory_order_relaxed);
            pause(made);
        }
        answer = try_once(operation, request, body);
        if (answer || answer.error() == outside_refused) {
            break;
        }
    }
    if (answer || answer.error() == outside_refused) {
        breaker_.succeeded();  // it answered
    } else {
        failed_.fetch_add(1, std::memory_order_relaxed);
        breaker_.failed(clock_.now());
    }
    return answer;
}

Result<Json> OutsideClient::try_once(const std::string& operation, const RequestId& request,
                                     const std::string& body) {
    // A client a try: calls are few, and a kept connection would be one more state to lose.
    httplib::SSLClient client(options_.host, options_.port, options_.certificate_file,
                              options_.key_file);
    if (!set_up(client, options_)) {
        return unreachable("our certificate or theirs cannot be used");
    }
    const httplib::Headers headers{{"Chopmark-Request", request.hex()}};
    const auto answer =
        client.Post(options_.path + "/" + operation, headers, body, "application/json");
    if (!answer) {
        return unreachable(httplib::to_string(answer.error()));
    }
    constexpr int ok = 200;
    constexpr int too_many = 429;
    constexpr int server_errors = 500;
    if (answer->status != ok) {
        const bool later = answer->status == too_many || answer->status >= server_errors;
        const std::string status = "status " + std::to_string(answer->status);
        return later ? unreachable(status) : Error(outside_refused, status);
    }
    auto parsed = service::parse_object(answer->body);
    return parsed ? std::move(parsed) : Result<Json>(unreachable("an answer that makes no sense"));
}

/// Half of it fixed, half of it drawn, so that many callers do not come back at once.
void OutsideClient::pause(unsigned tries_made) {
    const Duration whole = options_.pause * (1U << (tries_made - 1));
    ByteArray<2> drawn{};
    entropy_.fill(drawn);
    const auto part = get_big_endian<std::uint16_t>(view(drawn));
    std::this_thread::sleep_for(whole / 2 + whole / 2 * part / UINT16_MAX);
}

OutsideClient::Probe OutsideClient::probe() const {
    return {calls_.load(), retries_.load(), failed_.load(), held_back_.load()};
}

}  // namespace chopmark::outside
