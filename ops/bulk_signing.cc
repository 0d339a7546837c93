#include "ops/bulk_signing.h"

#include "aggregates/citizen/bulk.h"
#include "aggregates/citizen/state.h"
#include "events/crypto/digest.h"
#include "events/schema/event.h"
#include "gateways/app/signing.h"
#include "ops/owed_answers.h"

namespace chopmark::ops {
namespace {

/// The signatures over the documents of one part.
Result<citizen::SignBulkPart> sign(const BulkSigningParts& parts, const citizen::State& state,
                                   const citizen::Request& request, citizen::SignBulkPart command) {
    CHOPMARK_ASSIGN(const auto asked_event, parts.events.open(request.asked));
    CHOPMARK_ASSIGN(const auto listed_event,
                    parts.events.open(request.bulk.parts[command.part - 1].listed));
    const auto* asked = std::get_if<schema::SignatureAsked>(asked_event.get());
    const auto* listed = std::get_if<schema::BulkListed>(listed_event.get());
    if (asked == nullptr || listed == nullptr) {
        return citizen::request_unknown;
    }
    CHOPMARK_ASSIGN(const auto list, parts.authority.revocation_list());
    command.signed_at = parts.clock.now();
    CHOPMARK_ASSIGN(const auto with, app::open_certificate(parts.events, state, command.signed_at));
    std::vector<Bytes> signatures;
    schema::SignatureSubject subject;
    subject.set_algorithm(asked->leaf().algorithm());
    for (const schema::BulkDocument& document : listed->personal().documents()) {
        subject.set_document_digest(document.digest());
        CHOPMARK_ASSIGN(Bytes signature,
                        app::make_signature(parts.keys, with, schema::SIGNATURE_KIND_BULK, subject,
                                            command.signed_at));
        signatures.push_back(std::move(signature));
    }
    command.part_root = citizen::bulk_root(*listed);
    command.signatures = Sensitive(std::move(signatures));
    command.certificate_serial = state.certificate.serial;
    command.certificate_digest = crypto::sha256(with.certificate);
    command.chain_digest = with.chain_digest();
    command.crl_number = list.number;
    return command;
}

/// The next part; without signatures where none can be made any more, which is recorded as such.
Result<citizen::SignBulkPart> next_part(const BulkSigningParts& parts, const citizen::State& state,
                                        const RequestId& id, const citizen::Request& request) {
    citizen::SignBulkPart command;
    command.request = id;
    command.part = static_cast<std::uint32_t>(request.bulk.next_unsigned() + 1);
    return citizen::check_signable(state, request, parts.clock.now())
               ? sign(parts, state, request, std::move(command))
               : Result<citizen::SignBulkPart>(std::move(command));
}

void sign_next(const BulkSigningParts& parts, WorkPool& work, const OwedAnswer& owed,
               const citizen::State& state, FollowUps::Done done) {
    const auto id = citizen::request_answered_by(state.requests, owed.follow_up.cause);
    const citizen::Request* request = id ? &state.requests.requests.at(*id) : nullptr;
    if (request == nullptr || !request->being_signed()) {
        done({});
        return;
    }
    auto command = next_part(parts, state, *id, *request);
    if (!command) {
        done(command.error());
        return;
    }
    // One id a part: made twice, after a crash, it is recorded once.
    const EventId& listed = request->bulk.parts[command->part - 1].listed;
    const FollowUp part{listed, citizen::bulk_signing, owed.follow_up.since};
    parts.commands.submit(
        owed.account, citizen::Command(citizen::BulkCommand(*std::move(command))),
        head_of(part, parts.clock.now()),
        [parts, &work, owed, done = std::move(done)](const Result<runtime::Receipt>& receipt) {
            if (!receipt) {
                done(receipt.error());
                return;
            }
            with_state(parts.commands, work, owed.account, done,
                       [parts, &work, owed](const citizen::State& now, FollowUps::Done ended) {
                           sign_next(parts, work, owed, now, std::move(ended));
                       });
        });
}

}  // namespace

void handle_bulk_signing(FollowUps& follow_ups, WorkPool& work, const BulkSigningParts& parts) {
    follow_ups.handle(std::string(citizen::bulk_signing), [parts, &work](const OwedAnswer& owed,
                                                                         FollowUps::Done done) {
        with_state(parts.commands, work, owed.account, std::move(done),
                   [parts, &work, owed](const citizen::State& state, FollowUps::Done ended) {
                       sign_next(parts, work, owed, state, std::move(ended));
                   });
    });
}

}  // namespace chopmark::ops
