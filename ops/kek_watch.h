// Looks whether the authorities have revoked a certificate that a relying party's KEK came in after
// it was taken: at the upload the lists were asked, and they go on. Says so in a line of the log,
// once for each certificate and process, and in the metrics; what follows – another KEK, or a
// service that is suspended – is for operators to order. The certificate itself is in the record of
// the step that brought the key. Every node may look. Safe from any thread; all of what it is given
// must outlive it.
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "aggregates/control/snapshot.h"
#include "aggregates/runtime/event_finder.h"
#include "gateways/admin/kek_authorities.h"
#include "gateways/service/queries.h"
#include "ops/telemetry/log.h"

namespace chopmark::ops {

class KekWatch {
  public:
    struct Surroundings {
        const control::Snapshots& control;
        const service::Queries& queries;
        const runtime::EventFinder& events;
        const admin::KekAuthorities& authorities;
        telemetry::Log& log;
    };

    explicit KekWatch(const Surroundings& around) : around_(around) {}

    /// Every minute.
    void tick();

    struct Probe {
        std::uint64_t revoked = 0;         // services whose KEK came in such a certificate
        std::uint64_t unread = 0;          // whose certificate could not be read
        std::optional<Instant> lists_end;  // behind it no certificate is taken
    };
    [[nodiscard]] Probe probe() const;

  private:
    struct Seen {
        Bytes kek;
        std::optional<crypto::Certificate> certificate;
        bool told = false;
    };
    bool is_revoked(const control::RelyingParty& party, const fold::Reading& rows);
    [[nodiscard]] std::optional<crypto::Certificate> certificate_of(
        const control::RelyingParty& party, const fold::Reading& rows) const;

    const Surroundings around_;
    std::mutex mutex_;
    std::map<ClientId, Seen> seen_;
    std::atomic<std::uint64_t> revoked_{0};
    std::atomic<std::uint64_t> unread_{0};
};

}  // namespace chopmark::ops
