#include "gateways/outside/bounded_call.h"

#include "gateways/outside/call_deadline.h"

namespace chopmark::outside {

BoundedAnswer bounded_call(httplib::ClientImpl& client, httplib::Request request, Duration longest,
                           std::size_t answer_bytes) {
    BoundedAnswer out;
    CallDeadline deadline(longest);
    client.set_socket_options([&deadline](socket_t socket) { deadline.watch(socket); });
    request.content_receiver = [&](const char* data, std::size_t bytes, std::uint64_t,
                                   std::uint64_t) {
        if (out.body.size() + bytes > answer_bytes) {
            out.failed = "the answer is too long";
            return false;
        }
        out.body.append(data, bytes);
        return true;
    };
    const auto answer = client.send(request);
    if (answer) {
        out.status = answer->status;
    } else {
        const bool ours = !out.failed.empty() || deadline.is_over();
        out.error = ours ? httplib::Error::Canceled : answer.error();
        if (out.failed.empty()) {
            out.failed = ours ? "the time was over" : httplib::to_string(answer.error());
        }
    }
    client.stop();  // before the deadline goes, whom its sockets would call
    return out;
}

}  // namespace chopmark::outside
