// The definitions of Executor, included where one is instantiated and nowhere else: here from a
// command to its record or its refusal, in executor_log_steps.h from accepted records to answers.
#pragma once

#include <algorithm>
#include <utility>

#include "aggregates/runtime/executor.h"
#include "events/core/ensure.h"
#include "events/schema/codec.h"
#include "events/schema/event.h"

namespace chopmark::runtime {

template <class Domain>
Executor<Domain>::Executor(PartitionId partition, Domain& domain, journal::Journal& journal,
                           Strand& strand, const Clock& clock, Entropy& entropy,
                           const keys::EventVault& vault, ExecutorOptions options)
    : partition_(partition),
      domain_(domain),
      journal_(journal),
      strand_(strand),
      clock_(clock),
      entropy_(entropy),
      vault_(vault),
      options_(options),
      window_(options.idempotency) {}

template <class Domain>
Result<void> Executor<Domain>::submit(Submission submission) {
    if (queued_.fetch_add(1) >= options_.queue) {
        queued_.fetch_sub(1);
        counters_.busy.fetch_add(1);
        return executor_busy;
    }
    auto pending = std::make_shared<Pending>(Pending{std::move(submission), {}, 0});
    strand_.post([this, pending] { handle(std::move(*pending)); });
    return {};
}

template <class Domain>
void Executor<Domain>::handle(Pending pending) {
    if (!writer_) {
        if (opening_) {
            waiting_.push_back(std::move(pending));
        } else {
            answer(pending, Error(not_serving));
        }
        return;
    }
    const Instant now = std::max(clock_.now(), last_recorded_ + Duration(1));
    window_.expire(now);
    if (answer_repetition(pending, now)) {
        return;
    }
    decide(std::move(pending), now);
}

/// True when the command is one that is known already, and has been taken care of.
template <class Domain>
bool Executor<Domain>::answer_repetition(Pending& pending, Instant now) {
    const CommandHead& head = pending.submission.head;
    if (const auto twin = flying_.find(head.id); twin != flying_.end()) {
        Pending& flying = twin->second->pending;
        if (flying.submission.head.digest != head.digest) {
            refuse(std::move(pending), command_id_reused);
        } else {
            flying.repeats.push_back(std::move(pending.submission.answer));
        }
        return true;
    }
    const auto known = window_.look_up(head, now);
    if (!known) {
        refuse(std::move(pending), known.error());
        return true;
    }
    if (!*known) {
        return false;
    }
    if (const auto* reason = std::get_if<Reason>(&**known)) {
        answer(pending, Error(*reason));
    } else {
        replay(std::move(pending), std::get<Sequence>(**known));
    }
    return true;
}

template <class Domain>
std::vector<EventId> Executor<Domain>::missing_sources(const Submission& submission) {
    std::vector<EventId> missing = domain_.sources(submission.command);
    std::erase_if(missing, [&](const EventId& id) { return submission.opened.contains(id); });
    return missing;
}

/// A source that is still in flight cannot be read back yet, but it was made here.
template <class Domain>
void Executor<Domain>::open_from_flight(Submission& submission) {
    if (flight_.empty()) {
        return;
    }
    for (const EventId& id : missing_sources(submission)) {
        const auto source = std::find_if(flight_.begin(), flight_.end(), [&](const auto& flying) {
            return flying.stamp.event_id == id;
        });
        if (source != flight_.end()) {
            submission.opened.add(id, source->event);
        }
    }
}

template <class Domain>
void Executor<Domain>::decide(Pending pending, Instant now) {
    const Submission& submission = pending.submission;
    open_from_flight(pending.submission);
    std::vector<EventId> missing = missing_sources(submission);
    if (!missing.empty()) {
        for (const Answer& repeat : pending.repeats) {  // of a command that a lost term had taken
            queued_.fetch_sub(1);
            repeat(Error(term_lost));
        }
        queued_.fetch_sub(1);
        submission.missing(std::move(missing));
        return;
    }
    const record::Stamp stamp{entropy_.draw<EventId>(), now};
    auto draft = domain_.decide(submission.command, submission.head, stamp, submission.opened);
    if (!draft) {
        refuse(std::move(pending), std::move(draft).error());
        return;
    }
    if (auto allowed = check_type(draft->event); !allowed) {
        refuse(std::move(pending), std::move(allowed).error());
        return;
    }
    auto sealed = vault_.seal(draft->event, {partition_, stamp, draft->key_index});
    if (!sealed) {
        refuse(std::move(pending), std::move(sealed).error());
        return;
    }
    if (auto taken = writer_->append(*std::move(sealed)); !taken) {
        refuse(std::move(pending), std::move(taken).error());
        return;
    }
    // Rows that could be read to decide may have become unreadable: then the record is on its way
    // all the same, and nothing more is decided until it was folded from the log.
    const auto staged = domain_.stage(*draft, stamp);
    last_recorded_ = now;
    flight_.push_back(
        {stamp, std::make_shared<schema::Event>(std::move(draft->event)), std::move(pending), {}});
    flying_[flight_.back().pending.submission.head.id] = &flight_.back();
    counters_.in_flight.store(flight_.size());
    if (!staged) {
        counters_.fold_failures.fetch_add(1);
        retire();
    }
}

/// Software that does not know a type gives its partitions up when it reads one.
template <class Domain>
Result<void> Executor<Domain>::check_type(const schema::Event& event) const {
    const auto& later = options_.later_types;
    const record::TypeNumber type = schema::type_of(event);
    const bool writable =
        !std::binary_search(later.begin(), later.end(), type) || domain_.activated(type);
    return writable ? Result<void>()
                    : Error(type_inactive, std::string(schema::info_of(event).name));
}

/// A refusal may rest on a record that is still in flight: it waits behind the last of them.
template <class Domain>
void Executor<Domain>::refuse(Pending pending, Error error) {
    HeldRefusal held{std::move(pending), std::move(error)};
    if (flight_.empty()) {
        settle_refusal(std::move(held));
    } else {
        flight_.back().refusals_behind.push_back(std::move(held));
    }
}

template <class Domain>
void Executor<Domain>::settle_refusal(HeldRefusal held) {
    // What may go away by itself is not remembered: the same command may be sent again.
    const Kind kind = held.error.kind();
    const bool lasting = kind == Kind::refused || kind == Kind::conflict ||
                         kind == Kind::forbidden || kind == Kind::expired ||
                         kind == Kind::not_found || kind == Kind::invalid ||
                         kind == Kind::unauthenticated;
    const CommandHead& head = held.pending.submission.head;
    if (lasting && !(held.error == evidence_stale) && !(held.error == command_id_reused) &&
        !(held.error == command_too_old) && !(held.error == command_from_future)) {
        // By the clock: in a partition that has been quiet for long, the last record is too old to
        // be remembered from.
        window_.refused(head.id, head.digest, held.error.reason,
                        std::max(clock_.now(), last_recorded_));
    }
    counters_.refused.fetch_add(1);
    answer(held.pending, std::move(held.error));
}

template <class Domain>
void Executor<Domain>::answer(Pending& pending, const Result<Receipt>& outcome) {
    queued_.fetch_sub(1);
    pending.submission.answer(outcome);
    if (pending.repeats.empty()) {
        return;
    }
    Result<Receipt> repeated = outcome;
    if (repeated) {
        repeated->replayed = true;
    }
    for (const Answer& repeat : pending.repeats) {
        queued_.fetch_sub(1);
        repeat(repeated);
    }
}

template <class Domain>
void Executor<Domain>::replay(Pending pending, Sequence sequence) {
    const auto entry = journal::read_one(journal_, partition_, sequence);
    if (!entry) {
        answer(pending, entry.error());
        return;
    }
    auto event = vault_.open((*entry)->record);
    const auto prelude = record::decode_prelude((*entry)->record.leaf);
    if (!event || !prelude) {
        answer(pending, event ? prelude.error() : event.error());
        return;
    }
    counters_.replayed.fetch_add(1);
    answer(pending, Receipt{partition_, sequence, prelude->event_id, prelude->recorded_at,
                            std::make_shared<schema::Event>(*std::move(event)), true});
}

template <class Domain>
ExecutorProbe Executor<Domain>::probe() const {
    return {counters_.accepted, counters_.refused,   counters_.replayed,      counters_.redecided,
            counters_.busy,     counters_.in_flight, counters_.fold_failures, counters_.folded,
            counters_.serving,  counters_.outdated};
}

}  // namespace chopmark::runtime

#include "aggregates/runtime/executor_log_steps.h"
