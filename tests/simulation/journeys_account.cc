// The steps of a World that change who has which account with which phone: closing, registering
// again, taking over with another phone, upgrading, erasing a person.
#include "events/schema/event.h"
#include "tests/simulation/world.h"

namespace chopmark::test {
namespace {

const std::string password = "the long password of a citizen";

}  // namespace

World::Handset World::copy_of(const Handset& handset) {
    return {crypto::P256PrivateKey::from_scalar(handset.key.scalar()).value(), handset.device};
}

/// From now on the citizen acts with this one.
void World::take_over(std::size_t number, const Handset& handset) {
    holders_[number].handset = copy_of(handset);
    Handset used = copy_of(handset);
    phones_[number]->key = std::move(used.key);
    phones_[number]->device = used.device;
}

void World::close_account() {
    any(phones_)->act("app.account.close", "/app/v1/account/close", Json::object());
}

/// Of a citizen without an account, or – refused – of one who has one. An answer that was not heard
/// may have left an account: then the card's holder is that one.
void World::register_again() {
    const std::size_t number = below(phones_.size());
    TestPhone& phone = *phones_[number];
    const auto standing = state_of(phone)->account.status;
    const bool gone = standing == citizen::AccountStatus::none ||
                      standing == citizen::AccountStatus::closed ||
                      standing == citizen::AccountStatus::erased;
    if (!gone && chance(90)) {
        return;
    }
    std::shared_ptr<const citizen::CardHolder> holder;
    bench_.service().look_card(bench_.identity->slot_of(phone.card),
                               bench_.identity->present(phone.card).value().token,
                               [&](const auto& seen) { holder = seen ? *seen : nullptr; });
    bench_.run();
    if (holder && holder->active) {
        phone.account = holders_[number].account = holder->account;
    }
    const auto answer = chance(60) ? phone.register_by_chip(password) : phone.register_by_photo();
    if (answer.status == 200) {
        holders_[number].account = phone.account;
        holders_[number].other.reset();
    }
}

/// With another phone; when nobody heard whether it took over, the state says it later.
void World::rebind() {
    const std::size_t number = below(phones_.size());
    Holder& holder = holders_[number];
    const auto state = state_of(*phones_[number]);
    const auto* current = citizen::current_device(*state);
    if (holder.other && current != nullptr && current->id == holder.other->device) {
        take_over(number, *holder.other);
        holder.other.reset();
        return;
    }
    TestPhone other(bench_);
    other.card = holder.card;
    if (holder.other) {
        Handset again = copy_of(*holder.other);
        other.key = std::move(again.key);
        other.device = again.device;
    } else {
        holder.other.emplace(copy_of(
            {crypto::P256PrivateKey::from_scalar(other.key.scalar()).value(), other.device}));
    }
    if (other.rebind(chance(85) ? password : "a guess at the password").status == 200) {
        take_over(number, *holder.other);
        holder.other.reset();
    }
}

void World::upgrade() {
    TestPhone& phone = *any(phones_);
    const std::string challenge = bench_.challenge(service::ChallengePurpose::app);
    const Json form = phone.chip_form(password, challenge);
    phone.send("app.account.upgrade", "/app/v1/account/upgrade", form, challenge, form);
}

// ---- erasure

void World::order_erasure() {
    const auto state = state_of(*any(phones_));
    if (state->account.person.is_zero()) {  // erased before: nobody is left to erase
        return;
    }
    control::OrderErasure order;
    order.order = bench_.entropy.draw<control::OrderId>();
    order.account = state->account.id;
    order.person = state->account.person;
    order.key_index = state->account.key_index;
    order.classes = {schema::IDENTITY};
    if (chance(70)) {
        order.classes.push_back(schema::SIGN_IN);
    }
    if (chance(50)) {
        order.classes.push_back(schema::EVIDENCE);
    }
    order.epoch = bench_.ring->epoch().value();
    order.basis = "erasure.citizen_request";
    order.purpose = "a letter";
    order.salt = bench_.entropy.draw<control::OrderId>().array();
    submit_as(officers_.front(), control::ErasureCommand(std::move(order)));
}

void World::approve_erasure() {
    const control::SnapshotPtr control = bench_.snapshots.latest();
    for (const auto& [id, order] : *control->state->erasures) {
        if (order.standing == control::ErasureStanding::ordered) {
            control::ApproveErasure command{id, bench_.entropy.draw<control::OrderId>().array(),
                                            "a letter"};
            submit_as(any(officers_), control::ErasureCommand(command));
            return;
        }
    }
}

}  // namespace chopmark::test
