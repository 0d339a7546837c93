#include <charconv>

#include "gateways/security/security_routes.h"
#include "projections/alerts_view/query.h"

namespace chopmark::security {
namespace {

constexpr Duration stream_life = std::chrono::hours(1);

struct Resumption {
    std::vector<AlertNews> told;
    Sequence next;
};

/// What the view tells of the time after `after`; where the feed goes on.
Result<Resumption> resume(const Ports& ports, Sequence after) {
    CHOPMARK_ASSIGN(const fold::Reading rows,
                    ports.queries.any(alerts_view::AlertsView::view_name));
    Resumption out;
    Sequence seen = after;
    while (out.told.size() < limits::alert_feed_alerts) {
        CHOPMARK_ASSIGN(const auto changes,
                        alerts_view::read_changes(rows, ports.vault, seen,
                                                  projections::Personal::leave_sealed));
        if (changes.empty()) {
            // The view has all before its position; from there on the feed has it.
            out.next = std::max(Sequence(seen.value() + 1), rows.positions().at(control_partition));
            return out;
        }
        for (const alerts_view::AlertChange& change : changes) {
            seen = change.at;
            auto news = news_of(change.at, change.record.prelude.recorded_at,
                                change.record.prelude.event_id, change.record.event);
            if (news) {
                out.told.push_back(*std::move(news));
            }
        }
    }
    out.next = Sequence(seen.value() + 1);
    return out;
}

void open(const Ports& ports, const http::CallPtr& call, http::Reply reply) {
    const std::string last = call->request.get_header_value("Last-Event-ID");
    if (last.empty()) {
        ports.feed.open(std::move(reply), {}, ports.feed.next());
        return;
    }
    std::uint64_t number = 0;
    const auto end = std::from_chars(last.data(), last.data() + last.size(), number);
    if (end.ec != std::errc() || end.ptr != last.data() + last.size() || number == UINT64_MAX) {
        reply.fail(Error(service::parameter_bad, "Last-Event-ID"));
        return;
    }
    const auto resumed = resume(ports, Sequence(number));
    if (!resumed) {
        reply.fail(resumed.error());
        return;
    }
    ports.feed.open(std::move(reply), resumed->told, resumed->next);
}

}  // namespace

Routes stream_routes(const Ports& ports) {
    http::Route row = service::staff_route(
        "GET", "/security/v1/alerts/stream", "security.alert.stream", "security.alerts.read",
        "What is recorded about alerts, as it is recorded; Last-Event-ID resumes.",
        [&ports](const http::CallPtr& call, http::Reply reply) {
            open(ports, call, std::move(reply));
        });
    row.kind = http::RouteKind::stream;
    row.wait = stream_life;
    row.answers = {{200, "server-sent events", "text/event-stream", ""}};
    return {std::move(row)};
}

}  // namespace chopmark::security
