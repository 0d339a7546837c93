#include "gateways/rp/codes.h"

#include <fmt/format.h>

#include <algorithm>

#include "aggregates/citizen/account.h"
#include "aggregates/citizen/bulk.h"
#include "aggregates/citizen/consent.h"
#include "aggregates/citizen/login.h"
#include "aggregates/citizen/request.h"
#include "aggregates/citizen/signature.h"
#include "aggregates/citizen/step_up.h"
#include "aggregates/citizen/token.h"
#include "aggregates/control/relying_party_life.h"
#include "aggregates/runtime/event_finder.h"
#include "aggregates/runtime/idempotency.h"
#include "aggregates/runtime/receipt.h"
#include "events/keys/sealing.h"
#include "gateways/http/problem.h"
#include "gateways/service/json_body.h"
#include "gateways/service/login_desk.h"

namespace chopmark::rp {
namespace {

struct Row {
    Reason reason;
    int number;
};

// What a relying party can never meet stands here as 20000, so that the table is complete.
constexpr Row rows[] = {
    // this gateway
    {parameter_missing, 20001},
    {parameter_empty, 20002},
    {parameter_invalid, 20003},
    {request_repeated, 20004},
    {signature_method_unknown, 20005},
    {signature_wrong, 20006},
    {source_unknown, 20007},
    {url_not_registered, 20008},
    {open_id_unknown, 20010},
    {content_key_over, 30002},
    {content_encryption_failed, 30003},
    {content_undecryptable, 30004},
    {code_not_good, 40004},
    {no_companies_register, 20012},
    {bulk_agreement_unknown, 71008},
    {bulk_agreement_differs, 71009},
    {too_many_requests, 20000},
    {service::json_malformed, 20003},
    {service::json_member, 20003},
    {service::desk_full, 20000},
    {service::client_quota, 20000},
    // relying party
    {control::rp_unknown, 20012},
    {control::rp_exists, 20000},
    {control::rp_bad_setup, 20000},
    {control::rp_bad_key, 30001},
    {control::rp_bad_scope, 20012},
    {control::rp_not_applied, 20012},
    {control::rp_not_active, 20012},
    {control::rp_second_person, 20000},
    {control::rp_no_key, 30001},
    {control::rp_key_not_due, 20000},
    {control::rp_no_content_key, 30002},
    {control::rp_step_missing, 20000},
    {control::rp_scope_not_applied, 20012},
    {control::rp_group_of_another, 20000},
    {control::rp_certificate_missing, 30001},
    {control::rp_certificate_dates, 30001},
    {control::rp_declaration_overdue, 20012},
    {control::rp_not_on_trial, 20000},
    {control::rp_bad_report, 20000},
    {control::rp_bad_assessment, 20000},
    {control::rp_assessor_not_independent, 20000},
    {control::rp_nothing_due, 20000},
    // login and code
    {citizen::login_already_decided, 40002},
    {citizen::login_request_expired, 40003},
    {citizen::login_not_due, 20000},
    {citizen::login_claimed_by_other, 40002},
    {citizen::login_scope_missing, 20012},
    {citizen::login_step_up_required, 40002},
    {citizen::login_too_many, 20000},
    {citizen::login_unknown, 20009},
    {citizen::login_already_disputed, 20000},
    {citizen::login_too_many_disputes, 20000},
    {citizen::login_declined, 40001},
    {citizen::login_not_mine, 40001},
    {citizen::login_number_wrong, 40001},
    {citizen::code_unknown, 40004},
    {citizen::code_expired, 40004},
    {citizen::code_spent, 40004},
    // token
    {citizen::token_unknown, 20009},
    {citizen::token_expired, 20009},
    {citizen::token_revoked, 20009},
    {citizen::scope_not_approved, 20012},
    {citizen::scope_not_granted, 20012},
    {runtime::event_unknown, 20009},
    {keys::erased, 20009},
    {keys::expired, 20009},
    // account
    {citizen::account_unknown, 20009},
    {citizen::account_suspended, 20009},
    {citizen::account_closed, 20009},
    {citizen::account_erased, 20009},
    {citizen::account_id_taken, 20000},
    {citizen::account_too_young, 20000},
    {citizen::account_card_registered, 20000},
    {citizen::account_attempts_exhausted, 20000},
    {citizen::account_email_malformed, 20000},
    {citizen::account_password_missing, 20000},
    {citizen::account_already_signing, 20000},
    {citizen::account_not_suspended, 20000},
    {citizen::account_already_suspended, 20000},
    {citizen::account_not_permitted, 20000},
    {citizen::account_erasure_not_ordered, 20000},
    // requests
    {citizen::request_id_used, 20004},
    {citizen::business_id_used, 20011},
    {citizen::request_too_many, 20000},
    {citizen::request_unknown, 20003},
    {citizen::request_already_answered, 20000},
    {citizen::request_not_due, 20000},
    {citizen::request_not_answered, 20000},
    {citizen::callback_already_settled, 20000},
    {citizen::request_expired, 60003},
    {citizen::consent_fields_missing, 20002},
    {citizen::consent_field_unknown, 20003},
    {citizen::consent_field_not_asked, 20003},
    {citizen::consent_text_mismatch, 60002},
    {citizen::consent_unknown, 20003},
    {citizen::consent_declined, 60001},
    {citizen::signature_kind_unknown, 20003},
    {citizen::signature_algorithm_unknown, 20003},
    {citizen::signature_digest_malformed, 20003},
    {citizen::signature_step_up_malformed, 20003},
    {citizen::signature_grade_too_low, 70004},
    {citizen::signature_hkic_mismatch, 70005},
    {citizen::signature_text_mismatch, 70002},
    {citizen::signature_result_unknown, 70006},
    {citizen::signature_not_made, 70006},
    {citizen::signature_already_acknowledged, 70006},
    {citizen::signature_declined, 70001},
    {citizen::bulk_size_malformed, 20003},
    {citizen::bulk_part_malformed, 20003},
    {citizen::bulk_part_out_of_order, 20000},
    {citizen::bulk_part_signed, 20000},
    {citizen::bulk_incomplete, 71002},
    {citizen::bulk_cancelled, 71000},
    {citizen::bulk_certificate_changed, 71002},
    {citizen::bulk_overdue, 71002},
    {citizen::bulk_not_pending, 71007},
    {citizen::step_up_methods_missing, 20002},
    {citizen::step_up_method_unknown, 20003},
    {citizen::step_up_text_mismatch, 80002},
    {citizen::step_up_declined, 80001},
    {citizen::step_up_failed, 80002},
    // runtime: a command's time is the request's timestamp, its id the nonce
    {runtime::command_too_old, 20003},
    {runtime::command_from_future, 20003},
    {runtime::command_id_reused, 20004},
    {runtime::executor_busy, 20000},
    {runtime::not_serving, 20000},
    {runtime::basis_stale, 20000},
    {runtime::term_lost, 20000},
    {evidence_stale, 20000},
};

const Row* find_row(std::string_view name) {
    const auto* row = std::find_if(std::begin(rows), std::end(rows), [&](const Row& candidate) {
        return candidate.reason.name == name;
    });
    return row == std::end(rows) ? nullptr : row;
}

int number_of_kind(Kind kind) {
    switch (kind) {
        case Kind::invalid:
            return 20003;
        case Kind::unauthenticated:
            return 20006;
        case Kind::forbidden:
            return 20012;
        case Kind::not_found:
        case Kind::conflict:
        case Kind::refused:
        case Kind::expired:
        case Kind::busy:
        case Kind::unavailable:
        case Kind::unknown:
        case Kind::damaged:
        case Kind::internal:
            break;
    }
    return 20000;
}

constexpr int bulk_above_signing = 1000;

/// 70000–70006 are of signing one document.
int of_bulk(int number) {
    return number >= 70000 && number <= 70006 ? number + bulk_above_signing : number;
}

int number_of(const Error& error, Operation operation) {
    const Row* row = find_row(error.reason.name);
    const int number = row != nullptr ? row->number : number_of_kind(error.kind());
    switch (operation) {
        case Operation::code:  // a code whose account or record is not good is not good itself
            return number == 20009 ? 40004 : number;
        case Operation::acknowledgement:
            return error == citizen::request_unknown ? 70006 : number;
        case Operation::bulk_acknowledgement:
            return error == citizen::request_unknown ? 71006 : of_bulk(number);
        case Operation::bulk_state:
            return error == citizen::request_unknown ? 71007 : of_bulk(number);
        case Operation::bulk:
            return of_bulk(number);
        case Operation::keys:
        case Operation::page:
        case Operation::token:
            break;
    }
    return number;
}

/// The message is in our words, but for the two that a client compares (facts 2.2.2).
constexpr CodeText texts[] = {
    {0, "SUCCESS", "it was done", "nothing to do"},
    {20000, "unknown failure", "our side could not do it now, or for a reason of its own",
     "status 429 or 503: wait as Retry-After says and call again with a new nonce; else tell us "
     "the txID"},
    {20001, "parameter is missing", "the parameter in braces is not there", "send it"},
    {20002, "parameter is empty",
     "the parameter in braces, or a list that must name something, is empty", "fill it"},
    {20003, "parameter is invalid",
     "the parameter in braces has no value that is allowed, or the timestamp is more than five "
     "minutes away from our clock",
     "compare with the call's table; set the clock by NTP"},
    {20004, "repeated request", "the nonce was used before",
     "draw a new nonce for every call, for a second try as well"},
    {20005, "signature method is unknown", "signatureMethod is not HmacSHA256", "send HmacSHA256"},
    {20006, "signature verification failed",
     "the client id is unknown, the secret is another, or what was signed is not what was sent",
     "sign the very bytes of the body; after a rotation use the new secret"},
    {20007, "source is unknown", "source is not one of the list",
     "send one of the list, PC_Browser in doubt"},
    {20008, "URL is not valid or not registered",
     "redirectURI is not, letter for letter, one that is registered",
     "register it, or send the registered one"},
    {20009, "access token is absent or expired",
     "the token is over, was revoked, or its account is no longer good",
     "let the citizen log in again"},
    {20010, "openID is unknown", "the openID is not that of the token's citizen at your service",
     "send the openID that came with the token"},
    {20011, "businessID was used before", "another request had this businessID",
     "draw a new one; a service that cannot may be set to business_id_per_citizen"},
    {20012, "not permitted",
     "the scope was not approved for the service or not granted by the login, the service is "
     "suspended, or the function needs a register of companies",
     "apply for the scope and ask for it at login"},
    {30001, "key encryption key not exist or expired", "no encipherment certificate is there",
     "have one uploaded"},
    {30002, "content encryption key not exist or expired",
     "the content was encrypted under a key that is over, was revoked or replaced",
     "call getKey, encrypt anew, call again"},
    {30003, "encryption failed", "our side could not encrypt the answer", "tell us the txID"},
    {30004, "decryption failed", "the content does not open under the present key",
     "check IV length, tag and Base64; call getKey if in doubt"},
    {40000, "login cancelled", "the citizen left the login", "offer to begin again"},
    {40001, "login refused by the user", "the citizen said no", "offer another way"},
    {40002, "login failed", "the login could not be completed", "offer to begin again"},
    {40003, "login timed out", "nobody approved in time", "offer to begin again"},
    {40004, "auth code is absent or expired",
     "the code is over, was used before, or was never given to this service",
     "redeem a code once, within its life; let the citizen log in again"},
    {50001, "profile refused by the user", "the citizen said no", "offer to fill in by hand"},
    {50002, "profile failed", "the profile could not be given", "offer to begin again"},
    {50003, "profile timed out", "nobody answered in time", "offer to begin again"},
    {60000, "form filling cancelled", "the citizen took it back", "offer to fill in by hand"},
    {60001, "form filling refused by the user", "the citizen said no", "offer to fill in by hand"},
    {60002, "form filling failed", "the values could not be given", "offer to begin again"},
    {60003, "form filling timed out", "nobody answered in time", "offer to begin again"},
    {70000, "signing cancelled", "the citizen took it back", "offer to begin again"},
    {70001, "signing refused by the user", "the citizen said no", "offer to sign on paper"},
    {70002, "signing failed", "no signature could be made", "offer to begin again"},
    {70003, "signing timed out", "nobody answered in time", "offer to begin again"},
    {70004, "user may not sign", "the account is not of userType sign",
     "send the citizen to upgrade"},
    {70005, "HKIC does not match", "HKICHash is another person's", "ask for the card number again"},
    {70006, "acknowledgement not processed",
     "there is no signature under this businessID, it was acknowledged before, or the result is "
     "none",
     "send SR001, SR002 or SR003 once, under the businessID of the request"},
    {71000, "bulk signing cancelled", "you cancelled it", "nothing to do"},
    {71001, "bulk signing refused by the user", "the citizen said no", "offer to sign on paper"},
    {71002, "bulk signing failed",
     "the signatures, or some of them, could not be made: the certificate changed meanwhile, or "
     "the "
     "account was closed",
     "offer to begin again"},
    {71003, "bulk signing timed out", "nobody answered in time", "offer to begin again"},
    {71004, "user may not sign", "the account is not of userType sign",
     "send the citizen to upgrade"},
    {71005, "HKIC does not match", "HKICHash is another person's", "ask for the card number again"},
    {71006, "acknowledgement not processed",
     "there are no signatures under this businessID, they were acknowledged before, or the result "
     "is none",
     "send SR001, SR002 or SR003 once, under the businessID of the request"},
    {71007, "bulk request is no longer pending",
     "the citizen has answered it, it was cancelled or timed out, or there is none",
     "ask enquireStatus what became of it"},
    {71008, "BSQC token is unknown",
     "the token was never given for this citizen and service, or more than two days ago",
     "call getBSQCToken again, or leave bsqcToken out"},
    {71009, "department or service name differs",
     "the BSQC token was given for another department or service name",
     "send the same names, or leave bsqcToken out"},
    {80001, "re-authentication refused by the user", "the citizen said no", "offer another way"},
    {80002, "re-authentication failed", "face or chip did not match", "offer to begin again"},
    {80003, "re-authentication timed out", "nobody answered in time", "offer to begin again"},
};

std::string_view text_of_code(int number) {
    const auto* text = std::ranges::find(texts, number, &CodeText::number);
    return (text == std::end(texts) ? texts[1] : *text).message;
}

bool names_parameter(int number) { return number >= 20001 && number <= 20003; }

}  // namespace

Family family_of(const control::RelyingParty* party) {
    return party != nullptr && party->corp_id ? Family::corp_id : Family::iam_smart;
}

ReturnCode success_code() { return return_code(0); }

ReturnCode return_code(int number) { return {number, std::string(text_of_code(number))}; }

ReturnCode return_code(const Error& error, Operation operation) {
    ReturnCode code = return_code(number_of(error, operation));
    if (names_parameter(code.number) && !error.detail.empty() && error.kind() == Kind::invalid) {
        code.message += " {" + error.detail + "}";
    }
    return code;
}

std::string code_text(Family family, int number) {
    return fmt::format("{}{:05}", family == Family::corp_id ? 'M' : 'D', number);
}

int http_status_of(const Error& error) {
    if (error == too_many_requests) {
        return 429;
    }
    switch (error.kind()) {
        case Kind::busy:
        case Kind::unavailable:
        case Kind::unknown:
        case Kind::damaged:
        case Kind::internal:
            return http::status_of(error.kind());
        case Kind::invalid:
        case Kind::unauthenticated:
        case Kind::forbidden:
        case Kind::not_found:
        case Kind::conflict:
        case Kind::refused:
        case Kind::expired:
            break;
    }
    return 200;
}

std::span<const CodeText> code_texts() { return texts; }

std::vector<std::string_view> reasons_of(int number) {
    std::vector<std::string_view> out;
    for (const Row& row : rows) {
        if (row.number == number) {
            out.push_back(row.reason.name);
        }
    }
    return out;
}

bool has_return_code(std::string_view reason_name) { return find_row(reason_name) != nullptr; }

}  // namespace chopmark::rp
