#include "gateways/http/front.h"

#include <algorithm>
#include <future>

#include "gateways/http/acceptor.h"
#include "gateways/http/io_loop.h"
#include "gateways/http/listen_policy.h"

namespace chopmark::http {

struct Front::Parts {
    std::shared_ptr<FrontContext> context;
    std::unique_ptr<WorkerPool> pool;
    std::vector<std::shared_ptr<IoLoop>> loops;
    std::shared_ptr<Acceptor> acceptor;
    std::mutex drain_mutex;
    bool drained = false;
};

namespace {

Result<void> load_tls(FrontContext& context) {
    const TlsOptions& files = context.options.listen.tls;
    if (files.on()) {
        CHOPMARK_ASSIGN(auto loaded, TlsContext::load(files));
        context.tls.set(std::move(loaded));
    }
    return {};
}

}  // namespace

Front::Front(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<Front>> Front::start(RouteTable table, const FrontOptions& options,
                                            const FrontPorts& ports) {
    CHOPMARK_TRY(check_listen(options.listen));
    const auto& routes = table.routes();
    const bool all_public = std::all_of(routes.begin(), routes.end(), [](const Route& route) {
        return route.permission == public_access;
    });
    if (ports.authorizer == nullptr && !all_public) {
        return authorizer_missing;
    }
    auto parts = std::make_unique<Parts>();
    parts->context = std::make_shared<FrontContext>(std::move(table), options, ports);
    CHOPMARK_TRY(load_tls(*parts->context));
    for (std::size_t i = 0; i < std::max<std::size_t>(options.io_threads, 1); ++i) {
        parts->loops.push_back(std::make_shared<IoLoop>(*parts->context));
    }
    parts->acceptor = std::make_shared<Acceptor>(parts->context, parts->loops);
    CHOPMARK_TRY(parts->acceptor->listen());
    parts->pool = std::make_unique<WorkerPool>(options.workers, options.bounds.worker_queue);
    parts->context->pool = parts->pool.get();
    for (const auto& loop : parts->loops) {
        loop->start();
    }
    parts->acceptor->start();
    return std::unique_ptr<Front>(new Front(std::move(parts)));
}

Front::~Front() {
    drain(Duration::zero());
    // Handlers still running answer into exchanges that have ended, which is harmless.
    parts_->pool.reset();
}

bool Front::drain(Duration within) {
    const std::lock_guard once(parts_->drain_mutex);
    if (std::exchange(parts_->drained, true)) {
        return true;
    }
    FrontContext& context = *parts_->context;
    context.draining.store(true);
    std::promise<void> closed;
    parts_->loops.front()->post([&] {
        parts_->acceptor->close();
        closed.set_value();
    });
    closed.get_future().wait();
    for (const auto& loop : parts_->loops) {
        loop->post([loop] { loop->drain(); });
    }
    bool clean = false;
    {
        std::unique_lock lock(context.gone_mutex);
        clean = context.gone.wait_for(lock, within,
                                      [&] { return context.counters.connections.load() == 0; });
    }
    for (const auto& loop : parts_->loops) {
        loop->stop();
    }
    return clean;
}

Result<void> Front::renew_tls() { return load_tls(*parts_->context); }

bool Front::is_draining() const { return parts_->context->draining.load(); }
std::uint16_t Front::port() const { return parts_->acceptor->port(); }

FrontNumbers Front::numbers() const {
    FrontNumbers out = parts_->context->counters.numbers();
    out.worker_queue = parts_->pool->queued();
    return out;
}

}  // namespace chopmark::http
