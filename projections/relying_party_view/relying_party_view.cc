#include "projections/relying_party_view/relying_party_view.h"

#include "projections/event_cases.h"
#include "projections/newest_first.h"
#include "projections/record_row.h"

namespace chopmark::relying_party_view {
namespace {

constexpr char service_tag = 'c';
constexpr char step_tag = 'h';
constexpr char contact_tag = 'k';
constexpr char activity_tag = 'n';

Bytes key_of(char tag, const ClientId& client) { return tag + client.to_bytes(); }

Bytes activity_key(const ClientId& client, PartitionId partition) {
    Bytes key = key_of(activity_tag, client);
    append_big_endian(key, partition.value());
    return key;
}

/// Of an approval that says nothing of declarations: it is from before they were asked for.
constexpr Duration first_declaration = std::chrono::hours(24 * 730);

/// What each event does to the row of its service.
struct Changes {
    ServiceRow& row;
    const record::Prelude& at;
    bool has_contacts = false;
    std::string detail{};  // of the step

    void operator()(const schema::RelyingPartyApplied& event) {
        row = ServiceRow();
        row.applied_at = at.recorded_at;
        set_up(event.link().setup());
        permit(event.leaf().scopes());
        row.scopes_applied_for = row.scopes;
        const schema::RelyingPartyProspect& prospect = event.link().prospect();
        row.purpose = prospect.purpose();
        row.registration_number = prospect.registration_number();
        row.website = prospect.website();
        row.logins_a_day = prospect.logins_a_day();
        row.launch_at = Instant::from_micros(prospect.launch_us());
        take_certificate(event.link().certificate());
        stand(ServiceStanding::applied, event);
        has_contacts = true;
    }
    void operator()(const schema::RelyingPartyTrialOpened& event) {
        permit(event.leaf().scopes());
        row.open_id_group = event.leaf().open_id_group();
        row.kek_fingerprint = event.leaf().kek_fingerprint();
        ++row.secret_version;
        take_certificate(event.link().certificate());
        stand(ServiceStanding::trial, event);
    }
    void operator()(const schema::RelyingPartyTested& event) { row.trial.tested = passed(event); }
    void operator()(const schema::RelyingPartyVetted& event) {
        row.trial.vetting_rounds = event.leaf().round();
        row.trial.vetted = passed(event);
        detail = std::to_string(event.leaf().round());
    }
    void operator()(const schema::RelyingPartyAssessed& event) {
        const bool security = event.leaf().kind() == schema::SECURITY_CHECKLIST;
        (security ? row.trial.security_assessed : row.trial.privacy_assessed) = passed(event);
        detail = security ? "security_checklist" : "privacy_assessment";
    }
    void operator()(const schema::RelyingPartyDeclared& event) {
        row.declaration_due = Instant::from_micros(event.leaf().next_due_us());
    }
    void operator()(const schema::RelyingPartyScopesApplied& event) {
        row.scopes_applied_for = {event.leaf().scopes().begin(), event.leaf().scopes().end()};
    }
    void operator()(const schema::RelyingPartyReminded& event) {
        detail = event.leaf().subject() == schema::KEK_EXPIRY ? "kek_certificate " : "declaration ";
        detail += std::to_string(event.leaf().days());
    }
    void operator()(const schema::RelyingPartyApproved& event) {
        if (event.link().has_setup()) {
            set_up(event.link().setup());
        }
        permit(event.leaf().scopes());
        row.open_id_group = event.leaf().open_id_group();
        row.kek_fingerprint = event.leaf().kek_fingerprint();
        ++row.secret_version;
        if (event.link().has_certificate()) {
            take_certificate(event.link().certificate());
        }
        row.approved_at = at.recorded_at;
        const std::int64_t due = event.link().declaration_due_us();
        row.declaration_due =
            due != 0 ? Instant::from_micros(due) : at.recorded_at + first_declaration;
        stand(ServiceStanding::active, event);
    }
    void operator()(const schema::RelyingPartyRefused& event) {
        stand(ServiceStanding::refused, event);
    }
    void operator()(const schema::RelyingPartyScopesChanged& event) {
        permit(event.leaf().scopes());
    }
    void operator()(const schema::RelyingPartySetupChanged& event) {
        set_up(event.link().setup());
        has_contacts = true;
    }
    void operator()(const schema::RelyingPartyKeyChanged& event) {
        row.kek_fingerprint = event.leaf().kek_fingerprint();
        take_certificate(event.link().certificate());
    }
    void operator()(const schema::RelyingPartySecretRotated& event) {
        row.secret_version = event.leaf().secret_version();
    }
    void operator()(const schema::RelyingPartySuspended& event) {
        stand(ServiceStanding::suspended, event);
    }
    void operator()(const schema::RelyingPartyResumed& event) {
        stand(row.approved_at == Instant() ? ServiceStanding::trial : ServiceStanding::active,
              event);
    }
    void operator()(const schema::RelyingPartyWithdrawn& event) {
        stand(ServiceStanding::withdrawn, event);
    }
    void operator()(const schema::CekIssued& event) {
        row.content_key_serial = event.leaf().serial();
        row.content_key_until = Instant::from_micros(event.leaf().until_us());
    }
    void operator()(const schema::CekRevoked& event) {
        row.content_key_revoked = event.leaf().serial();
    }

