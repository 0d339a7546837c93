// What befalls the nodes of a World that share a modelled cluster.
#include <gtest/gtest.h>

#include "tests/simulation/world.h"

namespace chopmark::test {
namespace {

constexpr unsigned rounds_to_rest = 200;

}  // namespace

/// The node with the gateways, in the middle of whatever it was doing; its machine goes on.
void World::kill_front() {
    observe();
    ++tally_.kills;
    const unsigned percent = std::exchange(fault_percent_, 0);
    deployment_->answer_all();
    phones_.clear();
    upkeep_.reset();
    deployment_->lose_front();
    bench_.restart({});
    make_phones();
    start_upkeep();
    open_.clear();  // whoever was not answered by then never will be
    seen_ = witness_.asked().size();
    fault_percent_ = percent;
}

void World::kill_node() {
    some_steps(20);
    observe();
    if (deployment_->kill_one()) {
        ++tally_.kills;
        witness_.begin_life();
    }
}

/// Right after everybody has read what was acknowledged, or what is left of a batch.
void World::cut_tail() {
    bench_.run();
    deployment_->cut_tail();
}

void World::silence() {
    deployment_->silence_one();
    some_steps(30);
    if (chance(50)) {
        redeem();
        one_tap();
    }
    deployment_->answer_all();
    deployment_->pass(std::chrono::seconds(1));
}

void World::rest_together() {
    deployment_->calm();
    unsigned round = 0;
    for (; round < rounds_to_rest && !deployment_->is_at_rest(); ++round) {
        deployment_->calm();
        serve_again();
        bench_.run();
        observe();
    }
    EXPECT_TRUE(deployment_->is_at_rest()) << deployment_->unrest();
}

}  // namespace chopmark::test
