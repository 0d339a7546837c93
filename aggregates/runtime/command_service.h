// Where gateways hand in commands. It finds the executor by slot or sends to control, opens the
// personal layers that a decision needs – in the work pool, never on a strand – and submits again;
// a decision that found its evidence stale is given the current sources once more, then the refusal
// stands (design 6). Safe from any thread; every call is answered exactly once, on some strand.
#pragma once

#include <vector>

#include "aggregates/runtime/citizen_domain.h"
#include "aggregates/runtime/control_domain.h"
#include "aggregates/runtime/executor.h"
#include "aggregates/runtime/source_reader.h"

namespace chopmark::runtime {

class CommandService {
  public:
    using CitizenExecutor = Executor<CitizenDomain>;
    using ControlExecutor = Executor<ControlDomain>;

    /// `citizens[i]` decides partition i + 1. All must outlive the service.
    CommandService(ControlExecutor& control, std::vector<CitizenExecutor*> citizens,
                   const SourceReader& sources, WorkPool& pool);

    void submit(citizen::AddressedCommand command, CommandHead head, Answer answer);
    void submit(control::Command command, CommandHead head, Answer answer);

  private:
    template <class Target>
    void attempt(Target& executor, typename Target::Command command, CommandHead head,
                 Opened opened, unsigned attempts, Answer answer);

    ControlExecutor& control_;
    std::vector<CitizenExecutor*> citizens_;
    const SourceReader& sources_;
    WorkPool& pool_;
};

}  // namespace chopmark::runtime
