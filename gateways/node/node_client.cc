#include "gateways/node/node_client.h"

#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

#include "aggregates/runtime/receipt.h"
#include "gateways/http/worker_pool.h"
#include "gateways/node/bundle.h"
#include "gateways/outside/call_watch.h"

namespace chopmark::node {
namespace {

using Time = std::chrono::steady_clock::time_point;

Time now() { return std::chrono::steady_clock::now(); }

struct Question {
    std::string path;
    Bytes body;
    NodeClient::Answered answered;
    Time until;
    bool bundled = false;
};
/// One, or several that are bundled: of one path, the oldest first.
using Questions = std::vector<Question>;

struct Connection {
    std::unique_ptr<outside::CallWatch::Seat>
        seat;  // outlives the client, which tells it of its sockets
    std::unique_ptr<httplib::SSLClient> client;
    Time used_at;
};

/// What goes to one peer: at most so many runners, each with a connection, empty the queue.
struct Lane {
    explicit Lane(Peer whom) : peer(std::move(whom)) {}

    const Peer peer;
    std::mutex mutex;
    std::deque<Question> waiting;
    std::vector<Connection> idle;
    std::size_t runners = 0;
    bool closed = false;
};
using LanePtr = std::shared_ptr<Lane>;

/// The front of a peer refused the call before a handler saw it, or something broke afterwards.
Error error_of_status(int status) {
    const std::string text = "status " + std::to_string(status);
    switch (status) {
        case 401:
        case 403:
        case 404:
        case 413:
        case 431:
            return {refused, text};
        case 429:
        case 503:
            return {runtime::executor_busy, "the peer: " + text};
        default:
            return {outcome_unknown, text};
    }
}

}  // namespace

struct NodeClient::Parts {
    explicit Parts(ClientOptions given)
        : options(std::move(given)),
          pool(options.threads, options.peers * options.connections_per_peer) {}

    Result<LanePtr> lane_of(const Peer& peer);
    void start_runner(const LanePtr& lane);
    void run(const LanePtr& lane);
    void enqueue(const Peer& peer, Question question);
    Result<Bytes> exchange(const Peer& peer, Connection& connection, const Questions& questions);
    Result<void> connect(const Peer& peer, Connection& connection);
    void tell(Questions& questions, Result<Bytes> answer);
    static Questions next(Lane& lane, Connection& connection);
    static void give_back(Lane& lane, Connection connection);

