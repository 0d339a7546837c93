#include "projections/service_transactions/service_transactions.h"

#include <limits>

#include "projections/event_cases.h"

namespace chopmark::service_transactions {
namespace {

constexpr char asked_tag = 't';
constexpr char later_tag = 'u';
constexpr std::string_view list_query = "transactions";
/// An answer, what overtook it, the callback, an acknowledgement: more is nothing of ours.
constexpr std::size_t later_rows_at_most = 16;
/// Behind it an open request will not be answered any more: every other end has an event.
constexpr Duration open_at_most = std::chrono::hours(1);

Bytes asked_prefix(const ClientId& client) { return asked_tag + client.to_bytes(); }

Bytes newest_of(Instant at) {
    Bytes out;
    append_big_endian(
        out, std::numeric_limits<std::uint64_t>::max() - static_cast<std::uint64_t>(at.micros()));
    return out;
}

Instant asked_at_of(ByteView key) {
    const auto newest = get_big_endian<std::uint64_t>(key, 1 + ClientId::size);
    return Instant::from_micros(
        static_cast<std::int64_t>(std::numeric_limits<std::uint64_t>::max() - newest));
}

PartitionId partition_of(ByteView key) {
    return PartitionId(
        get_big_endian<std::uint16_t>(key, 1 + ClientId::size + sizeof(std::uint64_t)));
}

Bytes asked_key(const ClientId& client, const Place& place) {
    Bytes key = asked_prefix(client) + newest_of(place.recorded_at);
    append_big_endian(key, place.partition.value());
    append_big_endian(key, place.sequence.value());
    return key;
}

Bytes later_prefix(const ClientId& client, const RequestId& request, PartitionId partition) {
    Bytes key = later_tag + client.to_bytes() + request.to_bytes();
    append_big_endian(key, partition.value());
    return key;
}

template <class E>
constexpr std::optional<Subject> subject_of = std::nullopt;
template <>
constexpr std::optional<Subject> subject_of<schema::ConsentAsked> = Subject::consent;
template <>
constexpr std::optional<Subject> subject_of<schema::SignatureAsked> = Subject::signature;
template <>
constexpr std::optional<Subject> subject_of<schema::StepUpAsked> = Subject::step_up;

/// What one event makes of rows; a request that names no client or no request is none.
struct Cases {
    const fold::OpenedEvent& at;
    fold::RowBatch& rows;

    template <class E>
    void operator()(const E& event) requires(subject_of<E>.has_value()) {
        AskedRow row;
        row.subject = *subject_of<E>;
        if constexpr (std::same_as<E, schema::SignatureAsked>) {
            row.documents = event.leaf().documents();
            if (event.leaf().kind() == schema::SIGNATURE_KIND_BULK) {
                row.subject = Subject::bulk;
            }
        }
        if constexpr (std::same_as<E, schema::ConsentAsked>) {
            row.profile = event.leaf().purpose() == schema::PURPOSE_PROFILE;
        }
        row.asked = at.prelude().event_id;
        row.due = Instant::from_micros(event.link().due_us());
        row.anonymous = event.link().login_id().empty();
        put(event, row, [&](const ClientId& client, const RequestId& request) {
            row.request = request;
            return asked_key(
                client, {at.prelude().recorded_at, at.entry().partition, at.prelude().sequence});
        });
    }

    void operator()(const schema::ConsentGranted& event) { answer(event, Standing::granted); }
    void operator()(const schema::ConsentRefused& event) { answer(event, Standing::refused); }
    void operator()(const schema::ConsentExpired& event) { answer(event, Standing::expired); }
    void operator()(const schema::ConsentWithdrawn& event) { answer(event, Standing::withdrawn); }
    void operator()(const schema::SignatureMade& event) { answer(event, Standing::granted); }
    void operator()(const schema::SignatureRefused& event) { answer(event, Standing::refused); }
    void operator()(const schema::SignatureExpired& event) { answer(event, Standing::expired); }
    void operator()(const schema::BulkApproved& event) { answer(event, Standing::granted); }
    void operator()(const schema::BulkCancelled& event) { answer(event, Standing::cancelled); }
    void operator()(const schema::BulkFailed& event) { answer(event, Standing::failed); }
    void operator()(const schema::StepUpPassed& event) { answer(event, Standing::granted); }
    void operator()(const schema::StepUpRefused& event) { answer(event, Standing::refused); }
    void operator()(const schema::StepUpExpired& event) { answer(event, Standing::expired); }
    void operator()(const schema::CallbackSettled& event) {
        LaterRow row;
        row.step = Step::settled;
        row.delivered = event.leaf().delivered();
        row.attempts = event.link().attempts();
        row.last_status = event.link().last_status();
        put_later(event, row);
    }
    void operator()(const schema::SignatureAcknowledged& event) {
        LaterRow row;
        row.step = Step::acknowledged;
        put_later(event, row);
    }

