// One request and the one answer owed to it: the ReplyTarget behind every Reply. The answer is
// rendered on whatever thread gives it and handed to the connection's I/O thread as bytes. Who ends
// an exchange – the handler, the clock, the client by leaving, the drain – is settled by one atomic
// step, so it is ended once.
#pragma once

#include <atomic>

#include "gateways/http/front_context.h"
#include "gateways/http/reply.h"
#include "gateways/http/stream_queue.h"

namespace chopmark::http {

class Connection;
class IoLoop;

struct Rendered {
    std::string text;
    int status = 0;
    std::string_view reason;
    bool keep_alive = false;
};

class Exchange final : public ReplyTarget, public std::enable_shared_from_this<Exchange> {
  public:
    using Time = std::chrono::steady_clock::time_point;

    Exchange(std::shared_ptr<FrontContext> front, std::weak_ptr<IoLoop> loop,
             std::weak_ptr<Connection> connection, Time began)
        : front_(std::move(front)),
          loop_(std::move(loop)),
          connection_(std::move(connection)),
          reader_(std::make_unique<RequestReader>(front_->options.bounds.request)),
          began_(began) {}

    // ---- the connection's side, on the I/O thread ----
    [[nodiscard]] RequestReader& reader() { return *reader_; }
    [[nodiscard]] Call& call() { return call_; }
    [[nodiscard]] Time began() const { return began_; }
    /// Takes the request, as far as it was read, out of the reader, which is then gone: a waiting
    /// request is small. Later calls do nothing.
    void take_request();
    /// After take_request(): the answer will say that the connection closes.
    void close_after() { keep_alive_ = false; }
    void set_route(Match match);
    [[nodiscard]] std::size_t route_index() const { return route_index_; }
    [[nodiscard]] std::size_t bytes_in() const { return bytes_in_; }
    [[nodiscard]] bool is_http_1_0() const { return http_1_0_; }
    /// Counts these against the bound of bodies in memory, until release().
    [[nodiscard]] bool reserve_body(std::size_t bytes);
    /// Counts it as in flight until release(). False: too many of its kind are waiting already.
    [[nodiscard]] bool admit();
    void release();

    /// Asks the authorizer, then runs the handler; on a worker or the I/O thread.
    void run();
    /// Ends the exchange from the front's side. False if an answer is already on its way.
    bool end(Ended why);
    /// Whether somebody was established as the caller; settled before the answer is delivered.
    [[nodiscard]] bool vouched() const { return vouched_.load(); }
    [[nodiscard]] bool is_parked() const { return parked_; }
    [[nodiscard]] Rendered render(const Refusal& refusal, std::string_view allow = {});
    /// The answer to a wait that is over.
    [[nodiscard]] Rendered render_wait_over();
    [[nodiscard]] Rendered render(const httplib::Response& response, std::string_view reason);

    // ---- the handler's side, on any thread ----
    void answer(httplib::Response response) override;
    void fail(const Error& error) override;
    void drop() override;
    void park(Park park) override;
    Stream open_stream(httplib::Response head, StreamHooks hooks) override;
    [[nodiscard]] bool is_open() const override { return state_.load() == State::open; }
    void vouch() override { vouched_.store(true); }

  private:
    enum class State : std::uint8_t { open, answered, ended };

    bool claim();
    [[nodiscard]] bool may_pass(const Error& error) const;
    void run_again();
    void deliver(Rendered rendered);
    void begin_park(Park park);
    [[nodiscard]] AnswerFrame frame() const;

    void on_loop(Task task);

    const std::shared_ptr<FrontContext> front_;
    const std::weak_ptr<IoLoop> loop_;  // whose tasks hold exchanges
    const std::weak_ptr<Connection> connection_;
    std::unique_ptr<RequestReader> reader_;
    const Time began_;
    Call call_;
    std::size_t route_index_ = FrontCounters::no_route;
    std::size_t bytes_in_ = 0;
    bool http_1_0_ = false;
    bool keep_alive_ = false;
    bool admitted_ = false;
    std::size_t reserved_bytes_ = 0;
    FrontCounters::Number* slot_ = nullptr;

    std::atomic<State> state_{State::open};
    std::atomic<bool> vouched_{false};
    // I/O thread only:
    bool parked_ = false;
    Park park_;
    Ended ended_ = Ended::client_gone;
};

}  // namespace chopmark::http