    const ClientOptions options;
    outside::CallWatch watch;
    std::mutex mutex;
    std::map<Peer, LanePtr> lanes;
    std::atomic<std::uint64_t> asked{0}, exchanges{0}, unreached{0}, busy{0}, unknown{0};
    std::atomic<std::uint64_t> connections{0};
    http::WorkerPool pool;  // last: its threads end before what they use
};

Result<LanePtr> NodeClient::Parts::lane_of(const Peer& peer) {
    const std::lock_guard lock(mutex);
    if (const auto known = lanes.find(peer); known != lanes.end()) {
        return known->second;
    }
    if (lanes.size() >= options.peers) {
        return Error(unreachable, "too many peers");
    }
    return lanes.emplace(peer, std::make_shared<Lane>(peer)).first->second;
}

Result<void> NodeClient::Parts::connect(const Peer& peer, Connection& connection) {
    if (connection.client && now() - connection.used_at < options.keep_idle) {
        return {};
    }
    connection.client.reset();
    auto client = http::peer_client(options.files, peer.node, peer.endpoint);
    if (!client) {
        return Error(unreachable, client.error().detail);
    }
    (*client)->set_keep_alive(true);
    if (!connection.seat) {
        connection.seat = std::make_unique<outside::CallWatch::Seat>(watch);
    }
    (*client)->set_socket_options(
        [seat = connection.seat.get()](socket_t socket) { seat->hold(socket); });
    connections.fetch_add(1, std::memory_order_relaxed);
    connection.client = std::move(*client);
    return {};
}

/// Their time is that of the oldest.
Result<Bytes> NodeClient::Parts::exchange(const Peer& peer, Connection& connection,
                                          const Questions& questions) {
    const Question& first = questions.front();
    CHOPMARK_TRY(connect(peer, connection));
    const auto left = std::chrono::duration_cast<Duration>(first.until - now());
    if (left <= Duration::zero()) {
        return Error(runtime::executor_busy, "its time went by in the queue");
    }
    Bytes bundled;
    if (first.bundled) {
        std::vector<Bytes> messages;
        for (const Question& question : questions) {
            messages.push_back(question.body);
        }
        bundled = bundle(messages);
    }
    exchanges.fetch_add(1, std::memory_order_relaxed);
    httplib::SSLClient& client = *connection.client;
    const Duration connecting = std::min(options.connect, left / 2);
    client.set_connection_timeout(connecting);
    client.set_read_timeout(left - connecting);
    client.set_write_timeout(left - connecting);
    connection.seat->begin(first.until);
    httplib::Headers headers;
    if (first.bundled && options.control_basis) {
        headers.emplace(control_header, std::to_string(options.control_basis().value()));
    }
    const auto answer = client.Post(first.path, headers, first.bundled ? bundled : first.body,
                                    "application/octet-stream");
    connection.seat->end();
    connection.used_at = now();
    if (!answer) {
        connection.client.reset();
        const std::string why = httplib::to_string(answer.error());
        return Error(http::certainly_not_sent(answer.error()) ? unreachable : outcome_unknown, why);
    }
    constexpr int ok = 200;
    if (answer->status != ok) {
        return error_of_status(answer->status);
    }
    return std::move(answer->body);
}

/// What one exchange takes of the queue, and a connection if one is idle. The runner ends under the
/// lock under which it found nothing to do. What has no time left goes alone, and keeps nobody.
Questions NodeClient::Parts::next(Lane& lane, Connection& connection) {
    const std::lock_guard lock(lane.mutex);
    Questions out;
    if (lane.waiting.empty()) {
        --lane.runners;
        return out;
    }
    if (!lane.idle.empty()) {
        connection = std::move(lane.idle.back());
        lane.idle.pop_back();
    }
    out.push_back(std::move(lane.waiting.front()));
    lane.waiting.pop_front();
    if (!out.front().bundled || out.front().until <= now()) {
        return out;
    }
    std::size_t bytes = 0;
    for (auto other = lane.waiting.begin();
         other != lane.waiting.end() && out.size() < bundle_messages;) {
        if (!other->bundled || other->path != out.front().path) {
            ++other;
            continue;
        }
        bytes += other->body.size();
        if (bytes > bundle_bytes) {
            break;
        }
        out.push_back(std::move(*other));
        other = lane.waiting.erase(other);
    }
    return out;
}

/// Each its own answer, or all of them why there is none.
void NodeClient::Parts::tell(Questions& questions, Result<Bytes> answer) {
    if (answer && questions.front().bundled) {
        const auto answers = unbundle(*answer);
        if (answers && answers->size() == questions.size()) {
            for (std::size_t i = 0; i < questions.size(); ++i) {
                questions[i].answered(Bytes((*answers)[i]));
            }
            return;
        }
        answer = Error(outcome_unknown, "the peer answered something else");
    }
    if (!answer && answer.error() == unreachable) {
        unreached.fetch_add(questions.size(), std::memory_order_relaxed);
    } else if (!answer && answer.error() == outcome_unknown) {
        unknown.fetch_add(questions.size(), std::memory_order_relaxed);
    }
    for (const Question& question : questions) {
        question.answered(answer);
    }
}

/// Before anybody hears the answer: who then asks again finds it.
void NodeClient::Parts::give_back(Lane& lane, Connection connection) {
    const std::lock_guard lock(lane.mutex);
    if (connection.client && !lane.closed) {
        lane.idle.push_back(std::move(connection));
    }
}

void NodeClient::Parts::run(const LanePtr& lane) {
    for (;;) {
        Connection connection;
        Questions questions = next(*lane, connection);
        if (questions.empty()) {
            return;
        }
        auto answer = exchange(lane->peer, connection, questions);
        give_back(*lane, std::move(connection));
        tell(questions, std::move(answer));
    }
}

/// The pool has room for every runner that any lane may have, so it takes it.
void NodeClient::Parts::start_runner(const LanePtr& lane) {
    if (pool.try_post([this, lane] { run(lane); })) {
        return;
    }
    std::deque<Question> stuck;
    {
        const std::lock_guard lock(lane->mutex);
        if (--lane->runners == 0) {
            stuck.swap(lane->waiting);
        }
    }
    for (const Question& question : stuck) {
        question.answered(Error(runtime::executor_busy, "no thread to ask a peer"));
    }
}

NodeClient::NodeClient(ClientOptions options)
    : parts_(std::make_unique<Parts>(std::move(options))) {}

NodeClient::~NodeClient() {
    std::deque<Question> left;
    {
        const std::lock_guard lock(parts_->mutex);
        for (const auto& [peer, lane] : parts_->lanes) {
            const std::lock_guard lane_lock(lane->mutex);
            lane->closed = true;
            std::move(lane->waiting.begin(), lane->waiting.end(), std::back_inserter(left));
            lane->waiting.clear();
        }
    }
    for (const Question& question : left) {
        question.answered(Error(unreachable, "this node is stopping"));
    }
}

void NodeClient::ask(const Peer& peer, std::string path, Bytes body, Answered answered) {
    parts_->enqueue(peer, {std::move(path), std::move(body), std::move(answered), {}, false});
}

void NodeClient::ask_bundled(const Peer& peer, std::string path, Bytes body, Answered answered) {
    parts_->enqueue(peer, {std::move(path), std::move(body), std::move(answered), {}, true});
}

void NodeClient::Parts::enqueue(const Peer& peer, Question question) {
    asked.fetch_add(1, std::memory_order_relaxed);
    const auto lane = lane_of(peer);
    if (!lane) {
        question.answered(lane.error());
        return;
    }
    bool full = false;
    bool closed = false;
    bool start = false;
    {
        const std::lock_guard lock((*lane)->mutex);
        closed = (*lane)->closed;
        full = (*lane)->waiting.size() >= options.queue_per_peer;
        if (!closed && !full) {
            question.until = now() + options.deadline;
            (*lane)->waiting.push_back(std::move(question));
            start = (*lane)->runners < options.connections_per_peer;
            (*lane)->runners += start ? 1 : 0;
        }
    }
    if (closed || full) {
        busy.fetch_add(1, std::memory_order_relaxed);
        question.answered(closed
                              ? Error(unreachable, "this node is stopping")
                              : Error(runtime::executor_busy, "too many calls wait for the peer"));
    } else if (start) {
        start_runner(*lane);
    }
}

NodeClient::Probe NodeClient::probe() const {
    Probe out;
    out.asked = parts_->asked.load();
    out.exchanges = parts_->exchanges.load();
    out.unreachable = parts_->unreached.load();
    out.busy = parts_->busy.load();
    out.outcome_unknown = parts_->unknown.load();
    out.connections = parts_->connections.load();
    const std::lock_guard lock(parts_->mutex);
    for (const auto& [peer, lane] : parts_->lanes) {
        const std::lock_guard lane_lock(lane->mutex);
        out.waiting += lane->waiting.size();
    }
    return out;
}

}  // namespace chopmark::node
