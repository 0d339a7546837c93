#include "tests/kafka/kafka_node.h"

#include <thread>

namespace chopmark::test {
namespace {

constexpr auto step = std::chrono::milliseconds(1);
constexpr auto retry = std::chrono::milliseconds(100);

}  // namespace

/// A new term after the end of the last one, whose writer stays until then: it keeps the observer
/// in its seat, so that it misses nothing. TermOpened settles what was in flight.
bool SteadyOwner::next_term() {
    auto opened = journal_.open_term(partition_, observer_);
    if (!opened) {
        std::this_thread::sleep_for(retry);
        return false;
    }
    writer_ = std::move(*opened);
    over_ = false;
    ++terms_;
    return true;
}

bool SteadyOwner::write(std::size_t count, Duration patience,
                        const std::function<void(std::size_t accepted)>& progress) {
    const auto until = journal::kafka::within(patience);
    std::set<std::string> in_flight;
    while (!journal::kafka::passed(until)) {
        if (over_ && next_term()) {
            in_flight.clear();  // the new TermOpened was accepted: what is not there never will be
        }
        const auto done = accepted();
        if (progress) {
            progress(done.size());
        }
        if (done.size() == count) {
            return true;
        }
        for (std::size_t i = 0; !over_ && i < count && in_flight.size() < 200; ++i) {
            const std::string body = name_ + ' ' + std::to_string(i);
            if (done.contains(body) || in_flight.contains(body)) {
                continue;
            }
            const auto taken = writer_->append(draft(partition_, body));
            if (taken) {
                in_flight.insert(body);
            } else {
                over_ = !(taken.error() == journal::busy);
            }
        }
        for (const std::string& body : done) {
            in_flight.erase(body);
        }
        const auto ended = observer_.ended();
        over_ = over_ || (!ended.empty() && ended.back().first == writer_->term());
        std::this_thread::sleep_for(step);
    }
    return false;
}

std::set<std::string> SteadyOwner::accepted() const {
    const auto bodies = observer_.bodies();
    return {bodies.begin(), bodies.end()};
}

std::vector<Bytes> stored_in(const journal::Journal& journal, PartitionId partition) {
    std::vector<Bytes> out;
    for (const auto& entry : JournalHome::all_of(journal, partition)) {
        out.push_back(encode(entry->record));
    }
    return out;
}

bool eventually(const std::function<bool()>& condition) {
    const auto until = journal::kafka::within(std::chrono::seconds(60));
    while (!condition()) {
        if (journal::kafka::passed(until)) {
            return false;
        }
        std::this_thread::sleep_for(retry);
    }
    return true;
}

}  // namespace chopmark::test