    void stand(ServiceStanding standing, const auto& event) {
        row.standing = standing;
        row.reason = event.leaf().head().reason();
    }
    static bool passed(const auto& event) { return event.leaf().head().outcome() == schema::DONE; }
    void take_certificate(const schema::KekCertificate& certificate) {
        row.kek_not_before = Instant::from_micros(certificate.not_before_us());
        row.kek_not_after = Instant::from_micros(certificate.not_after_us());
    }
    void permit(const auto& scopes) { row.scopes = {scopes.begin(), scopes.end()}; }
    void set_up(const schema::RelyingPartySetup& setup) {
        row.name_english = setup.name_english();
        row.name_traditional = setup.name_traditional();
        row.name_simplified = setup.name_simplified();
        row.organisation = setup.organisation();
        row.open_id_group = setup.open_id_group();
        row.redirect_uris = {setup.redirect_uris().begin(), setup.redirect_uris().end()};
        row.callback_uris = {setup.callback_uris().begin(), setup.callback_uris().end()};
        row.direct_login_uris = {setup.direct_login_uris().begin(),
                                 setup.direct_login_uris().end()};
        row.app_scheme = setup.app_scheme();
        row.sensitive = setup.sensitive();
        row.strict_timestamps = setup.strict_timestamps();
        row.token_life_s = setup.token_life_s();
        row.requests_per_minute = setup.requests_per_minute();
        row.corp_id = setup.corp_id();
        row.business_id_per_citizen = setup.business_id_per_citizen();
        row.qr = setup.qr();
    }
};

std::optional<ClientId> client_of(const schema::Event& event) {
    return std::visit(
        [](const auto& message) -> std::optional<ClientId> {
            if constexpr (requires { message.leaf().client_id(); }) {
                return ClientId::from_bytes(message.leaf().client_id());
            }
            return std::nullopt;
        },
        event);
}

/// Content keys come and go by themselves: they are no steps.
bool is_step(record::TypeNumber type) {
    return type != schema::info<schema::CekIssued>().type &&
           type != schema::info<schema::CekRevoked>().type;
}

StepRow step_of(const fold::OpenedEvent& event, std::string detail) {
    StepRow row;
    row.type = event.prelude().type.value();
    row.detail = std::move(detail);
    row.event = event.prelude().event_id;
    row.at = event.prelude().recorded_at;
    std::visit(
        [&row](const auto& message) {
            row.outcome = message.leaf().head().outcome();
            row.reason = message.leaf().head().reason();
            row.by_kind = message.link().head().actor().kind();
            row.by = message.link().head().actor().id();
        },
        event.event());
    return row;
}

std::vector<Contact> contacts_in(const schema::Event& event) {
    std::vector<Contact> contacts;
    std::visit(
        [&](const auto& message) {
            if constexpr (requires { message.personal().contacts(); }) {
                for (const schema::RelyingPartyContact& contact : message.personal().contacts()) {
                    contacts.push_back({Sensitive(contact.name()), Sensitive(contact.email()),
                                        Sensitive(contact.telephone())});
                }
            }
        },
        event);
    return contacts;
}

void count(const schema::RelyingPartyCounts& event, PartitionId partition, fold::RowBatch& rows) {
    const Instant until = Instant::from_micros(event.leaf().hour_us()) + std::chrono::hours(1);
    for (const auto& counted : event.leaf().clients()) {
        if (const auto client = ClientId::from_bytes(counted.client_id())) {
            rows.put(activity_key(*client, partition),
                     fold::encode_row(ActivityRow{counted.rp_seq(), until}));
        }
    }
}

}  // namespace

bool RelyingPartyView::wants(record::TypeNumber type) const {
    return type == schema::info<schema::RelyingPartyCounts>().type ||
           projections::handles<Changes>(type);
}

Result<void> RelyingPartyView::apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const {
    if (const auto* counts = std::get_if<schema::RelyingPartyCounts>(&event.event())) {
        count(*counts, event.entry().partition, rows);
        return {};
    }
    const auto client = client_of(event.event());
    if (!client) {
        return {};
    }
    const Bytes key = key_of(service_tag, *client);
    CHOPMARK_ASSIGN(const auto bytes, rows.get(key));
    ServiceRow row;
    if (bytes) {
        CHOPMARK_ASSIGN(row, fold::decode_row<ServiceRow>(*bytes));
    }
    Changes changes{row, event.prelude()};
    if (projections::dispatch(changes, event.event())) {
        row.changed_at = event.prelude().recorded_at;
        rows.put(key, fold::encode_row(row));
        if (is_step(event.prelude().type)) {
            Bytes step_key = key_of(step_tag, *client);
            projections::append_newest_first(step_key, event.prelude().sequence);
            rows.put(std::move(step_key),
                     fold::encode_row(step_of(event, std::move(changes.detail))));
        }
    }
    if (changes.has_contacts) {
        Bytes contact_key = key_of(contact_tag, *client);
        projections::append_newest_first(contact_key, event.prelude().sequence);
        rows.put(std::move(contact_key), fold::encode_row(projections::record_row(event)));
    }
    return {};
}

Result<projections::Page<Service>> read_services(const fold::Reading& rows,
                                                 std::optional<ServiceStanding> standing,
                                                 const projections::PageRequest& page) {
    const auto look = [&](ByteView key, ByteView value,
                          std::vector<Service>& items) -> Result<projections::Walk> {
        const auto client = ClientId::from_bytes(key.substr(1));
        CHOPMARK_ASSIGN(auto row, fold::decode_row<ServiceRow>(value));
        if (client && (!standing || row.standing == *standing)) {
            items.push_back({*client, std::move(row)});
        }
        return projections::Walk::on;
    };
    return projections::read_page<Service>(rows, "services", ByteView(&service_tag, 1), page, look);
}

Result<ServiceRow> find_service(const fold::Reading& rows, const ClientId& client) {
    CHOPMARK_ASSIGN(const auto bytes, rows.get(key_of(service_tag, client)));
    if (!bytes) {
        return no_such_service;
    }
    return fold::decode_row<ServiceRow>(*bytes);
}

Result<projections::Page<StepRow>> read_steps(const fold::Reading& rows, const ClientId& client,
                                              const projections::PageRequest& page) {
    CHOPMARK_TRY(find_service(rows, client));
    const auto look = [](ByteView, ByteView value,
                         std::vector<StepRow>& items) -> Result<projections::Walk> {
        CHOPMARK_ASSIGN(auto row, fold::decode_row<StepRow>(value));
        items.push_back(std::move(row));
        return projections::Walk::on;
    };
    return projections::read_page<StepRow>(rows, "service-steps", key_of(step_tag, client), page,
                                           look);
}

Result<std::vector<Contact>> read_contacts(const fold::Reading& rows, const keys::EventVault& vault,
                                           const ClientId& client) {
    CHOPMARK_TRY(find_service(rows, client));
    std::vector<Contact> contacts;
    const auto row = rows.scan(fold::KeyRange::prefix(key_of(contact_tag, client)));
    for (; row->valid() && contacts.empty(); row->next()) {
        CHOPMARK_ASSIGN(const auto stored, fold::decode_row<projections::RecordRow>(row->value()));
        CHOPMARK_ASSIGN(const auto event, vault.open_personal(stored.record));
        contacts = contacts_in(event);
    }
    CHOPMARK_TRY(row->status());
    return contacts;
}

Result<Activity> read_activity(const fold::Reading& rows, const ClientId& client) {
    Activity activity;
    const Bytes prefix = key_of(activity_tag, client);
    const auto row = rows.scan(fold::KeyRange::prefix(prefix));
    for (; row->valid(); row->next()) {
        CHOPMARK_ASSIGN(const auto counted, fold::decode_row<ActivityRow>(row->value()));
        activity.records += counted.rp_seq;
        activity.counted_until = activity.partitions.empty()
                                     ? counted.until
                                     : std::min(activity.counted_until, counted.until);
        activity.partitions.emplace_back(
            PartitionId(get_big_endian<std::uint16_t>(row->key(), prefix.size())), counted);
    }
    CHOPMARK_TRY(row->status());
    return activity;
}

}  // namespace chopmark::relying_party_view
