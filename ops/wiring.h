// The one place where the objects of a node are built and introduced to one another: backbone,
// gateways, listeners. A Server serves from start() until drain(); destroying it stops everything.
#pragma once

#include "ops/backbone.h"
#include "ops/listeners.h"

namespace chopmark::ops {

class Server {
  public:
    static Result<std::unique_ptr<Server>> start(const config::Config& config,
                                                 const DataFolder& folder,
                                                 const Backbone::Process& process);
    ~Server();

    /// Listeners stop accepting and let the rest finish; false if something had to be cut off.
    bool drain(Duration within);

    /// Certificates, keys, authorities and revocations, of all listeners and of KEKs, read again;
    /// false if some of it does not fit, which stays as it was.
    bool renew_files();

    [[nodiscard]] std::vector<Listeners::Address> addresses() const;
    [[nodiscard]] Backbone& backbone();

  private:
    struct Parts;
    explicit Server(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace chopmark::ops
