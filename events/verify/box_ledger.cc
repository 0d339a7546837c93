#include "events/verify/box_ledger.h"

#include "events/keys/key_ring.h"

namespace chopmark::verify {
namespace {

std::string name_of(int retention, keys::Period period) {
    return "class " + std::to_string(retention) + ", period " + std::to_string(period.value());
}

Fault fault_at(const Reason& reason, const Place& at, std::string detail) {
    return {reason, at.partition, at.sequence, std::move(detail)};
}

}  // namespace

void BoxLedger::state(const Statement& statement, const Place& at) {
    if (const auto* expiry = std::get_if<Expiry>(&statement)) {
        expired_.try_emplace({expiry->retention, expiry->period}, at);
        return;
    }
    const auto* step = std::get_if<ErasureStep>(&statement);
    if (step == nullptr) {
        return;
    }
    for (const auto retention : step->classes) {
        if (!step->subject) {
            erased_classes_.insert(retention);
            continue;
        }
        Told& told = erasures_.try_emplace({retention, *step->subject}, Told{step->standing, at})
                         .first->second;
        if (step->standing == ErasureStanding::completed) {
            told = {step->standing, at};
        }
    }
}

void BoxLedger::gone(Box box, Gone how, const KeyPeriod& key, std::optional<KeyIndex> subject,
                     const Place& at) {
    Found& found = gone_.try_emplace({box, how, key.retention, key.period, subject}, Found{at, 0})
                       .first->second;
    ++found.count;
}

std::optional<Fault> BoxLedger::judge_one(const Key& key, const Found& found) {
    if (expired_.contains({key.retention, key.period})) {
        counts_.expired += found.count;
        return std::nullopt;
    }
    if (key.box == Box::personal && key.subject) {
        const auto told = erasures_.find({key.retention, *key.subject});
        if (told != erasures_.end()) {
            const bool done = told->second.standing == ErasureStanding::completed;
            (done ? counts_.erased : counts_.erasing) += found.count;
            return std::nullopt;
        }
    }
    if (key.box == Box::personal && !key.subject && erased_classes_.contains(key.retention)) {
        counts_.unjudged += found.count;
        return std::nullopt;
    }
    const Reason why = key.how == Gone::unreadable ? no_receipt
                       : key.box == Box::link      ? link_box_missing
                                                   : personal_box_missing;
    return fault_at(why, found.first,
                    std::to_string(found.count) + " box(es) of " +
                        name_of(key.retention, key.period) +
                        ", and no receipt and no expiry names their key");
}

std::vector<Fault> BoxLedger::judge(const keys::KeyRing* ring) {
    std::vector<Fault> out;
    for (const auto& [key, found] : gone_) {
        if (auto fault = judge_one(key, found)) {
            out.push_back(std::move(*fault));
        }
    }
    if (ring == nullptr) {
        return out;
    }
    const auto material = ring->material();
    for (const auto& [key, at] : expired_) {
        const auto retention = static_cast<keys::Retention>(key.first);
        if (keys::is_class(retention) && material->period(retention, key.second) != nullptr) {
            out.push_back(fault_at(key_survives, at, name_of(key.first, key.second)));
        }
    }
    for (const auto& [key, told] : erasures_) {
        const auto retention = static_cast<keys::Retention>(key.first);
        if (told.standing == ErasureStanding::completed && keys::is_class(retention) &&
            key.second.value() < keys::tree_leaves && !ring->is_erased({retention, key.second})) {
            out.push_back(fault_at(key_survives, told.at,
                                   "the erased person's key of class " + std::to_string(key.first) +
                                       " is still covered"));
        }
    }
    return out;
}

}  // namespace chopmark::verify
