#include "aggregates/citizen/certificate.h"

#include "aggregates/citizen/draft.h"
#include "aggregates/citizen/state.h"
#include "aggregates/citizen/testimony.h"
#include "events/schema/event.h"

namespace chopmark::citizen {
namespace {

bool calls_for_successor(std::string_view reason) {
    return reason == reason_name(Revocation::superseded) ||
           reason == reason_name(Revocation::key_compromised);
}

Result<void> check_wanted(const State& state, const EventId& cause) {
    CHOPMARK_TRY(check_stands(state));
    const auto& wanted = state.certificate.wanted;
    if (!wanted || wanted->cause != cause) {
        return certificate_not_wanted;
    }
    return {};
}

Decision decide_one(const State& state, const IssueCertificate& command, const Context& context) {
    CHOPMARK_TRY(check_wanted(state, command.cause));
    if (command.serial.empty() || command.key_handle.is_zero() ||
        command.certificate.reveal().empty() || command.chain.empty() ||
        command.not_after <= context.stamp.recorded_at) {
        return certificate_malformed;
    }
    auto event = draft<schema::CertificateIssued>(context, schema::DONE);
    auto& link = *event.mutable_link();
    link.set_serial(command.serial);
    link.set_key_handle(command.key_handle.to_bytes());
    link.set_not_after_us(command.not_after.micros());
    event.mutable_personal()->set_certificate(command.certificate.reveal());
    for (const Bytes& issuer : command.chain) {
        event.mutable_personal()->add_chain(issuer);
    }
    return event;
}

Decision decide_one(const State& state, const RefuseCertificate& command, const Context& context) {
    CHOPMARK_TRY(check_wanted(state, command.cause));
    auto event = draft<schema::CertificateRefused>(context, schema::FAILED);
    event.mutable_link()->set_cause_event_id(command.cause.to_bytes());
    event.mutable_personal()->set_authority_answer(
        command.answer.reveal().substr(0, limits::note_bytes));
    return event;
}

Decision decide_one(const State& state, const RevokeCertificate& command, const Context& context) {
    CHOPMARK_TRY(check_stands(state));
    if (state.certificate.status != CertificateStatus::valid) {
        return state.certificate.status == CertificateStatus::revoked ? certificate_revoked
                                                                      : certificate_none;
    }
    if (command.reason == Revocation::fraud_confirmed &&
        !std::holds_alternative<StaffOrder>(command.by)) {
        return certificate_not_permitted;
    }
    CHOPMARK_TRY(check(state, command.by, context));
    auto event = draft<schema::CertificateRevoked>(context, schema::DONE);
    event.mutable_leaf()->mutable_head()->set_reason(std::string(reason_name(command.reason)));
    testify(event, command.by, context);
    auto& link = *event.mutable_link();
    link.set_serial(state.certificate.serial);
    link.set_crl_number(command.crl_number);
    return event;
}

/// The key will sign nothing any more: its handle waits for the key port to destroy it.
void retire_key(CertificateState& state) {
    if (state.key_handle.is_zero()) {
        return;
    }
    if (state.retired_keys.size() == limits::retired_keys_per_account) {
        state.retired_keys.erase(state.retired_keys.begin());
    }
    state.retired_keys.push_back(state.key_handle);
    state.key_handle = keys::KeyHandle();
}

void want(CertificateState& state, schema::Grade grade, const record::Stamp& stamp) {
    if (grade == schema::SIGN) {
        state.wanted = WantedCertificate{stamp.event_id, stamp.recorded_at};
    }
}

void end(CertificateState& state) {
    retire_key(state);
    state.wanted.reset();
    if (state.status == CertificateStatus::valid) {
        state.status = CertificateStatus::revoked;
    }
}

}  // namespace

std::string_view reason_name(Revocation reason) {
    switch (reason) {
        case Revocation::superseded:
            return "certificate.superseded";
        case Revocation::key_compromised:
            return "certificate.key_compromised";
        case Revocation::citizen_wish:
            return "certificate.citizen_wish";
        case Revocation::fraud_confirmed:
            return "certificate.fraud_confirmed";
    }
    return {};
}

Decision decide(const State& state, const CertificateCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

std::vector<EventId> sources(const State&, const CertificateCommand&) { return {}; }

void evolve(CertificateState& state, const schema::AccountRegistered& event,
            const record::Stamp& stamp) {
    want(state, event.leaf().grade(), stamp);
}

void evolve(CertificateState& state, const schema::AccountUpgraded& event,
            const record::Stamp& stamp) {
    want(state, event.leaf().grade(), stamp);
}

void evolve(CertificateState& state, const schema::AccountClosed&, const record::Stamp&) {
    end(state);
}

void evolve(CertificateState& state, const schema::SubjectErased&, const record::Stamp&) {
    end(state);
}

void evolve(CertificateState& state, const schema::CertificateIssued& event,
            const record::Stamp& stamp) {
    retire_key(state);
    state.status = CertificateStatus::valid;
    state.wanted.reset();
    state.serial = event.link().serial();
    state.key_handle =
        keys::KeyHandle::from_bytes(event.link().key_handle()).value_or(keys::KeyHandle());
    state.source = stamp.event_id;
    state.not_after = Instant::from_micros(event.link().not_after_us());
}

void evolve(CertificateState& state, const schema::CertificateRefused&, const record::Stamp&) {
    state.wanted.reset();
    if (state.status == CertificateStatus::none) {
        state.status = CertificateStatus::refused;
    }
}

void evolve(CertificateState& state, const schema::CertificateRevoked& event,
            const record::Stamp& stamp) {
    if (event.link().serial() != state.serial) {
        return;
    }
    retire_key(state);
    state.status = CertificateStatus::revoked;
    if (calls_for_successor(event.leaf().head().reason())) {
        state.wanted = WantedCertificate{stamp.event_id, stamp.recorded_at};
    }
}

std::vector<FollowUp> outstanding(const CertificateState& state) {
    if (!state.wanted) {
        return {};
    }
    return {{state.wanted->cause, certificate_follow_up, state.wanted->since}};
}

Result<void> check_certificate(const State& state, Instant now) {
    const CertificateState& certificate = state.certificate;
    if (certificate.status == CertificateStatus::valid) {
        return certificate.not_after <= now ? Result<void>(certificate_expired) : Result<void>();
    }
    if (certificate.wanted) {
        return certificate_outstanding;
    }
    switch (certificate.status) {
        case CertificateStatus::refused:
            return certificate_refused;
        case CertificateStatus::revoked:
            return certificate_revoked;
        case CertificateStatus::none:
        case CertificateStatus::valid:
            break;
    }
    return certificate_none;
}

}  // namespace chopmark::citizen
