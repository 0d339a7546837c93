// The observers of one partition. Several may be attached for a moment: a deposed one stays until
// its writer is gone, for it settles its waiters by the TermOpened that deposed it. An observer
// that opens its next term is carried over without gap or repetition.
//
// Safe from any thread; calls to observers come one at a time, and detach() returns when none runs.
// It MUST NOT be called from inside an observer's call.
#pragma once

#include <mutex>

#include "events/journal/term_life.h"

namespace chopmark::journal {

class Audience {
  public:
    /// The observer hears of all later records; its own TermOpened is to be the next.
    void attach(Observer& observer, const TermLifePtr& life);
    /// Forgets the observer of this life, unless it has opened a later term since.
    void detach(const TermLifePtr& life);

    void accepted(std::span<const EntryPtr> entries);
    /// Ends the lives of all attached observers but `except`; each hears of it once.
    /// Returns how many were ended.
    std::size_t end_terms(const Error& error, const TermLifePtr& except = nullptr);
    /// Ends this life alone, if it is attached and not over yet; true if it was ended.
    bool end_term(const TermLifePtr& life, const Error& error);

  private:
    struct Seat {
        Observer* observer;
        TermLifePtr life;
    };
    std::mutex mutex_;
    std::vector<Seat> seats_;
};

}  // namespace chopmark::journal
