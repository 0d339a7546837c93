#include "tests/simulation/rival.h"

namespace chopmark::test {

Rival::Rival(GatewayBench& bench, PartitionId partition, std::uint64_t seed,
             journal::FaultPlan faults)
    : bench_(bench),
      scheduler_(seed),
      journal_(bench.rival_journal(std::move(faults))),
      domain_(bench.make_domain(partition, rows_)),
      executor_(std::make_unique<Executor>(partition, *domain_, *journal_, scheduler_.make_strand(),
                                           bench.clock, bench.entropy, *bench.vault)) {}

Rival::~Rival() = default;

void Rival::serve() {
    executor_->serve([](const Result<void>&) {});
}

bool Rival::step() { return scheduler_.run_one() || journal_->step(); }

void Rival::submit(AskedCommand command) {
    auto asked = std::make_shared<AskedCommand>(std::move(command));
    asked->sent_elsewhere = true;
    asked->outcome.reset();
    asked_.push_back(asked);
    send(asked, Opened());
}

void Rival::send(const AskedCommandPtr& asked, const Opened& opened) {
    const auto& command = std::get<citizen::Command>(asked->command);
    const auto missing = [this, asked](const std::vector<EventId>& ids) {
        if (auto found = bench_.finder->open(ids)) {
            send(asked, *found);
        } else {
            asked->outcome = found.error();
        }
    };
    const auto taken = executor_->submit(
        {citizen::AddressedCommand{asked->account, citizen::card_shown_by(command), command},
         asked->head, opened, missing,
         [asked](Result<runtime::Receipt> outcome) { asked->outcome = std::move(outcome); }});
    if (!taken) {
        asked->outcome = taken.error();
    }
}

}  // namespace chopmark::test
