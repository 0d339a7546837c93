#include "projections/asked_requests/asked_requests.h"

#include <algorithm>

#include "events/schema/event.h"
#include "projections/record_row.h"

namespace chopmark::asked_requests {
namespace {

constexpr std::size_t period_bytes = 5;

template <class E>
constexpr std::optional<Subject> subject_of = std::nullopt;
template <>
constexpr std::optional<Subject> subject_of<schema::ConsentAsked> = Subject::consent;
template <>
constexpr std::optional<Subject> subject_of<schema::SignatureAsked> = Subject::signature;
template <>
constexpr std::optional<Subject> subject_of<schema::StepUpAsked> = Subject::step_up;

Result<std::vector<EventId>> find_below(const fold::Reading& rows, ByteView prefix) {
    std::vector<EventId> found;
    auto row = rows.scan(fold::KeyRange::prefix(prefix));
    for (; row->valid(); row->next()) {
        const auto id =
            EventId::from_bytes(row->value().substr(std::min(period_bytes, row->value().size())));
        if (!id) {
            return Error(fold::rows_damaged, std::string(AskedRequests::view_name));
        }
        found.push_back(*id);
    }
    CHOPMARK_TRY(row->status());
    return found;
}

Bytes key_below(ByteView business_id, Subject subject) {
    Bytes key(business_id);
    key.push_back(static_cast<char>(subject));
    return key;
}

}  // namespace

bool AskedRequests::wants(record::TypeNumber type) const {
    return type == schema::info<schema::ConsentAsked>().type ||
           type == schema::info<schema::SignatureAsked>().type ||
           type == schema::info<schema::StepUpAsked>().type;
}

Result<void> AskedRequests::apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const {
    std::visit(
        [&]<class E>(const E& asked) {
            if constexpr (subject_of<E>.has_value()) {
                if (asked.link().business_id_token().empty()) {
                    return;
                }
                Bytes key = key_below(asked.link().business_id_token(), *subject_of<E>);
                append_big_endian(key, event.entry().partition.value());
                const schema::LeafHead& head = asked.leaf().head();
                fold::RowWriter row;
                row(head.retention(), keys::Period(head.period()), event.prelude().event_id);
                rows.put(std::move(key), std::move(row).take());
            }
        },
        event.event());
    return {};
}

Result<std::vector<EventId>> find_asked(const fold::Reading& rows, ByteView business_id,
                                        Subject subject) {
    return find_below(rows, key_below(business_id, subject));
}

Result<std::vector<EventId>> find_asked(const fold::Reading& rows, ByteView business_id) {
    return find_below(rows, business_id);
}

}  // namespace chopmark::asked_requests
