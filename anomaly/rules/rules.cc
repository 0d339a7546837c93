#include "anomaly/rules/rules.h"

#include "anomaly/rules/code_replay.h"

namespace chopmark::anomaly {

Rules all_rules() {
    Rules rules;
    rules.push_back(std::make_unique<CodeReplay>());
    return rules;
}

}  // namespace chopmark::anomaly
