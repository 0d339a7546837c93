// An observer that keeps what it was told and holds the journal to its promise: in order, without
// gap or repetition. Safe from any thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "events/journal/journal.h"

namespace chopmark::test {

class RecordingObserver final : public journal::Observer {
  public:
    void accepted(std::span<const journal::EntryPtr> entries) override;
    void term_ended(Term term, const Error& error) override;

    /// False when it does not come true in 20 seconds.
    bool wait_until(const std::function<bool(const RecordingObserver&)>& what);
    bool wait_for_entries(std::size_t count);
    /// Waits for the entry with this body; null when it does not come.
    journal::EntryPtr wait_for_body(std::string_view body);

    [[nodiscard]] std::size_t count() const;
    [[nodiscard]] std::vector<journal::EntryPtr> entries() const;
    /// Bodies of all but the opening records.
    [[nodiscard]] std::vector<std::string> bodies() const;
    [[nodiscard]] std::vector<std::pair<Term, std::string>> ended() const;
    [[nodiscard]] bool gapless() const;

    /// The next call with a body equal to `at` blocks until release().
    void hold(std::string at);
    void release();
    bool wait_until_held();

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<journal::EntryPtr> entries_;
    std::vector<std::pair<Term, std::string>> ended_;
    bool gapless_ = true;
    std::string hold_at_;
    bool held_ = false;
};

}  // namespace chopmark::test
