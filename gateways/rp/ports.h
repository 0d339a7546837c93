// What the relying parties' gateway needs from elsewhere, as one bundle of references, and what an
// operator decides about it. Everything named here MUST outlive the gateway and every answer it
// still owes.
#pragma once

#include <string>

#include "events/core/clock.h"
#include "events/core/entropy.h"
#include "events/core/limits.h"
#include "events/core/strand.h"

namespace chopmark::control {
class Snapshots;
}
namespace chopmark::keys {
class EventVault;
}
namespace chopmark::runtime {
class CommandService;
class EventFinder;
}  // namespace chopmark::runtime
namespace chopmark::service {
class LoginDesk;
class Networks;
class Queries;
struct Secrets;
}  // namespace chopmark::service

namespace chopmark::rp {

struct Ports {
    runtime::CommandService& commands;
    const runtime::EventFinder& events;
    const control::Snapshots& control;
    const service::Secrets& secrets;
    const service::Queries& queries;
    service::LoginDesk& desk;
    const service::Networks& networks;
    const keys::EventVault& vault;
    const Clock& clock;
    Entropy& entropy;
    WorkPool& work;
};

struct Options {
    /// Scheme and authority of the app link in a QR; the path is /q/HANDLE.
    std::string origin = "https://127.0.0.1";
    /// How far a request's timestamp may be from our clock, either way. Wider: more nonces are kept
    /// and a captured read can be replayed for longer.
    Duration clock_window = std::chrono::minutes(5);
    /// Nonces kept by this node, in two generations of so many each, about 60 bytes a nonce. Too
    /// few: a read may be repeated within the clock window. Changing calls do not depend on it.
    std::size_t nonces = limits::nonces_kept;
    /// How long a page's question for news is parked; shorter than what proxies put up with.
    Duration page_wait = std::chrono::seconds(25);
    /// Requests a minute of a relying party for which control has set no figure.
    std::uint32_t requests_per_minute = 60'000;
};

}  // namespace chopmark::rp
