// The second half of Executor's definitions: terms, standing by, and what accepted records settle.
// executor_steps.h includes it, and nobody else.
#pragma once

#include "aggregates/runtime/executor.h"
#include "events/schema/codec.h"

namespace chopmark::runtime {

template <class Domain>
void Executor<Domain>::accepted(std::span<const journal::EntryPtr> entries) {
    strand_.post([this, batch = std::vector(entries.begin(), entries.end())] {
        for (const auto& entry : batch) {
            if (entry->sequence < domain_.position()) {
                continue;  // absorbed while catching up
            }
            auto folded = catch_up(entry->sequence);
            if (folded) {
                folded = absorb(*entry);
            }
            if (!folded) {
                // A state that cannot follow its log must not decide on it.
                note_failure(folded.error());
                retire();
                return;
            }
        }
    });
}

/// An unknown type stays unknown for as long as this process runs; anything else may pass.
template <class Domain>
void Executor<Domain>::note_failure(const Error& error) {
    counters_.fold_failures.fetch_add(1);
    if (error == schema::unknown_type) {
        counters_.outdated.store(true);
    }
}

template <class Domain>
void Executor<Domain>::term_ended(Term term, const Error&) {
    strand_.post([this, term] {
        ended_ = std::max(ended_, term);
        // What is in flight stays undecided until a later TermOpened is read as accepted.
        if (writer_ && writer_->term() == term) {
            retire();
        }
    });
}

template <class Domain>
void Executor<Domain>::retire() {
    writer_.reset();
    counters_.serving.store(false);
    fold_soon();  // what came since is told to nobody else
}

// ---- terms
// ---------------------------------------------------------------------------------------

template <class Domain>
void Executor<Domain>::serve(Served done) {
    strand_.post([this, done = std::move(done)] {
        retire();
        opening_ = true;
        if (auto ready = prepare_term(); !ready) {
            finish_opening(std::move(ready), done);
            return;
        }
        if (!options_.opener) {
            auto writer = journal_.open_term(partition_, *this);
            finish_opening(writer ? take_up(*std::move(writer)) : writer.error(), done);
            return;
        }
        options_.opener([this, done] {
            auto opened = journal_.open_term(partition_, *this);
            auto writer = std::make_shared<decltype(opened)>(std::move(opened));
            strand_.post([this, done, writer] {
                finish_opening(*writer ? take_up(std::move(**writer)) : writer->error(), done);
            });
        });
    });
}

/// The less is left to fold once the term is open, the shorter nobody serves.
template <class Domain>
Result<void> Executor<Domain>::prepare_term() {
    CHOPMARK_TRY(refill_window());
    CHOPMARK_ASSIGN(const journal::Head before, journal_.head(partition_));
    return catch_up(before.next);
}

template <class Domain>
Result<void> Executor<Domain>::take_up(std::unique_ptr<journal::Writer> writer) {
    CHOPMARK_ASSIGN(const journal::Head after, journal_.head(partition_));
    CHOPMARK_TRY(catch_up(after.next));
    if (writer->term() <= ended_ || after.term != writer->term()) {
        return Error(term_lost, "another node opened a term at once");
    }
    writer_ = std::move(writer);
    return {};
}

template <class Domain>
void Executor<Domain>::finish_opening(Result<void> outcome, const Served& done) {
    opening_ = false;
    if (outcome) {
        counters_.serving.store(true);
        redecide_lost();
    } else {
        if (outcome.error() == schema::unknown_type) {
            counters_.outdated.store(true);
        }
        if (outcome.error() == term_lost) {
            answer_lost();
        }
    }
    for (Pending& pending : std::exchange(waiting_, {})) {
        handle(std::move(pending));
    }
    done(std::move(outcome));
}

// ---- standing by
// ---------------------------------------------------------------------------------------

template <class Domain>
void Executor<Domain>::follow() {
    strand_.post([this] {
        follows_.store(true);
        following_ =
            journal_.follow(partition_, domain_.position(), [this](Sequence) { fold_soon(); });
        fold_soon();
    });
}

template <class Domain>
void Executor<Domain>::fold_soon() {
    if (follows_.load() && !counters_.serving.load() && !folding_soon_.exchange(true)) {
        strand_.post([this] { fold_on(); });
    }
}

template <class Domain>
void Executor<Domain>::fold_on() {
    folding_soon_.store(false);
    if (writer_) {
        return;  // an observer is told of everything
    }
    const auto more = fold_some();
    if (!more) {
        note_failure(more.error());  // tried again when there is more
    } else if (*more) {
        fold_soon();
    }
}

/// Whether there is more.
template <class Domain>
Result<bool> Executor<Domain>::fold_some() {
    CHOPMARK_TRY(refill_window());
    CHOPMARK_ASSIGN(const journal::Head head, journal_.head(partition_));
    const Sequence end(domain_.position().value() + options_.standby_records);
    CHOPMARK_TRY(catch_up(std::min(head.next, end)));
    window_.expire(last_recorded_);
    return domain_.position() < head.next;
}

template <class Domain>
void Executor<Domain>::stand_by() {
    strand_.post([this] {
        if (!writer_ && !opening_) {
            answer_lost();
        }
    });
}

template <class Domain>
void Executor<Domain>::resign() {
    strand_.post([this] {
        if (writer_) {
            retire();
        }
    });
}

// ---- folding
// ---------------------------------------------------------------------------------------

/// Folds one accepted record, and settles whoever waits for it.
template <class Domain>
Result<void> Executor<Domain>::absorb(const journal::Entry& entry) {
    CHOPMARK_ASSIGN(const record::Prelude prelude, record::decode_prelude(entry.record.leaf));
    last_recorded_ = std::max(last_recorded_, prelude.recorded_at);
    if (!flight_.empty() && flight_.front().stamp.event_id == prelude.event_id) {
        return land(entry);
    }
    if (prelude.type == journal::term_opened) {
        settle_lost_term();
    }
    CHOPMARK_TRY(fold(entry, prelude));
    counters_.folded.store(domain_.position().value());
    return {};
}

template <class Domain>
Result<void> Executor<Domain>::land(const journal::Entry& entry) {
    InFlight landed = std::move(flight_.front());
    flight_.pop_front();
    flying_.erase(landed.pending.submission.head.id);
    counters_.in_flight.store(flight_.size());
    CHOPMARK_TRY(domain_.fold(entry, landed.stamp, *landed.event));
    counters_.folded.store(domain_.position().value());
    const CommandHead& head = landed.pending.submission.head;
    window_.accepted(head.id, head.digest, entry.sequence, landed.stamp.recorded_at);
    counters_.accepted.fetch_add(1);
    answer(landed.pending, Receipt{partition_, entry.sequence, landed.stamp.event_id,
                                   landed.stamp.recorded_at, landed.event, false});
    for (HeldRefusal& held : landed.refusals_behind) {
        settle_refusal(std::move(held));
    }
    return {};
}

template <class Domain>
Result<void> Executor<Domain>::fold(const journal::Entry& entry, const record::Prelude& prelude) {
    const record::Stamp stamp{prelude.event_id, prelude.recorded_at};
    if (journal::has_fixed_tail(prelude.type)) {
        return domain_.fold_log_record(entry);
    }
    const auto event = vault_.open(entry.record);
    if (!event && event.error().kind() == Kind::expired) {
        return domain_.fold_log_record(entry);  // its period is over: no state rests on it
    }
    CHOPMARK_TRY(event);
    remember(*event, entry.sequence, prelude.recorded_at);
    return domain_.fold(entry, stamp, *event);
}

template <class Domain>
void Executor<Domain>::remember(const schema::Event& event, Sequence sequence, Instant at) {
    const auto& link = schema::link_head(event);
    const auto id = CommandId::from_bytes(link.command_id());
    const auto digest = Digest::from_bytes(link.command_digest());
    if (id && digest) {
        window_.accepted(*id, *digest, sequence, at);
    }
}

/// Accepted records from the domain's position up to, not including, `to`.
template <class Domain>
Result<void> Executor<Domain>::catch_up(Sequence to) {
    while (domain_.position() < to) {
        CHOPMARK_ASSIGN(const auto page, journal_.read(partition_, domain_.position(), {}));
        if (page.empty()) {
            return Error(journal::beyond_end, "the journal ends before its head");
        }
        for (const auto& entry : page) {
            if (entry->sequence < to) {
                CHOPMARK_TRY(absorb(*entry));
            }
        }
    }
    return {};
}

/// Once: what is folded from then on is remembered as it comes.
template <class Domain>
Result<void> Executor<Domain>::refill_window() {
    if (!window_filled_) {
        CHOPMARK_TRY(read_window());
        window_filled_ = true;
        counters_.folded.store(domain_.position().value());
    }
    return {};
}

/// The commands of the last window that the state had folded before this process began.
template <class Domain>
Result<void> Executor<Domain>::read_window() {
    CHOPMARK_ASSIGN(const journal::Head head, journal_.head(partition_));
    const Instant horizon = head.recorded_at - window_.kept();
    CHOPMARK_ASSIGN(Sequence next, journal::first_recorded_at_or_after(
                                       journal_, partition_, horizon, domain_.position()));
    while (next < domain_.position()) {
        CHOPMARK_ASSIGN(const auto page, journal_.read(partition_, next, {}));
        if (page.empty()) {
            break;
        }
        for (const auto& entry : page) {
            CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(entry->record.leaf));
            if (!journal::has_fixed_tail(prelude.type) && entry->sequence < domain_.position()) {
                const auto event = vault_.open(entry->record);
                if (!event && event.error().kind() == Kind::expired) {
                    continue;  // its period is over, and with it whoever could repeat it
                }
                CHOPMARK_TRY(event);
                remember(*event, entry->sequence, prelude.recorded_at);
            }
        }
        next = Sequence(page.back()->sequence.value() + 1);
    }
    return {};
}

/// A later term was read as accepted: what is still in flight never will be.
template <class Domain>
void Executor<Domain>::settle_lost_term() {
    domain_.drop_overlay();
    std::deque<InFlight> flight = std::exchange(flight_, {});
    flying_.clear();
    counters_.in_flight.store(0);
    for (InFlight& flying : flight) {
        lost_.push_back(std::move(flying.pending));
        for (HeldRefusal& held : flying.refusals_behind) {
            lost_.push_back(std::move(held.pending));
        }
    }
    if (!opening_) {  // another node's term: the commands are for it to decide
        retire();
        answer_lost();
    }
}

template <class Domain>
void Executor<Domain>::answer_lost() {
    for (Pending& pending : std::exchange(lost_, {})) {
        answer(pending, Error(term_lost));
    }
}

template <class Domain>
void Executor<Domain>::redecide_lost() {
    for (Pending& pending : std::exchange(lost_, {})) {
        if (pending.attempts++ > 0) {
            answer(pending, Error(term_lost));
            continue;
        }
        counters_.redecided.fetch_add(1);
        handle(std::move(pending));
    }
}

}  // namespace chopmark::runtime
