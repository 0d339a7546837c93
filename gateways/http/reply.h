// The one answer owed to one request, for handlers that do not answer before they return. A Reply
// may be moved to any thread and used there once; dropped unused, the client gets 500
// `http.reply_dropped`. While it is out no thread is held. Requests of kind park or stream notice
// when the client leaves; others run to their end.
#pragma once

#include <httplib.h>

#include <functional>
#include <memory>
#include <string>

#include "events/core/instant.h"
#include "events/core/result.h"
#include "gateways/http/stream.h"

namespace chopmark::http {

/// How a parked request is held.
struct Park {
    /// Bounded by Route::wait.
    Duration wait{};
    /// Sent when the wait is over; without a status: 503 `http.wait_over`.
    httplib::Response when_over;
    /// At most once, on an I/O thread, and only if the wait ended without an answer by the Reply.
    /// MUST be quick; the place to forget the waiter.
    std::function<void(Ended)> ended;
};

/// What a Reply speaks to: a connection, or a test.
class ReplyTarget {
  public:
    virtual ~ReplyTarget() = default;
    virtual void answer(httplib::Response response) = 0;
    virtual void fail(const Error& error) = 0;
    virtual void drop() = 0;
    virtual void park(Park park) = 0;
    virtual Stream open_stream(httplib::Response head, StreamHooks hooks) = 0;
    [[nodiscard]] virtual bool is_open() const = 0;
    /// See Reply::vouch().
    virtual void vouch() {}
};

class Reply {
  public:
    explicit Reply(std::shared_ptr<ReplyTarget> target) : target_(std::move(target)) {}
    Reply(Reply&&) noexcept = default;
    Reply& operator=(Reply&& other) noexcept;
    ~Reply();

    /// Status 200 unless the response says otherwise. Dropped silently if the client is gone.
    void send(httplib::Response response);
    /// Rendered by the route: problem+json by default.
    void fail(const Error& error);
    void finish(Result<httplib::Response> outcome);

    /// Who calls has proved who they are, on a route whose authorizer does not see to that: before
    /// the answer. Under a flood their address stands before strangers (PeerLimiter).
    void vouch();

    /// Only on routes of kind park, at most once, before the Reply is handed on: afterwards `ended`
    /// may run at any moment.
    void park(Park park);

    /// Only on routes of kind stream: sends status and header fields of `head`, then whatever goes
    /// into the Stream.
    Stream stream(httplib::Response head, StreamHooks hooks);

    /// False once nobody waits for the answer any more.
    [[nodiscard]] bool is_open() const { return target_ != nullptr && target_->is_open(); }

  private:
    std::shared_ptr<ReplyTarget> target_;
};

}  // namespace chopmark::http
