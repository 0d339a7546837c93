#include "projections/consent_register/consent_register.h"

#include "projections/citizen_rows.h"
#include "projections/event_cases.h"

namespace chopmark::consent_register {
namespace {

/// The row that a deciding event makes; none for a login without profile scopes.
struct Decisions {
    const record::Prelude& at;
    std::optional<ConsentRow> made;
    std::optional<RequestId> withdrawn;

    void operator()(const schema::ConsentGranted& event) {
        decide(ConsentStanding::granted, event);
        pin(event.link().pins());
    }
    void operator()(const schema::ConsentRefused& event) {
        decide(ConsentStanding::refused, event);
    }
    void operator()(const schema::ConsentExpired& event) {
        decide(ConsentStanding::expired, event);
    }
    void operator()(const schema::ConsentWithdrawn& event) {
        withdrawn = RequestId::from_bytes(event.link().request_id());
    }
    /// A login with profile scopes is a consent, and then of class evidence.
    void operator()(const schema::LoginApproved& event) {
        if (event.leaf().head().retention() != schema::EVIDENCE) {
            return;
        }
        make(ConsentStanding::granted, event.leaf().client_id(), event.link().traces().login_id(),
             event.link().traces().device_id());
        made->given = Given::with_login;
        made->field_names.assign(event.leaf().scopes().begin(), event.leaf().scopes().end());
        pin(event.link().pins());
    }

    void decide(ConsentStanding standing, const auto& event) {
        make(standing, event.leaf().client_id(), event.link().request_id(),
             event.link().device_id());
        made->field_names.assign(event.leaf().field_names().begin(),
                                 event.leaf().field_names().end());
        made->profile_version = event.link().profile_version();
    }
    void make(ConsentStanding standing, ByteView client, ByteView request, ByteView device) {
        ConsentRow& row = made.emplace();
        row.request = RequestId::from_bytes(request).value_or(RequestId());
        row.client = ClientId::from_bytes(client).value_or(ClientId());
        row.standing = standing;
        row.device = DeviceId::from_bytes(device).value_or(DeviceId());
        row.decided_by = at.event_id;
        row.decided_at = at.recorded_at;
    }
    void pin(const auto& pins) {
        for (const schema::FieldSource& source : pins) {
            made->pins.push_back(
                {source.field(), EventId::from_bytes(source.event_id()).value_or(EventId())});
        }
    }
};

Result<void> withdraw(const AccountId& account, const RequestId& request, const record::Prelude& at,
                      fold::RowBatch& rows) {
    // The newest first, where a consent that somebody takes back mostly is.
    CHOPMARK_ASSIGN(auto found, projections::find_row<ConsentRow>(
                                    rows, projections::account_prefix(account),
                                    [&](const ConsentRow& row) { return row.request == request; }));
    if (found && found->second.standing == ConsentStanding::granted) {
        found->second.standing = ConsentStanding::withdrawn;
        found->second.withdrawn_by = at.event_id;
        found->second.withdrawn_at = at.recorded_at;
        rows.put(std::move(found->first), fold::encode_row(found->second));
    }
    return {};
}

}  // namespace

bool ConsentRegister::wants(record::TypeNumber type) const {
    return type == schema::info<schema::SubjectErased>().type ||
           projections::handles<Decisions>(type);
}

Result<void> ConsentRegister::apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const {
    if (std::holds_alternative<schema::SubjectErased>(event.event())) {
        return projections::erase_person(event, rows);
    }
    const auto account = projections::account_of(event);
    if (!account) {
        return {};
    }
    Decisions decisions{event.prelude(), {}, {}};
    projections::dispatch(decisions, event.event());
    if (decisions.withdrawn) {
        return withdraw(*account, *decisions.withdrawn, event.prelude(), rows);
    }
    if (decisions.made) {
        CHOPMARK_TRY(projections::note_account(event, rows));
        rows.put(projections::newest_first_key(*account, event.prelude().sequence),
                 fold::encode_row(*decisions.made));
    }
    return {};
}

Result<projections::Page<Consent>> read_consents(const fold::Reading& rows,
                                                 const Question& question,
                                                 const projections::PageRequest& page) {
    const auto look = [&](ByteView key, ByteView value,
                          std::vector<Consent>& items) -> Result<projections::Walk> {
        CHOPMARK_ASSIGN(auto row, fold::decode_row<ConsentRow>(value));
        if ((!question.client || row.client == *question.client) &&
            (!question.standing || row.standing == *question.standing)) {
            items.push_back({projections::sequence_of_newest_first(key), std::move(row)});
        }
        return projections::Walk::on;
    };
    return projections::read_page<Consent>(
        rows, "consents", projections::account_prefix(question.account), page, look);
}

}  // namespace chopmark::consent_register
