// The links between nodes and brokers, and between nodes, each through a proxy (toxiproxy, built by
// ops/broker/proxy) that cuts it, swallows what one side says, or delays it. Ended with the object.
// For one thread.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "ops/sandbox/process.h"

namespace chopmark::test {

class LinkProxy {
  public:
    /// Seen from who connects: what it asks, or what it is answered.
    enum class Way : std::uint8_t { requests, answers };

    /// `port` is where the proxy itself takes orders.
    static Result<std::unique_ptr<LinkProxy>> start(int port, const std::filesystem::path& output);

    /// `upstream` is host:port.
    Result<void> add(const std::string& link, int listen, const std::string& upstream);
    /// Connections are closed, and new ones refused.
    Result<void> cut(const std::string& link);
    /// Connections stay, and nothing comes through that way.
    Result<void> swallow(const std::string& link, Way way);
    Result<void> delay(const std::string& link, Way way, std::chrono::milliseconds by);
    /// As it was; connections that bytes may be missing from are closed first.
    Result<void> mend(const std::string& link);

  private:
    LinkProxy(int port, sandbox::Child child) : port_(port), child_(std::move(child)) {}
    Result<void> order(const char* method, const std::string& path, const std::string& body) const;

    const int port_;
    sandbox::Child child_;
    std::map<std::string, std::string> links_;  // as they were ordered
};

}  // namespace chopmark::test
