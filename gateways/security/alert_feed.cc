#include "gateways/security/alert_feed.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <vector>

#include "events/schema/event.h"
#include "gateways/security/alert_messages.h"

namespace chopmark::security {
namespace {

std::string_view name_of(const schema::Event& event) {
    if (std::holds_alternative<schema::AlertRaised>(event)) {
        return "alert.raised";
    }
    if (std::holds_alternative<schema::AlertAcknowledged>(event)) {
        return "alert.acknowledged";
    }
    if (std::holds_alternative<schema::AlertClosed>(event)) {
        return "alert.closed";
    }
    return {};
}

}  // namespace

std::optional<AlertNews> news_of(Sequence at, Instant recorded_at, const EventId& id,
                                 const schema::Event& event) {
    const std::string_view name = name_of(event);
    if (name.empty()) {
        return std::nullopt;
    }
    const nlohmann::json data = recorded_to_json(id, recorded_at, event);
    return AlertNews{at, http::server_sent_event(name, std::to_string(at.value()), data.dump())};
}

struct AlertFeed::Listener {
    Sequence next;  // the first that it was not sent
    http::Stream stream;
};

struct AlertFeed::Core {
    explicit Core(Options with) : options(with) {}

    /// Sends what there is from `next` on; false when the stream is over.
    bool pump(Listener& listener) {
        if (listener.next < lost_below) {
            ++closed_behind;
            return false;
        }
        auto news = std::lower_bound(kept.begin(), kept.end(), listener.next,
                                     [](const AlertNews& a, Sequence at) { return a.at < at; });
        for (; news != kept.end(); ++news) {
            switch (listener.stream.send(news->text)) {
                case http::Sent::taken:
                    listener.next = Sequence(news->at.value() + 1);
                    break;
                case http::Sent::full:
                    return true;
                case http::Sent::gone:
                    return false;
            }
        }
        return true;
    }

    void drop(const Listener* listener) {
        std::erase_if(listeners, [&](const auto& one) { return one.get() == listener; });
    }

    const Options options;
    std::mutex mutex;  // guards the rest
    std::vector<std::shared_ptr<Listener>> listeners;
    std::size_t opening = 0;
    std::deque<AlertNews> kept;
    Sequence next;        // of control: behind the last record published
    Sequence lost_below;  // what lies below may have been dropped
    std::uint64_t published = 0;
    std::uint64_t closed_behind = 0;
};

AlertFeed::AlertFeed(Options options) : core_(std::make_shared<Core>(options)) {}

AlertFeed::~AlertFeed() {
    std::vector<std::shared_ptr<Listener>> ending;
    const std::lock_guard lock(core_->mutex);
    ending.swap(core_->listeners);
}

void AlertFeed::publish(Sequence at, Instant recorded_at, const EventId& id,
                        const schema::Event& event) {
    auto news = news_of(at, recorded_at, id, event);
    const std::lock_guard lock(core_->mutex);
    Core& core = *core_;
    if (core.next == Sequence()) {
        core.lost_below = at;  // what came before this process is for the view to tell
        for (const auto& listener : core.listeners) {
            listener->next = std::max(listener->next, at);
        }
    }
    core.next = std::max(core.next, Sequence(at.value() + 1));
    if (!news) {
        return;
    }
    ++core.published;
    core.kept.push_back(*std::move(news));
    while (core.kept.size() > core.options.kept) {
        core.lost_below = Sequence(core.kept.front().at.value() + 1);
        core.kept.pop_front();
    }
    std::erase_if(core.listeners, [&](const auto& one) { return !core.pump(*one); });
}

Sequence AlertFeed::next() const {
    const std::lock_guard lock(core_->mutex);
    return core_->next;
}

void AlertFeed::open(http::Reply reply, const std::vector<AlertNews>& told, Sequence next) {
    {
        const std::lock_guard lock(core_->mutex);
        if (core_->listeners.size() + core_->opening >= core_->options.streams) {
            reply.fail(feed_full);
            return;
        }
        ++core_->opening;
    }
    const auto listener = std::make_shared<Listener>();
    listener->next = next;
    // Weak: the stream's target keeps the hooks, and the listener keeps the stream.
    const std::weak_ptr<Core> core = core_;
    const std::weak_ptr<Listener> self = listener;
    http::StreamHooks hooks;
    hooks.room = [core, self] {
        const auto feed = core.lock();
        const auto one = self.lock();
        if (feed && one) {
            const std::lock_guard lock(feed->mutex);
            if (!feed->pump(*one)) {
                feed->drop(one.get());
            }
        }
    };
    hooks.ended = [core, self](http::Ended) {
        const auto feed = core.lock();
        const auto one = self.lock();
        if (feed && one) {
            const std::lock_guard lock(feed->mutex);
            feed->drop(one.get());
        }
    };
    httplib::Response head;
    head.set_header("Content-Type", "text/event-stream");
    head.set_header("Cache-Control", "no-store");
    http::Stream stream = reply.stream(std::move(head), std::move(hooks));
    bool whole = true;
    for (const AlertNews& news : told) {
        whole = whole && stream.send(news.text) == http::Sent::taken;
    }
    const std::lock_guard lock(core_->mutex);
    --core_->opening;
    listener->stream = std::move(stream);
    // One that could not take what it had missed comes back for the rest.
    if (whole && core_->pump(*listener)) {
        core_->listeners.push_back(listener);
    }
}

AlertFeed::Probe AlertFeed::probe() const {
    const std::lock_guard lock(core_->mutex);
    return {core_->listeners.size(), core_->published, core_->closed_behind};
}

}  // namespace chopmark::security
