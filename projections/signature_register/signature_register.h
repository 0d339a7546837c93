// Every signature that a citizen was asked for, and what became of it: made with which certificate,
// refused, expired, acknowledged by the online service. One row a request, changed as it goes on;
// a bulk request is one as well, `approved` until its last part is signed.
// All events of it are of class evidence, which do not expire by themselves. Digests, names of
// documents and the signature are in the sign-in log, whose rows it names by their sequence.
//
//   signature row = slot:u16 account:16 newest_first:u64 → SignatureRow  ; sequence it was asked at
//   person row                                                        (citizen_rows.h)
//
// SubjectErased removes all of the person's rows; nothing stays. (The evidence itself is another
// matter: what an erasure must leave, the receipt lists.)
#pragma once

#include "events/fold/row_codec.h"
#include "events/fold/view.h"
#include "events/schema/signature.pb.h"
#include "projections/page.h"

namespace chopmark::signature_register {

enum class SignatureStanding : std::uint8_t {
    asked = 1,
    made = 2,
    refused = 3,
    expired = 4,
    ended = 5,      // with the account
    approved = 6,   // bulk: being signed
    cancelled = 7,  // bulk: by the service
    failed = 8,     // bulk: approved, but not all could be signed
};

struct SignatureRow {
    RequestId request;
    ClientId client;
    schema::SignatureKind kind = schema::SIGNATURE_KIND_UNSPECIFIED;
    std::uint32_t documents = 0;  // more than one for bulk only
    std::string algorithm;
    SignatureStanding standing = SignatureStanding::asked;
    std::string reason;  // why refused: stable dotted name
    EventId asked_by;
    Instant asked_at;
    Instant due;
    EventId decided_by;
    Sequence decided;  // of the deciding record
    Instant decided_at;
    DeviceId device;
    Bytes certificate_serial;
    schema::SigningResult result = schema::SIGNING_RESULT_UNSPECIFIED;  // what the service says
    Instant acknowledged_at;

    static void fields(auto& archive, SignatureRow& row) {
        archive(row.request, row.client, row.kind, row.documents, row.algorithm, row.standing,
                row.reason, row.asked_by, row.asked_at, row.due, row.decided_by, row.decided,
                row.decided_at, row.device, row.certificate_serial, row.result,
                row.acknowledged_at);
    }
    friend bool operator==(const SignatureRow&, const SignatureRow&) = default;
};

class SignatureRegister final : public fold::View {
  public:
    static constexpr std::string_view view_name = "signature_register";

    [[nodiscard]] std::string_view name() const override { return view_name; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] fold::Scope scope() const override { return fold::Scope::slots; }
    [[nodiscard]] bool wants(record::TypeNumber type) const override;
    Result<void> apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const override;
};

struct Question {
    AccountId account;
    std::optional<ClientId> client;
    std::optional<SignatureStanding> standing;
};

struct Signature {
    Sequence asked;  // of the asking record: sign_in_log::read_record()
    SignatureRow row;
};

/// Asked last first.
Result<projections::Page<Signature>> read_signatures(const fold::Reading& rows,
                                                     const Question& question,
                                                     const projections::PageRequest& page);

}  // namespace chopmark::signature_register
