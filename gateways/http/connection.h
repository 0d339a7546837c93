// One client connection as a small state machine on one I/O thread: read a request, wait for its
// answer, write it, begin again; or stream, or linger after a refusal until the client has stopped
// sending. Requests of a pipeline are taken one after another. All functions belong to the loop's
// thread. Idle, it holds no buffers.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "gateways/http/exchange.h"
#include "gateways/http/io_loop.h"

namespace chopmark::http {

class Connection : public std::enable_shared_from_this<Connection> {
  public:
    using Socket = boost::asio::ip::tcp::socket;
    using Time = IoLoop::Time;

    /// `peer` is the key under which PeerLimiter admitted it, given back when it goes; without one
    /// it may only be turned away.
    Connection(std::shared_ptr<FrontContext> front, IoLoop& loop, Socket socket,
               const std::optional<PeerKey>& peer);
    ~Connection();

    void start();
    /// Instead of start(), in clear text only: answers before anything was asked, then closes.
    void turn_away(const Refusal& refusal);
    /// Called by the sweep when the deadline is past.
    void expire(Time now);
    /// Idle: closes. Parked: answers 503. Otherwise finishes what is in flight, then closes.
    void drain();
    void close();

    // ---- from Exchange ----
    void deliver(Exchange& exchange, Rendered answer);
    void hold(Exchange& exchange, Duration wait);
    bool begin_stream(Exchange& exchange, Rendered head, std::shared_ptr<StreamQueue> queue,
                      bool events);
    void send_stream();

    /// Where the loop's table keeps it.
    std::size_t place = 0;

  private:
    enum class State : std::uint8_t {
        handshaking,
        reading,  // idle as long as there is no exchange
        waiting,  // for the handler's answer
        writing,
        streaming,
        lingering,
        closed,
    };

    void pump();
    bool step();
    bool step_handshake();
    bool step_read();
    bool step_watch();
    bool step_write();
    bool step_linger();

    void begin_reading();
    bool consume(std::size_t fresh_bytes);
    void keep(std::string_view rest, bool in_place);
    [[nodiscard]] bool open_request(bool body_came_along);
    void dispatch();
    void end_unasked();
    void refuse(const Refusal& refusal, std::string_view allow = {});
    void tell_options(std::string_view allow);
    void write(Rendered answer);
    void finish_answer();
    void note_answer();
    bool take_stream();
    void end_stream(Ended why);

    void arm_read();
    void arm_write();
    void wait_until(Time at, bool idle = false);
    void wait_for(Duration time) { wait_until(std::chrono::steady_clock::now() + time); }

    const std::shared_ptr<FrontContext> front_;
    IoLoop& loop_;
    Socket socket_;
    Transport transport_;
    const std::optional<PeerKey> peer_;
    State state_ = State::handshaking;
    bool pumping_ = false;
    bool read_armed_ = false;
    bool write_armed_ = false;
    bool readable_ = false;     // the socket said so, or may hold more
    bool starved_ = false;      // in_ holds an incomplete piece
    bool close_after_ = false;  // the answer being written
    bool unread_ = false;       // the client may still be sending what nobody will read
    bool stream_last_ = false;
    bool stream_events_ = false;

    std::string in_;
    std::string out_;
    std::size_t out_at_ = 0;
    std::size_t out_total_ = 0;
    int status_ = 0;
    std::string_view reason_;
    std::shared_ptr<Exchange> exchange_;
    std::shared_ptr<StreamQueue> stream_;
    Time stream_until_;
    Time request_until_;
    std::shared_ptr<const PeerCertificate> peer_certificate_;
};

}  // namespace chopmark::http
