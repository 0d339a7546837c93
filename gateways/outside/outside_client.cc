#include "gateways/outside/outside_client.h"

#include <httplib.h>

#include <algorithm>
#include <array>
#include <thread>

#include "gateways/outside/bounded_call.h"

namespace chopmark::outside {
namespace {

using service::Json;

Error unreachable(std::string what) { return {ports::outside_unreachable, std::move(what)}; }

/// Whether a status says that this request, understood, will never be granted. Those that speak of
/// the moment do not, and those that speak of our credentials or of the address do not either: they
/// are mended by an operator, and would refuse every citizen alike.
bool is_for_good(int status) {
    constexpr int client_errors = 400;
    constexpr int server_errors = 500;
    constexpr std::array<int, 7> mendable{401, 404, 405, 407, 408, 425, 429};
    return status >= client_errors && status < server_errors &&
           std::find(mendable.begin(), mendable.end(), status) == mendable.end();
}

bool set_up(httplib::SSLClient& client, const OutsideOptions& options) {
    client.set_connection_timeout(options.connect);
    client.set_read_timeout(options.answer);
    client.set_write_timeout(options.answer);
    client.set_follow_location(false);
    client.set_decompress(false);
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
        if (answer || answer.error() == ports::outside_refused) {
            break;
        }
    }
    if (answer || answer.error() == ports::outside_refused) {
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
    httplib::Request question;
    question.method = "POST";
    question.path = options_.path + "/" + operation;
    question.headers = {{"Chopmark-Request", request.hex()}, {"Content-Type", "application/json"}};
    question.body = body;
    const BoundedAnswer answer =
        bounded_call(client, std::move(question),
                     {watch_, options_.connect + options_.answer, options_.answer_bytes});
    if (!answer.failed.empty()) {
        return unreachable(answer.failed);
    }
    constexpr int ok = 200;
    if (answer.status != ok) {
        const std::string status = "status " + std::to_string(answer.status);
        return is_for_good(answer.status) ? Error(ports::outside_refused, status)
                                          : unreachable(status);
    }
    auto parsed = service::parse_object(answer.body);
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
