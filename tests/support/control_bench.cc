#include "tests/support/control_bench.h"

#include "events/crypto/digest.h"
#include "events/schema/genesis.pb.h"

namespace chopmark::test {

Bytes key_named(std::string_view name) {
    const Digest a = crypto::sha256({"a", name});
    const Digest b = crypto::sha256({"b", name});
    return Bytes("\x04") + a.to_bytes() + b.to_bytes();
}

journal::Founding sandbox_founding(std::uint16_t partitions) {
    schema::Genesis genesis;
    genesis.set_environment(schema::SANDBOX);
    genesis.set_partitions(partitions);
    genesis.set_first_operator_public_key(key_named("first"));
    genesis.set_version(1);
    const Bytes document = genesis.SerializeAsString();
    return {crypto::sha256(document), document, partitions};
}

CommandHead staff_command(std::string_view name, const StaffId& staff, Instant at,
                          std::string_view content) {
    CommandHead head;
    head.id = CommandId(crypto::sha256(name).array());
    head.digest = crypto::sha256(content);
    head.issued_at = at;
    head.caller = head.actor = {schema::Party::STAFF_MEMBER, staff.to_bytes()};
    head.channel = schema::STAFF_CONSOLE;
    return head;
}

ControlBench::ControlBench(std::uint64_t seed, journal::FaultPlan plan)
    : entropy(seed),
      faults(std::move(plan)),
      log_(std::make_shared<journal::MemoryLog>(sandbox_founding().partitions)),
      scheduler_(seed) {
    build();
}

void ControlBench::build() {
    journal::MemoryJournal::Options options;
    options.own_thread = false;
    options.faults = [this](PartitionId partition, std::size_t records) {
        return faults ? faults(partition, records) : journal::Fault();
    };
    auto opened = journal::MemoryJournal::open(log_, sandbox_founding(),
                                               {ca_, node_, clock, entropy}, options);
    ensure(opened.has_value(), "a memory journal opens");
    journal_ = *std::move(opened);
    domain_ = std::make_unique<runtime::ControlDomain>(rows_, snapshots);
    ensure(domain_->open().has_value(), "the domain opens");
    strand_ = &scheduler_.make_strand();
    executor_ = std::make_unique<Executor>(control_partition, *domain_, *journal_, *strand_, clock,
                                           entropy, vault);
}

Result<void> ControlBench::serve() {
    std::optional<Result<void>> outcome;
    executor_->serve([&](Result<void> done) { outcome = std::move(done); });
    run();
    ensure(outcome.has_value(), "serve() answers");
    return *outcome;
}

std::shared_ptr<ControlBench::Outcome> ControlBench::send(control::Command command,
                                                          const CommandHead& head) {
    auto outcome = std::make_shared<Outcome>();
    const auto taken =
        executor_->submit({std::move(command),
                           head,
                           {},
                           [](auto) {},
                           [outcome](Result<runtime::Receipt> answer) {
                               ensure(!outcome->has_value(), "a command is answered once");
                               *outcome = std::move(answer);
                           }});
    if (!taken) {
        *outcome = taken.error();
    }
    return outcome;
}

void ControlBench::run() {
    while (scheduler_.run_one() || journal_->step()) {
    }
}

void ControlBench::restart() {
    executor_.reset();
    domain_.reset();
    journal_.reset();
    scheduler_.forget();
    build();
}

CommandHead ControlBench::by_first(std::string_view name, std::string_view content) const {
    return staff_command(name, control::staff_id_of(key_named("first")), clock.now(), content);
}

control::Command ControlBench::enrol(std::string_view name) {
    control::EnrolStaff command;
    command.public_key = key_named(name);
    command.staff = control::staff_id_of(command.public_key);
    command.roles = {schema::STAFF_ROLE_AUDITOR};
    return control::StaffCommand(command);
}

std::size_t ControlBench::staff() const { return snapshots.latest()->state->staff->size(); }

}  // namespace chopmark::test
