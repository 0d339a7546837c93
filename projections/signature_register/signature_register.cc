#include "projections/signature_register/signature_register.h"

#include "projections/citizen_rows.h"
#include "projections/event_cases.h"

namespace chopmark::signature_register {
namespace {

/// What an event after the asking does to the row of its request.
struct Answers {
    SignatureRow& row;
    const record::Prelude& at;

    void operator()(const schema::SignatureMade& event) {
        decide(SignatureStanding::made, event);
        row.device = DeviceId::from_bytes(event.link().device_id()).value_or(DeviceId());
        row.certificate_serial = event.link().certificate_serial();
    }
    void operator()(const schema::BulkApproved& event) {
        decide(SignatureStanding::approved, event);
        row.device = DeviceId::from_bytes(event.link().device_id()).value_or(DeviceId());
        row.certificate_serial = event.link().certificate_serial();
    }
    void operator()(const schema::BulkSigned& event) {
        if (event.leaf().part() == event.leaf().parts()) {
            decide(SignatureStanding::made, event);
        }
    }
    void operator()(const schema::BulkCancelled& event) {
        decide(SignatureStanding::cancelled, event);
    }
    void operator()(const schema::BulkFailed& event) { decide(SignatureStanding::failed, event); }
    void operator()(const schema::SignatureRefused& event) {
        decide(SignatureStanding::refused, event);
        row.device = DeviceId::from_bytes(event.link().device_id()).value_or(DeviceId());
    }
    void operator()(const schema::SignatureExpired& event) {
        decide(SignatureStanding::expired, event);
    }
    void operator()(const schema::SignatureAcknowledged& event) {
        row.result = event.leaf().result();
        row.acknowledged_at = at.recorded_at;
    }

    void decide(SignatureStanding standing, const auto& event) {
        row.standing = standing;
        row.reason = event.leaf().head().reason();
        row.decided_by = at.event_id;
        row.decided = at.sequence;
        row.decided_at = at.recorded_at;
    }
};

SignatureRow asked_row(const schema::SignatureAsked& event, const record::Prelude& at) {
    SignatureRow row;
    row.request = RequestId::from_bytes(event.link().request_id()).value_or(RequestId());
    row.client = ClientId::from_bytes(event.leaf().client_id()).value_or(ClientId());
    row.kind = event.leaf().kind();
    row.documents = event.leaf().documents();
    row.algorithm = event.leaf().algorithm();
    row.asked_by = at.event_id;
    row.asked_at = at.recorded_at;
    row.due = Instant::from_micros(event.link().due_us());
    return row;
}

std::optional<RequestId> request_of(const schema::Event& event) {
    return std::visit(
        [](const auto& message) -> std::optional<RequestId> {
            if constexpr (requires { message.link().request_id(); }) {
                return RequestId::from_bytes(message.link().request_id());
            }
            return std::nullopt;
        },
        event);
}

Result<void> answer(const AccountId& account, const fold::OpenedEvent& event,
                    fold::RowBatch& rows) {
    const auto request = request_of(event.event());
    if (!request) {
        return {};
    }
    // The newest first: an answer comes within minutes.
    CHOPMARK_ASSIGN(auto found,
                    projections::find_row<SignatureRow>(
                        rows, projections::account_prefix(account),
                        [&](const SignatureRow& row) { return row.request == *request; }));
    if (found) {
        Answers answers{found->second, event.prelude()};
        projections::dispatch(answers, event.event());
        rows.put(std::move(found->first), fold::encode_row(found->second));
    }
    return {};
}

/// AccountClosed ends what is open, without a second event.
Result<void> end_open(const AccountId& account, const record::Prelude& at, fold::RowBatch& rows) {
    while (true) {
        CHOPMARK_ASSIGN(
            auto open, projections::find_row<SignatureRow>(
                           rows, projections::account_prefix(account), [](const SignatureRow& row) {
                               return row.standing == SignatureStanding::asked ||
                                      row.standing == SignatureStanding::approved;
                           }));
        if (!open) {
            return {};
        }
        open->second.standing = SignatureStanding::ended;
        open->second.decided_by = at.event_id;
        open->second.decided = at.sequence;
        open->second.decided_at = at.recorded_at;
        rows.put(std::move(open->first), fold::encode_row(open->second));
    }
}

}  // namespace

bool SignatureRegister::wants(record::TypeNumber type) const {
    return type == schema::info<schema::SubjectErased>().type ||
           type == schema::info<schema::AccountClosed>().type ||
           type == schema::info<schema::SignatureAsked>().type ||
           projections::handles<Answers>(type);
}

Result<void> SignatureRegister::apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const {
    if (std::holds_alternative<schema::SubjectErased>(event.event())) {
        return projections::erase_person(event, rows);
    }
    const auto account = projections::account_of(event);
    if (!account) {
        return {};
    }
    if (std::holds_alternative<schema::AccountClosed>(event.event())) {
        return end_open(*account, event.prelude(), rows);
    }
    if (const auto* asked = std::get_if<schema::SignatureAsked>(&event.event())) {
        CHOPMARK_TRY(projections::note_account(event, rows));
        rows.put(projections::newest_first_key(*account, event.prelude().sequence),
                 fold::encode_row(asked_row(*asked, event.prelude())));
        return {};
    }
    return answer(*account, event, rows);
}

Result<projections::Page<Signature>> read_signatures(const fold::Reading& rows,
                                                     const Question& question,
                                                     const projections::PageRequest& page) {
    const auto look = [&](ByteView key, ByteView value,
                          std::vector<Signature>& items) -> Result<projections::Walk> {
        CHOPMARK_ASSIGN(auto row, fold::decode_row<SignatureRow>(value));
        if ((!question.client || row.client == *question.client) &&
            (!question.standing || row.standing == *question.standing)) {
            items.push_back({projections::sequence_of_newest_first(key), std::move(row)});
        }
        return projections::Walk::on;
    };
    return projections::read_page<Signature>(
        rows, "signatures", projections::account_prefix(question.account), page, look);
}

}  // namespace chopmark::signature_register
