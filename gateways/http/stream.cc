#include "gateways/http/stream.h"

#include <algorithm>
#include <utility>

namespace chopmark::http {

Stream& Stream::operator=(Stream&& other) noexcept {
    if (this != &other) {
        close();
        target_ = std::move(other.target_);
    }
    return *this;
}

Sent Stream::send(std::string bytes) {
    return target_ == nullptr ? Sent::gone : target_->send(std::move(bytes));
}

void Stream::close() {
    if (const auto target = std::exchange(target_, nullptr)) {
        target->close();
    }
}

std::string server_sent_event(std::string_view event, std::string_view id, std::string_view data) {
    std::string out;
    out.reserve(event.size() + id.size() + data.size() + 32);
    if (!event.empty()) {
        out.append("event: ").append(event).append("\n");
    }
    if (!id.empty()) {
        out.append("id: ").append(id).append("\n");
    }
    for (std::size_t at = 0; at <= data.size();) {
        const std::size_t end = std::min(data.find_first_of("\r\n", at), data.size());
        out.append("data: ").append(data.substr(at, end - at)).append("\n");
        at = end + 1;
    }
    return out.append("\n");
}

}  // namespace chopmark::http
