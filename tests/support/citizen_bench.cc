#include "tests/support/citizen_bench.h"

#include <algorithm>

#include "events/crypto/digest.h"
#include "tests/support/control_bench.h"

namespace chopmark::test {

CitizenBench::CitizenBench(const CitizenStory& story)
    : clock(story.now()),
      log_(std::make_shared<journal::MemoryLog>(sandbox_founding(1).partitions)) {
    snapshots.publish(std::make_shared<control::Snapshot>(
        control::Snapshot{Sequence(1), std::make_shared<const control::State>(story.control())}));
    snapshots.confirm(clock.now());
    ensure(build().has_value(), "the domain opens");
}

Result<void> CitizenBench::build() {
    journal::MemoryJournal::Options options;
    options.own_thread = false;
    auto opened = journal::MemoryJournal::open(log_, sandbox_founding(1),
                                               {ca_, node_, clock, entropy}, options);
    ensure(opened.has_value(), "a memory journal opens");
    journal_ = *std::move(opened);
    domain_ = std::make_unique<runtime::CitizenDomain>(
        partition, rows_, snapshots, vault, [](const schema::CardFacts& card) {
            return citizen::CardToken(crypto::sha256(card.number()).array());
        });
    CHOPMARK_TRY(domain_->open());
    executor_ = std::make_unique<Executor>(partition, *domain_, *journal_, scheduler_.make_strand(),
                                           clock, entropy, vault);
    return {};
}

Result<void> CitizenBench::serve() {
    std::optional<Result<void>> outcome;
    executor_->serve([&](Result<void> done) { outcome = std::move(done); });
    run();
    ensure(outcome.has_value(), "serve() answers");
    return *outcome;
}

std::shared_ptr<CitizenBench::Outcome> CitizenBench::send(runtime::PartitionCommand command) {
    CommandHead head;
    head.id = entropy.draw<CommandId>();
    head.digest = Digest(head.id.array());
    head.issued_at = clock.now();
    head.caller = head.actor = {schema::Party::TIMER, {}};
    head.channel = schema::PLATFORM_TIMER;
    snapshots.confirm(clock.now());
    return send(runtime::CitizenDomain::Command(std::move(command)), head);
}

std::shared_ptr<CitizenBench::Outcome> CitizenBench::send(runtime::CitizenDomain::Command command,
                                                          const CommandHead& head) {
    auto outcome = std::make_shared<Outcome>();
    submit(std::move(command), head, {}, outcome);
    return outcome;
}

/// As the work pool does: opens what the decision misses, once, and submits again.
void CitizenBench::submit(runtime::CitizenDomain::Command command, const CommandHead& head,
                          Opened opened, const std::shared_ptr<Outcome>& outcome) {
    const auto missing = [this, command, head, outcome](const std::vector<EventId>& sources) {
        submit(command, head, open(sources), outcome);
    };
    const auto taken = executor_->submit({std::move(command), head, std::move(opened), missing,
                                          [outcome](Result<runtime::Receipt> answer) {
                                              ensure(!outcome->has_value(), "answered once");
                                              *outcome = std::move(answer);
                                          }});
    ensure(taken.has_value(), "the queue has room");
}

Opened CitizenBench::open(const std::vector<EventId>& sources) const {
    Opened opened;
    const auto entries = journal_->read(partition, Sequence(0), {}).value();
    for (const auto& entry : entries) {
        const EventId id = record::decode_prelude(entry->record.leaf)->event_id;
        if (std::find(sources.begin(), sources.end(), id) != sources.end()) {
            opened.add(id, std::make_shared<const schema::Event>(
                               vault.open_personal(entry->record).value()));
        }
    }
    return opened;
}

void CitizenBench::run() {
    while (scheduler_.run_one() || journal_->step()) {
    }
}

void CitizenBench::restart() { ensure(try_restart().has_value(), "the domain opens"); }

Result<void> CitizenBench::try_restart() {
    executor_.reset();
    domain_.reset();
    journal_.reset();
    scheduler_.forget();
    return build();
}

std::map<std::string, Bytes> CitizenBench::rows() {
    std::map<std::string, Bytes> out;
    for (const std::string& name : rows_.tables()) {
        const fold::TablePtr table = rows_.open(name).value();
        const auto cursor = rows_.latest().scan(*table, fold::KeyRange::all());
        for (; cursor->valid(); cursor->next()) {
            out[name + "/" + to_hex(cursor->key())] = Bytes(cursor->value());
        }
    }
    return out;
}

}  // namespace chopmark::test
