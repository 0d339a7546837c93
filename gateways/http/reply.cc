#include "gateways/http/reply.h"

#include "events/core/ensure.h"

namespace chopmark::http {

Reply& Reply::operator=(Reply&& other) noexcept {
    if (target_ != nullptr && target_ != other.target_) {
        target_->drop();
    }
    target_ = std::move(other.target_);
    return *this;
}

Reply::~Reply() {
    if (target_ != nullptr) {
        target_->drop();
    }
}

void Reply::send(httplib::Response response) {
    ensure(target_ != nullptr, "a Reply is used once");
    std::exchange(target_, nullptr)->answer(std::move(response));
}

void Reply::fail(const Error& error) {
    ensure(target_ != nullptr, "a Reply is used once");
    std::exchange(target_, nullptr)->fail(error);
}

void Reply::finish(Result<httplib::Response> outcome) {
    if (outcome) {
        send(*std::move(outcome));
    } else {
        fail(outcome.error());
    }
}

void Reply::vouch() {
    ensure(target_ != nullptr, "a caller is vouched for before the answer");
    target_->vouch();
}

void Reply::park(Park park) {
    ensure(target_ != nullptr, "a Reply is parked before it is used");
    target_->park(std::move(park));
}

Stream Reply::stream(httplib::Response head, StreamHooks hooks) {
    ensure(target_ != nullptr, "a Reply is used once");
    return std::exchange(target_, nullptr)->open_stream(std::move(head), std::move(hooks));
}

}  // namespace chopmark::http
