// A peer that is there and never finishes: it drips, a byte at a time, so that no wait for a byte
// ever times out.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "tests/support/node_world.h"

namespace chopmark {
namespace {

using namespace std::chrono_literals;
using test::Awaited;
using test::EnrolledNode;
using test::NodeDeployment;

constexpr auto drip_pause = 20ms;

/// Begins a TLS record of 16 KiB in answer to whoever connects, and then takes its time.
class DrippingHandshake {
  public:
    DrippingHandshake() {
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(listener_, 4), 0);
        socklen_t length = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { drip(); });
    }
    ~DrippingHandshake() {
        done_ = true;
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    [[nodiscard]] std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }

  private:
    void drip() {
        const int socket = ::accept(listener_, nullptr, nullptr);
        constexpr std::string_view header("\x16\x03\x03\x40\x00", 5);
        bool open = ::send(socket, header.data(), header.size(), MSG_NOSIGNAL) > 0;
        while (open && !done_) {
            std::this_thread::sleep_for(drip_pause);
            open = ::send(socket, "\0", 1, MSG_NOSIGNAL) > 0;
        }
        ::close(socket);
    }

    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> done_{false};
    std::thread thread_;
};

/// A real node of the deployment, whose answers come a byte at a time.
class DrippingNode {
  public:
    DrippingNode(const EnrolledNode& node, std::size_t length)
        : server_(node.files.certificate.c_str(), node.files.key.c_str(),
                  node.files.authority.c_str()) {
        server_.set_keep_alive_timeout(1);
        server_.Post("/drip", [this, length](const httplib::Request&, httplib::Response& answer) {
            answer.set_content_provider(length, "application/octet-stream",
                                        [this](std::size_t, std::size_t, httplib::DataSink& sink) {
                                            std::this_thread::sleep_for(drip_pause);
                                            return !done_ && sink.write("x", 1);
                                        });
        });
        peer_ = {node.id, "127.0.0.1:" + std::to_string(server_.bind_to_any_port("127.0.0.1"))};
        thread_ = std::thread([this] { server_.listen_after_bind(); });
    }
    ~DrippingNode() {
        done_ = true;
        server_.stop();
        thread_.join();
    }
    [[nodiscard]] const node::Peer& peer() const { return peer_; }

  private:
    httplib::SSLServer server_;
    node::Peer peer_;
    std::atomic<bool> done_{false};
    std::thread thread_;
};

struct NodeDeadline : testing::Test {
    /// As chopmarkd does: a connection that is cut may just be written to.
    NodeDeadline() { std::signal(SIGPIPE, SIG_IGN); }
    Result<Bytes> ask(const node::Peer& peer) {
        Awaited<Bytes> answer;
        const auto began = std::chrono::steady_clock::now();
        client.ask(peer, "/drip", "question", answer.callback());
        auto told = answer.get();
        took = std::chrono::steady_clock::now() - began;
        return told;
    }
    node::ClientOptions options() const {
        node::ClientOptions out;
        out.files = asking.files;
        out.deadline = 600ms;
        return out;
    }

    NodeDeployment deployment{"Chopmark test nodes"};
    EnrolledNode asking = deployment.enrol("asking");
    EnrolledNode asked = deployment.enrol("asked");
    node::NodeClient client{options()};
    std::chrono::steady_clock::duration took{};
};

TEST_F(NodeDeadline, EndsAHandshakeThatDrips) {
    const DrippingHandshake peer;
    const auto answer = ask({asked.id, peer.endpoint()});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error(), node::unreachable) << "no question was sent";
    EXPECT_GE(took, 500ms);
    EXPECT_LT(took, 3s);
}

TEST_F(NodeDeadline, EndsAnAnswerThatDrips) {
    const DrippingNode peer(asked, 1'000'000);
    const auto answer = ask(peer.peer());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error(), node::outcome_unknown);
    EXPECT_GE(took, 500ms);
    EXPECT_LT(took, 3s);
}

TEST_F(NodeDeadline, LeavesASlowAnswerWithinItAlone) {
    const DrippingNode peer(asked, 8);
    for (int round = 0; round < 3; ++round) {
        const auto answer = ask(peer.peer());
        ASSERT_TRUE(answer) << answer.error();
        EXPECT_EQ(*answer, "xxxxxxxx");
    }
    EXPECT_EQ(client.probe().connections, 1U);
}

}  // namespace
}  // namespace chopmark
