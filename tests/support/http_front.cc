#include "tests/support/http_front.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "aggregates/runtime/event_finder.h"

namespace chopmark::http_test {

void KeptLog::note(const http::RequestLine& line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back({std::string(line.method), std::string(line.route), std::string(line.reason),
                      line.status, line.bytes_in, line.bytes_out, line.trace.trace.hex()});
    more_.notify_all();
}

std::vector<KeptLog::Line> KeptLog::lines(std::size_t count) {
    std::unique_lock lock(mutex_);
    more_.wait_for(lock, std::chrono::seconds(10), [&] { return lines_.size() >= count; });
    return lines_;
}

TestFront::TestFront(std::vector<http::Route> routes, http::FrontOptions options,
                     http::Authorizer* authorizer) {
    auto table = http::RouteTable::build(std::move(routes));
    EXPECT_TRUE(table) << (table ? "" : to_string(table.error()));
    auto started = http::Front::start(
        *std::move(table), options,
        http::FrontPorts{entropy, clock, authorizer, &log, nullptr, runtime::event_unread});
    EXPECT_TRUE(started) << (started ? "" : to_string(started.error()));
    front = *std::move(started);
}

http::FrontOptions quick_options() {
    http::FrontOptions options;
    options.time.linger = std::chrono::milliseconds(200);
    return options;
}

http::Route row(std::string method, std::string path, std::string name, http::Handler handler) {
    http::Route route;
    route.kind = method == "GET" ? http::RouteKind::query : http::RouteKind::command;
    route.method = std::move(method);
    route.path = std::move(path);
    route.name = std::move(name);
    route.permission = http::public_access;
    route.handler = std::move(handler);
    return route;
}

http::Route async_row(http::RouteKind kind, std::string method, std::string path, std::string name,
                      http::AsyncHandler handler) {
    http::Route route = row(std::move(method), std::move(path), std::move(name), nullptr);
    route.kind = kind;
    route.handler = std::move(handler);
    return route;
}

httplib::Response text(std::string body, int status) {
    httplib::Response response;
    response.status = status;
    response.set_content(body, "text/plain");
    return response;
}

std::string reason_of(const Seen& seen) {
    const auto body = nlohmann::json::parse(seen.body, nullptr, false);
    return body.is_object() ? body.value("reason", "") : "";
}

void Signal::set() {
    const std::lock_guard lock(mutex_);
    set_ = true;
    changed_.notify_all();
}

bool Signal::wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [this] { return set_; });
}

}  // namespace chopmark::http_test
