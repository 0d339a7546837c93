#include "events/verify/box_opener.h"

#include "events/keys/sealing.h"
#include "events/schema/codec.h"
#include "events/schema/event.h"

namespace chopmark::verify {
namespace {

bool key_is_gone(const Error& error) { return error == keys::erased || error == keys::expired; }

}  // namespace

std::optional<Fault> BoxOpener::open(const record::Prelude& prelude, const record::RecordView& view,
                                     const Place& at) {
    const auto fault = [&at](const Reason& reason, const Error& why) {
        // The reason alone: a detail from below may say more than a report should.
        return Fault{reason, at.partition, at.sequence, std::string(why.reason.name)};
    };
    const record::Record record{Bytes(view.leaf), Bytes(view.link_box), Bytes(view.personal_box)};
    const auto leaf = vault_.open_leaf(record);
    if (!leaf) {
        return leaf.error() == schema::unknown_type
                   ? std::nullopt
                   : std::optional(fault(leaf_unreadable, leaf.error()));
    }
    const KeyPeriod key{schema::head(*leaf).retention(),
                        keys::Period(schema::head(*leaf).period())};
    if (!keys::is_class(key.retention) ||
        keys::period_at(key.retention, prelude.recorded_at) != key.period) {
        return Fault{wrong_period, at.partition, at.sequence,
                     "class " + std::to_string(key.retention) + ", period " +
                         std::to_string(key.period.value())};
    }
    const auto linked = vault_.open(record);
    if (!linked && !key_is_gone(linked.error())) {
        return fault(link_unreadable, linked.error());
    }
    if (!linked) {
        ledger_.gone(Box::link, Gone::unreadable, key, std::nullopt, at);
    } else if (!view.link_box.empty()) {
        ledger_.opened();
    }
    const auto subject =
        linked ? std::optional(KeyIndex(schema::link_head(*linked).key_index())) : std::nullopt;
    if (view.personal_box.empty()) {
        if (!prelude.personal_digest.is_zero()) {
            ledger_.gone(Box::personal, Gone::absent, key, subject, at);
        }
        return std::nullopt;
    }
    const auto personal = vault_.open_personal(record);
    if (personal) {
        ledger_.opened();
        return std::nullopt;
    }
    if (!key_is_gone(personal.error())) {
        return fault(personal_unreadable, personal.error());
    }
    ledger_.gone(Box::personal, Gone::unreadable, key, subject, at);
    return std::nullopt;
}

}  // namespace chopmark::verify
