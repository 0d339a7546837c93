// The key port of a deployment with several nodes (design 12): one process with the citizens'
// signing keys and password verifiers, which nodes ask over mutual TLS. It needs a folder that was
// given the storage key (`chopmark node enrol --key-port`); a node's own folder will do as well,
// for as long as no node has its secrets open. It follows no log: who is withdrawn it is told.
// Everything it answers is durable before. Serves from start() until it is destroyed.
#pragma once

#include <memory>
#include <set>

#include "events/core/clock.h"
#include "events/keys/key_port.h"
#include "gateways/http/request_log.h"
#include "gateways/keyport/rows.h"
#include "ops/data_folder.h"

namespace chopmark::ops {

class KeyPortServer {
  public:
    struct Options {
        std::string address = "127.0.0.1";  // numeric
        std::uint16_t port = 0;             // 0: the system chooses
        std::set<NodeId> refused;           // withdrawn nodes
        std::size_t ready_keys = 8;         // RSA keys made in advance
        http::RequestLog* log = nullptr;    // null: none
    };

    /// keys.no_genesis, keys.none, keyport.unavailable when another process has the secrets open.
    static Result<std::unique_ptr<KeyPortServer>> start(const DataFolder& folder,
                                                        const Options& options, const Clock& clock,
                                                        Entropy& entropy);
    ~KeyPortServer();

    [[nodiscard]] NodeId node() const;
    [[nodiscard]] std::uint16_t port() const;
    /// Lets what runs finish; false if something had to be cut off.
    bool drain(Duration within);

  private:
    struct Parts;
    explicit KeyPortServer(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace chopmark::ops
