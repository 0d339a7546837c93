#include "aggregates/control/control.h"

namespace chopmark::control {

Decision decide(const State& state, const Command& command, const Context& context) {
    return std::visit([&](const auto& noun) { return decide(state, noun, context); }, command);
}

void fold(State& state, const schema::Event& event, const record::Stamp& stamp) {
    std::visit(
        [&]<class E>(const E& one) {
            if constexpr (requires { evolve(state, one, stamp); }) {
                evolve(state, one, stamp);
            }
        },
        event);
}

}  // namespace chopmark::control