    void answer(const auto& event, Standing standing) {
        LaterRow row;
        row.standing = standing;
        row.reason = event.leaf().head().reason();
        put_later(event, row);
    }
    void put_later(const auto& event, LaterRow& row) {
        row.at = at.prelude().recorded_at;
        put(event, row, [&](const ClientId& client, const RequestId& request) {
            Bytes key = later_prefix(client, request, at.entry().partition);
            append_big_endian(key, at.prelude().sequence.value());
            return key;
        });
    }
    void put(const auto& event, auto& row, const auto& key_for) {
        const auto client = ClientId::from_bytes(event.leaf().client_id());
        const auto request = RequestId::from_bytes(event.link().request_id());
        if (client && request) {
            row.retention = event.leaf().head().retention();
            row.period = keys::Period(event.leaf().head().period());
            Bytes key = key_for(*client, *request);
            rows.put(std::move(key), fold::encode_row(row));
        }
    }
};

/// What came after the asking, in the order of the partition.
Result<void> read_later(const fold::Reading& rows, const ClientId& client, PartitionId partition,
                        Transaction& out) {
    const auto row =
        rows.scan(fold::KeyRange::prefix(later_prefix(client, out.asked.request, partition)));
    for (std::size_t seen = 0; row->valid() && seen < later_rows_at_most; row->next(), ++seen) {
        CHOPMARK_ASSIGN(auto later, fold::decode_row<LaterRow>(row->value()));
        switch (later.step) {
            case Step::answered:
                out.standing = later.standing;
                out.answered = std::move(later);
                break;
            case Step::settled:
                out.settled = std::move(later);
                break;
            case Step::acknowledged:
                out.acknowledged_at = later.at;
                break;
        }
    }
    return row->status();
}

Result<Transaction> read_one(const fold::Reading& rows, const ClientId& client, ByteView key,
                             ByteView value, Instant now) {
    Transaction out;
    out.asked_at = asked_at_of(key);
    CHOPMARK_ASSIGN(out.asked, fold::decode_row<AskedRow>(value));
    CHOPMARK_TRY(read_later(rows, client, partition_of(key), out));
    // AccountClosed ends requests without an event of their own.
    const bool over = out.settled.has_value() || out.asked.due + open_at_most < now;
    if (out.standing == Standing::open && over) {
        out.standing = Standing::ended;
    }
    return out;
}

}  // namespace

bool ServiceTransactions::wants(record::TypeNumber type) const {
    return projections::handles<Cases>(type);
}

Result<void> ServiceTransactions::apply(const fold::OpenedEvent& event,
                                        fold::RowBatch& rows) const {
    Cases cases{event, rows};
    projections::dispatch(cases, event.event());
    return {};
}

Result<projections::Page<Transaction>> read_transactions(const fold::Reading& rows,
                                                         const Question& question,
                                                         const projections::PageRequest& page) {
    projections::PageRequest request = page;
    if (request.cursor.empty() && question.until) {
        // Behind every row of that moment and later.
        request.cursor = projections::make_cursor(
            list_query, newest_of(*question.until) +
                            Bytes(sizeof(std::uint16_t) + sizeof(std::uint64_t), '\xff'));
    }
    const auto look = [&](ByteView key, ByteView value,
                          std::vector<Transaction>& items) -> Result<projections::Walk> {
        if (question.from && asked_at_of(key) < *question.from) {
            return projections::Walk::end;
        }
        CHOPMARK_ASSIGN(auto one, read_one(rows, question.client, key, value, question.now));
        if ((!question.subject || one.asked.subject == *question.subject) &&
            (!question.standing || one.standing == *question.standing)) {
            items.push_back(std::move(one));
        }
        return projections::Walk::on;
    };
    return projections::read_page<Transaction>(rows, list_query, asked_prefix(question.client),
                                               request, look);
}

Result<Transaction> find_transaction(const fold::Reading& rows, const ClientId& client,
                                     const Place& asked, Instant now) {
    const Bytes key = asked_key(client, asked);
    CHOPMARK_ASSIGN(const auto row, rows.get(key));
    return row ? read_one(rows, client, key, *row, now) : no_such_transaction;
}

}  // namespace chopmark::service_transactions
