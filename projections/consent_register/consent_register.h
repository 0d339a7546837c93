// Every consent that a citizen decided on: whom she lets have which fields, by form filling or by a
// login with profile scopes, refused and unanswered ones too. One row a decision; withdrawing
// changes it. Made from events of class evidence only, which do not expire by themselves; what was
// asked (class sign_in) and the device's signature are in the sign-in log, whose rows it names by
// their sequence. What an online service asked of all citizens together is counted, without naming
// any, in the relying party view.
//
//   consent row = slot:u16 account:16 newest_first:u64 → ConsentRow    ; of the decision's sequence
//   person row                                                        (citizen_rows.h)
//
// SubjectErased removes all of the person's rows; nothing stays.
#pragma once

#include <vector>

#include "events/fold/row_codec.h"
#include "events/fold/view.h"
#include "projections/page.h"

namespace chopmark::consent_register {

enum class ConsentStanding : std::uint8_t { granted = 1, refused = 2, expired = 3, withdrawn = 4 };
enum class Given : std::uint8_t { to_request = 1, with_login = 2 };

struct FieldPin {
    std::string field;
    EventId source;  // the event that set the value

    static void fields(auto& archive, FieldPin& row) { archive(row.field, row.source); }
    friend bool operator==(const FieldPin&, const FieldPin&) = default;
};

struct ConsentRow {
    RequestId request;  // or the login's id
    ClientId client;
    ConsentStanding standing = ConsentStanding::granted;
    Given given = Given::to_request;
    std::vector<std::string> field_names;  // decided on; of a login its scopes
    std::uint64_t profile_version = 0;
    std::vector<FieldPin> pins;
    DeviceId device;
    EventId decided_by;
    Instant decided_at;
    EventId withdrawn_by;
    Instant withdrawn_at;

    static void fields(auto& archive, ConsentRow& row) {
        archive(row.request, row.client, row.standing, row.given, row.field_names,
                row.profile_version, row.pins, row.device, row.decided_by, row.decided_at,
                row.withdrawn_by, row.withdrawn_at);
    }
    friend bool operator==(const ConsentRow&, const ConsentRow&) = default;
};

class ConsentRegister final : public fold::View {
  public:
    static constexpr std::string_view view_name = "consent_register";

    [[nodiscard]] std::string_view name() const override { return view_name; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] fold::Scope scope() const override { return fold::Scope::slots; }
    [[nodiscard]] bool wants(record::TypeNumber type) const override;
    Result<void> apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const override;
};

struct Question {
    AccountId account;
    std::optional<ClientId> client;
    std::optional<ConsentStanding> standing;
};

struct Consent {
    Sequence decided;  // of the deciding record: sign_in_log::read_record()
    ConsentRow row;
};

/// Newest decision first.
Result<projections::Page<Consent>> read_consents(const fold::Reading& rows,
                                                 const Question& question,
                                                 const projections::PageRequest& page);

}  // namespace chopmark::consent_register
