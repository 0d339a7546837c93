#include "gateways/outside/bounded_call.h"

namespace chopmark::outside {

BoundedAnswer bounded_call(httplib::ClientImpl& client, httplib::Request request,
                           const CallBounds& bounds) {
    BoundedAnswer out;
    CallWatch::Seat seat(bounds.watch);
    client.set_socket_options([&seat](socket_t socket) { seat.hold(socket); });
    request.content_receiver = [&](const char* data, std::size_t bytes, std::uint64_t,
                                   std::uint64_t) {
        if (out.body.size() + bytes > bounds.answer_bytes) {
            out.failed = "the answer is too long";
            return false;
        }
        out.body.append(data, bytes);
        return true;
    };
    const auto until = std::chrono::steady_clock::now() + bounds.longest;
    seat.begin(until);
    const auto answer = client.send(request);
    if (answer) {
        out.status = answer->status;
    } else {
        const bool ours = !out.failed.empty() || std::chrono::steady_clock::now() >= until;
        out.error = ours ? httplib::Error::Canceled : answer.error();
        if (out.failed.empty()) {
            out.failed = ours ? "the time was over" : httplib::to_string(answer.error());
        }
    }
    client.stop();  // before the seat goes, whom its sockets would call
    return out;
}

}  // namespace chopmark::outside
