#include "events/journal/audience.h"

#include <algorithm>

namespace chopmark::journal {

void Audience::attach(Observer& observer, const TermLifePtr& life) {
    const std::lock_guard lock(mutex_);
    const auto seat = std::find_if(seats_.begin(), seats_.end(),
                                   [&](const Seat& taken) { return taken.observer == &observer; });
    if (seat != seats_.end()) {
        seat->life = life;
    } else {
        seats_.push_back({&observer, life});
    }
}

void Audience::detach(const TermLifePtr& life) {
    const std::lock_guard lock(mutex_);
    std::erase_if(seats_, [&](const Seat& seat) { return seat.life == life; });
}

void Audience::accepted(std::span<const EntryPtr> entries) {
    const std::lock_guard lock(mutex_);
    for (const Seat& seat : seats_) {
        seat.observer->accepted(entries);
    }
}

std::size_t Audience::end_terms(const Error& error, const TermLifePtr& except) {
    const std::lock_guard lock(mutex_);
    std::size_t ended = 0;
    for (const Seat& seat : seats_) {
        if (seat.life != except && !seat.life->over.exchange(true)) {
            seat.observer->term_ended(seat.life->term, error);
            ++ended;
        }
    }
    return ended;
}

bool Audience::end_term(const TermLifePtr& life, const Error& error) {
    const std::lock_guard lock(mutex_);
    for (const Seat& seat : seats_) {
        if (seat.life == life && !life->over.exchange(true)) {
            seat.observer->term_ended(life->term, error);
            return true;
        }
    }
    return false;
}

}  // namespace chopmark::journal
