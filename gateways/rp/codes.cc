#include "gateways/rp/codes.h"

#include <fmt/format.h>

#include <algorithm>

#include "aggregates/citizen/account.h"
#include "aggregates/citizen/consent.h"
#include "aggregates/citizen/login.h"
#include "aggregates/citizen/request.h"
#include "aggregates/citizen/signature.h"
#include "aggregates/citizen/step_up.h"
#include "aggregates/citizen/token.h"
#include "aggregates/control/relying_party.h"
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

int number_of(const Error& error, Operation operation) {
    const Row* row = find_row(error.reason.name);
    const int number = row != nullptr ? row->number : number_of_kind(error.kind());
    switch (operation) {
        case Operation::code:  // a code whose account or record is not good is not good itself
            return number == 20009 ? 40004 : number;
        case Operation::acknowledgement:
            return error == citizen::request_unknown ? 70006 : number;
        case Operation::keys:
        case Operation::page:
        case Operation::token:
            break;
    }
    return number;
}

/// In our words, but for the two that a client compares (facts 2.2.2).
std::string_view text_of_code(int number) {
    switch (number) {
        case 0:
            return "SUCCESS";
        case 20001:
            return "parameter is missing";
        case 20002:
            return "parameter is empty";
        case 20003:
            return "parameter is invalid";
        case 20004:
            return "repeated request";
        case 20005:
            return "signature method is unknown";
        case 20006:
            return "signature verification failed";
        case 20007:
            return "source is unknown";
        case 20008:
            return "URL is not valid or not registered";
        case 20009:
            return "access token is absent or expired";
        case 20010:
            return "openID is unknown";
        case 20011:
            return "businessID was used before";
        case 20012:
            return "not permitted";
        case 30001:
            return "key encryption key not exist or expired";
        case 30002:
            return "content encryption key not exist or expired";
        case 30003:
            return "encryption failed";
        case 30004:
            return "decryption failed";
        case 40000:
            return "login cancelled";
        case 40001:
            return "login refused by the user";
        case 40002:
            return "login failed";
        case 40003:
            return "login timed out";
        case 40004:
            return "auth code is absent or expired";
        case 50001:
            return "profile refused by the user";
        case 50002:
            return "profile failed";
        case 50003:
            return "profile timed out";
        case 60000:
            return "form filling cancelled";
        case 60001:
            return "form filling refused by the user";
        case 60002:
            return "form filling failed";
        case 60003:
            return "form filling timed out";
        case 70000:
            return "signing cancelled";
        case 70001:
            return "signing refused by the user";
        case 70002:
            return "signing failed";
        case 70003:
            return "signing timed out";
        case 70004:
            return "user may not sign";
        case 70005:
            return "HKIC does not match";
        case 70006:
            return "acknowledgement not processed";
        case 80001:
            return "re-authentication refused by the user";
        case 80002:
            return "re-authentication failed";
        case 80003:
            return "re-authentication timed out";
        default:
            return "unknown failure";
    }
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

bool has_return_code(std::string_view reason_name) { return find_row(reason_name) != nullptr; }

}  // namespace chopmark::rp
