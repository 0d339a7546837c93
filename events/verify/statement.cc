#include "events/verify/statement.h"

#include "events/schema/codec.h"
#include "events/schema/event.h"

namespace chopmark::verify {
namespace {

Result<schema::Event> leaf_of(const record::Prelude& prelude, ByteView leaf) {
    return schema::decode(prelude.type, leaf.substr(record::prelude_bytes), std::nullopt,
                          std::nullopt);
}

Result<tlog::Cut> cut_of(const schema::CutRecorded& event) {
    tlog::Cut out{event.leaf().number(), {}};
    out.grown.reserve(static_cast<std::size_t>(event.leaf().partitions_size()));
    for (const auto& each : event.leaf().partitions()) {
        const auto root = Digest::from_bytes(each.root());
        if (!root || each.partition() > UINT16_MAX) {
            return Error(schema::bad_body, "a cut without a root or partition");
        }
        out.grown.emplace_back(PartitionId(static_cast<std::uint16_t>(each.partition())),
                               tlog::TreeHead{each.size(), *root});
    }
    return out;
}

template <class E>
ErasureStep erasure_of(const E& event, ErasureStanding standing, bool opened) {
    ErasureStep out{standing, {}, std::nullopt};
    for (const int retention : event.leaf().classes()) {
        out.classes.push_back(static_cast<keys::Retention>(retention));
    }
    if (opened && event.link().head().key_index() != 0) {
        out.subject = KeyIndex(event.link().head().key_index());
    }
    return out;
}

}  // namespace

bool states_something(record::TypeNumber type) {
    return type == schema::info<schema::CutRecorded>().type ||
           type == schema::info<schema::PeriodExpired>().type ||
           type == schema::info<schema::ErasureOrdered>().type ||
           type == schema::info<schema::SubjectErased>().type ||
           type == schema::info<schema::ErasureCompleted>().type;
}

Result<Statement> statement_of(const record::Prelude& prelude, const record::RecordView& record,
                               const keys::EventVault* vault) {
    const bool erasure =
        prelude.type.value() >> 8 == schema::info<schema::SubjectErased>().type.value() >> 8;
    const bool opened = erasure && vault != nullptr;
    CHOPMARK_ASSIGN(const schema::Event event,
                    opened ? vault->open({Bytes(record.leaf), Bytes(record.link_box), {}})
                           : leaf_of(prelude, record.leaf));
    if (const auto* cut = std::get_if<schema::CutRecorded>(&event)) {
        CHOPMARK_ASSIGN(tlog::Cut out, cut_of(*cut));
        return Statement(std::move(out));
    }
    if (const auto* expired = std::get_if<schema::PeriodExpired>(&event)) {
        return Statement(Expiry{expired->leaf().expired_class(),
                                keys::Period(expired->leaf().expired_period())});
    }
    if (const auto* ordered = std::get_if<schema::ErasureOrdered>(&event)) {
        return Statement(erasure_of(*ordered, ErasureStanding::begun, opened));
    }
    if (const auto* erased = std::get_if<schema::SubjectErased>(&event)) {
        return Statement(erasure_of(*erased, ErasureStanding::begun, opened));
    }
    if (const auto* completed = std::get_if<schema::ErasureCompleted>(&event)) {
        return Statement(erasure_of(*completed, ErasureStanding::completed, opened));
    }
    return Error(schema::bad_body, "states nothing");
}

Result<KeyPeriod> key_period_of(const record::Prelude& prelude, ByteView leaf) {
    CHOPMARK_ASSIGN(const schema::Event event, leaf_of(prelude, leaf));
    const auto& head = schema::head(event);
    return KeyPeriod{head.retention(), keys::Period(head.period())};
}

}  // namespace chopmark::verify
