#include "tests/support/journal_observer.h"

#include <chrono>

#include "tests/support/journal_drafts.h"

namespace chopmark::test {
namespace {

constexpr std::chrono::seconds patience{20};

bool is_opening(const journal::EntryPtr& entry) {
    const auto type = record::decode_prelude(entry->record.leaf)->type;
    return type == journal::partition_opened || type == journal::term_opened;
}

}  // namespace

void RecordingObserver::accepted(std::span<const journal::EntryPtr> entries) {
    std::unique_lock lock(mutex_);
    for (const auto& entry : entries) {
        if (!entries_.empty() && entry->sequence.value() != entries_.back()->sequence.value() + 1) {
            gapless_ = false;
        }
        entries_.push_back(entry);
        if (!hold_at_.empty() && body_of(entry->record) == hold_at_) {
            held_ = true;
            changed_.notify_all();
            changed_.wait(lock, [this] { return hold_at_.empty(); });
            held_ = false;
        }
    }
    changed_.notify_all();
}

void RecordingObserver::term_ended(Term term, const Error& error) {
    const std::lock_guard lock(mutex_);
    ended_.emplace_back(term, std::string(error.reason.name));
    changed_.notify_all();
}

bool RecordingObserver::wait_until(const std::function<bool(const RecordingObserver&)>& what) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        if (what(*this)) {
            return true;
        }
        std::unique_lock lock(mutex_);
        const auto seen = std::pair(entries_.size(), ended_.size());
        // What came between the question and the lock is seen at the next turn.
        if (!changed_.wait_for(lock, std::chrono::milliseconds(10),
                               [&] { return seen != std::pair(entries_.size(), ended_.size()); }) &&
            std::chrono::steady_clock::now() > deadline) {
            return false;
        }
    }
}

bool RecordingObserver::wait_for_entries(std::size_t count) {
    return wait_until([count](const auto& self) { return self.count() >= count; });
}

journal::EntryPtr RecordingObserver::wait_for_body(std::string_view body) {
    journal::EntryPtr found;
    wait_until([&](const auto& self) {
        for (const auto& entry : self.entries()) {
            if (body_of(entry->record) == body) {
                found = entry;
            }
        }
        return found != nullptr;
    });
    return found;
}

std::size_t RecordingObserver::count() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

std::vector<journal::EntryPtr> RecordingObserver::entries() const {
    const std::lock_guard lock(mutex_);
    return entries_;
}

std::vector<std::string> RecordingObserver::bodies() const {
    std::vector<std::string> out;
    for (const auto& entry : entries()) {
        if (!is_opening(entry)) {
            out.push_back(body_of(entry->record));
        }
    }
    return out;
}

std::vector<std::pair<Term, std::string>> RecordingObserver::ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
}

bool RecordingObserver::gapless() const {
    const std::lock_guard lock(mutex_);
    return gapless_;
}

void RecordingObserver::hold(std::string at) {
    const std::lock_guard lock(mutex_);
    hold_at_ = std::move(at);
}

void RecordingObserver::release() {
    const std::lock_guard lock(mutex_);
    hold_at_.clear();
    changed_.notify_all();
}

bool RecordingObserver::wait_until_held() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return held_; });
}

}  // namespace chopmark::test
