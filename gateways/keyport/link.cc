#include "gateways/keyport/link.h"

#include <thread>

#include "gateways/outside/bounded_call.h"

namespace chopmark::keyport {
namespace {

Error error_of_status(int status) {
    const std::string text = "status " + std::to_string(status);
    switch (status) {
        case 401:
        case 403:
            return {not_admitted, text};
        case 429:
        case 503:
            return {busy, text};
        case 404:
            return {bad_answer, text};
        default:
            return {unreachable, text};
    }
}

}  // namespace

Link::Outcome Link::try_once(const char* path, const Bytes& question) {
    const auto client = http::peer_client(options_.files, options_.node, options_.address);
    if (!client) {
        return {Error(unreachable, client.error().detail), true, false};
    }
    (*client)->set_connection_timeout(options_.connect);
    (*client)->set_read_timeout(options_.answer);
    (*client)->set_write_timeout(options_.answer);
    httplib::Request request;
    request.method = "POST";
    request.path = path;
    request.headers = {{"Content-Type", "application/octet-stream"}};
    request.body = question;
    const auto answer = outside::bounded_call(
        **client, std::move(request), {watch_, options_.connect + options_.answer, message_bytes});
    if (!answer.failed.empty()) {
        return {Error(unreachable, answer.failed), http::certainly_not_sent(answer.error), false};
    }
    constexpr int ok = 200;
    if (answer.status != ok) {
        const Error error = error_of_status(answer.status);
        return {error, error == busy, error == not_admitted || error == bad_answer};
    }
    return {decode_answer(answer.body), false, true};
}

bool Link::take_turn() {
    std::unique_lock lock(mutex_);
    const bool free = free_.wait_for(lock, options_.connect + options_.answer,
                                     [this] { return in_flight_ < options_.calls; });
    in_flight_ += free ? 1 : 0;
    return free;
}

void Link::give_turn_back() {
    {
        const std::lock_guard lock(mutex_);
        --in_flight_;
    }
    free_.notify_one();
}

Result<Bytes> Link::ask(const char* path, const Bytes& question, Repeat repeat) {
    calls_.fetch_add(1, std::memory_order_relaxed);
    if (!take_turn()) {
        failed_.fetch_add(1, std::memory_order_relaxed);
        return Error(busy, "too many calls wait for the key port");
    }
    Duration pause = options_.pause;
    Outcome outcome = try_once(path, question);
    for (unsigned made = 1; made < options_.tries && !outcome.is_final; ++made) {
        if (repeat == Repeat::only_if_not_sent && !outcome.certainly_not_done) {
            break;
        }
        retries_.fetch_add(1, std::memory_order_relaxed);
        std::this_thread::sleep_for(pause);
        pause *= 2;
        outcome = try_once(path, question);
    }
    give_turn_back();
    if (!outcome.is_final) {
        failed_.fetch_add(1, std::memory_order_relaxed);
    }
    return std::move(outcome.answer);
}

Link::Probe Link::probe() const {
    const std::lock_guard lock(mutex_);
    return {calls_.load(), retries_.load(), failed_.load(), in_flight_};
}

}  // namespace chopmark::keyport
