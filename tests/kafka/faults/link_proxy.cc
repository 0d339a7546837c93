#include "tests/kafka/faults/link_proxy.h"

#include <fmt/format.h>
#include <httplib.h>

#include <thread>

#include "ops/sandbox/state_file.h"

namespace chopmark::test {
namespace {

constexpr std::chrono::seconds start_patience{20};
constexpr std::chrono::milliseconds look_pause{20};
constexpr std::chrono::seconds order_patience{30};
constexpr const char* host = "127.0.0.1";

const char* stream_of(LinkProxy::Way way) {
    return way == LinkProxy::Way::requests ? "upstream" : "downstream";
}

/// Where ops/broker/proxy built it; it says what is missing.
Result<std::string> program() {
    CHOPMARK_ASSIGN(const auto done,
                    sandbox::run_program({std::string(CHOPMARK_SOURCE_DIR) + "/ops/broker/proxy"}));
    const std::size_t end = done.output.find_last_not_of('\n');
    if (done.exit_code != 0 || end == std::string::npos) {
        return Error(sandbox::cannot_start, done.output);
    }
    const std::size_t begin = done.output.find_last_of('\n', end);
    return done.output.substr(begin == std::string::npos ? 0 : begin + 1,
                              end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

}  // namespace

Result<std::unique_ptr<LinkProxy>> LinkProxy::start(int port, const std::filesystem::path& output) {
    CHOPMARK_ASSIGN(const std::string proxy, program());
    CHOPMARK_ASSIGN(auto child, sandbox::Child::start(
                                    {proxy, "-host", host, "-port", std::to_string(port)}, output));
    std::unique_ptr<LinkProxy> out(new LinkProxy(port, std::move(child)));
    const auto until = std::chrono::steady_clock::now() + start_patience;
    while (!out->order("GET", "/version", "")) {
        if (std::chrono::steady_clock::now() > until || out->child_.ended()) {
            return Error(sandbox::cannot_start, sandbox::read_file(output).value_or(""));
        }
        std::this_thread::sleep_for(look_pause);
    }
    return out;
}

Result<void> LinkProxy::order(const char* method, const std::string& path,
                              const std::string& body) const {
    httplib::Client client(host, port_);
    client.set_read_timeout(order_patience);
    httplib::Request request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.headers.emplace("Content-Type", "application/json");
    const auto answer = client.send(request);
    if (!answer) {
        return Error(sandbox::cannot_start, "the proxy does not answer");
    }
    if (answer->status >= 300) {
        return Error(sandbox::cannot_start, path + ": " + answer->body);
    }
    return {};
}

Result<void> LinkProxy::add(const std::string& link, int listen, const std::string& upstream) {
    links_[link] = fmt::format(R"({{"name":"{}","listen":"{}:{}","upstream":"{}","enabled":true}})",
                               link, host, listen, upstream);
    return order("POST", "/proxies", links_[link]);
}

Result<void> LinkProxy::cut(const std::string& link) {
    return order("POST", "/proxies/" + link, R"({"enabled":false})");
}

Result<void> LinkProxy::swallow(const std::string& link, Way way) {
    return order("POST", "/proxies/" + link + "/toxics",
                 fmt::format(R"({{"name":"swallow","type":"timeout","stream":"{}",)"
                             R"("attributes":{{"timeout":0}}}})",
                             stream_of(way)));
}

Result<void> LinkProxy::delay(const std::string& link, Way way, std::chrono::milliseconds by) {
    return order("POST", "/proxies/" + link + "/toxics",
                 fmt::format(R"({{"name":"delay","type":"latency","stream":"{}",)"
                             R"("attributes":{{"latency":{}}}}})",
                             stream_of(way), by.count()));
}

/// Taking a delay away waits for what it holds back; a link made anew does not.
Result<void> LinkProxy::mend(const std::string& link) {
    CHOPMARK_TRY(order("DELETE", "/proxies/" + link, ""));
    return order("POST", "/proxies", links_.at(link));
}

}  // namespace chopmark::test
