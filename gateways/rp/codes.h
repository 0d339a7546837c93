// The return codes of the wire protocol (facts/iamsmart-api.md 7) and which of our refusals becomes
// which: one table of reasons, and for what is not in it one exhaustive switch over Kind. Reasons
// that this gateway gives itself are declared here. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/error.h"

namespace chopmark::control {
struct RelyingParty;
}

namespace chopmark::rp {

// The detail of the first three is the parameter's name.
inline constexpr Reason parameter_missing{"rp.parameter_missing", Kind::invalid};
inline constexpr Reason parameter_empty{"rp.parameter_empty", Kind::invalid};
inline constexpr Reason parameter_invalid{"rp.parameter_invalid", Kind::invalid};
inline constexpr Reason request_repeated{"rp.request_repeated", Kind::conflict};
inline constexpr Reason signature_method_unknown{"rp.signature_method_unknown", Kind::invalid};
/// Also of a client that nobody knows.
inline constexpr Reason signature_wrong{"rp.signature_wrong", Kind::unauthenticated};
inline constexpr Reason source_unknown{"rp.source_unknown", Kind::invalid};
inline constexpr Reason url_not_registered{"rp.url_not_registered", Kind::forbidden};
inline constexpr Reason open_id_unknown{"rp.open_id_unknown", Kind::unauthenticated};
inline constexpr Reason content_key_over{"rp.content_key_over", Kind::expired};
inline constexpr Reason content_encryption_failed{"rp.content_encryption_failed", Kind::internal};
inline constexpr Reason content_undecryptable{"rp.content_undecryptable", Kind::invalid};
inline constexpr Reason code_not_good{"rp.code_not_good", Kind::expired};
/// What CorpID answers from its register of companies, which there is none of here.
inline constexpr Reason no_companies_register{"rp.no_companies_register", Kind::forbidden};
/// A BSQC token that nobody was given, or for another citizen, or too long ago.
inline constexpr Reason bulk_agreement_unknown{"rp.bulk_agreement_unknown", Kind::refused};
/// What it was given for has another department or service name.
inline constexpr Reason bulk_agreement_differs{"rp.bulk_agreement_differs", Kind::refused};
inline constexpr Reason too_many_requests{"rp.too_many_requests", Kind::busy};

/// Where an error arose: the account behind a code is spoken of otherwise than that behind a token.
/// Bulk signing has the numbers of signing a thousand higher.
enum class Operation : std::uint8_t {
    keys,
    page,
    code,
    token,
    acknowledgement,
    bulk,
    bulk_acknowledgement,
    bulk_state,
};

/// Whose client calls: the same numbers with another letter before them (facts/iamsmart-api.md 7).
enum class Family : std::uint8_t { iam_smart, corp_id };
/// Of nobody: iAM Smart's.
Family family_of(const control::RelyingParty* party);

struct ReturnCode {
    int number = 0;
    std::string message;
};

ReturnCode success_code();
ReturnCode return_code(const Error& error, Operation operation);
/// The number for a fixed outcome, with the text that clients know it by.
ReturnCode return_code(int number);

/// "D40004", "M40004".
std::string code_text(Family family, int number);

/// 200 for everything that is an answer; the status of its Kind when the same request may do
/// better later, or when we are at fault.
int http_status_of(const Error& error);

/// What a code means to a relying party's developer, and what to do about it.
struct CodeText {
    int number;
    std::string_view message;
    std::string_view cause;
    std::string_view cure;
};
/// All of them, ascending; the guide is made from it.
std::span<const CodeText> code_texts();
/// Our refusals that become this number, wherever they arise.
std::vector<std::string_view> reasons_of(int number);

/// Whether the table has a row of its own for this reason.
bool has_return_code(std::string_view reason_name);

}  // namespace chopmark::rp
