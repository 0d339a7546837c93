#include "gateways/rp/transaction_words.h"

#include <algorithm>
#include <array>

#include "events/core/ensure.h"
#include "gateways/rp/request_result.h"

namespace chopmark::rp {
namespace {

using service_transactions::Standing;
using service_transactions::Subject;

template <class Enum, class Theirs>
struct Word {
    Enum value;
    Theirs theirs;  // the slot's
    std::string_view wire;
    std::string_view staff;
};

constexpr std::array<Word<Subject, citizen::RequestSubject>, 4> subjects{{
    {Subject::consent, citizen::RequestSubject::consent, "formFilling", "form_filling"},
    {Subject::signature, citizen::RequestSubject::signature, "signing", "signing"},
    {Subject::step_up, citizen::RequestSubject::step_up, "stepUp", "step_up"},
    {Subject::bulk, citizen::RequestSubject::bulk, "bulkSigning", "bulk_signing"},
}};

constexpr std::array<Word<Standing, citizen::Answer>, 8> standings{{
    {Standing::open, citizen::Answer::none, "open", "open"},
    {Standing::granted, citizen::Answer::granted, "granted", "granted"},
    {Standing::refused, citizen::Answer::refused, "refused", "refused"},
    {Standing::expired, citizen::Answer::expired, "timedOut", "timed_out"},
    {Standing::withdrawn, citizen::Answer::withdrawn, "withdrawn", "withdrawn"},
    {Standing::ended, citizen::Answer::ended, "ended", "ended"},
    {Standing::cancelled, citizen::Answer::cancelled, "cancelled", "cancelled"},
    {Standing::failed, citizen::Answer::failed, "failed", "failed"},
}};

const auto& row_where(const auto& words, const auto& matches) {
    const auto at = std::find_if(words.begin(), words.end(), matches);
    ensure(at != words.end(), "every value has its word");
    return *at;
}

std::string_view spelled(const auto& word, Spelling spelling) {
    return spelling == Spelling::wire ? word.wire : word.staff;
}

template <class Enum>
std::optional<Enum> named(const auto& words, std::string_view name, Spelling spelling) {
    for (const auto& word : words) {
        if (spelled(word, spelling) == name) {
            return word.value;
        }
    }
    return std::nullopt;
}

}  // namespace

std::string_view name_of(Subject subject, Spelling spelling) {
    return spelled(row_where(subjects, [&](const auto& row) { return row.value == subject; }),
                   spelling);
}

std::string_view name_of(Standing standing, Spelling spelling) {
    return spelled(row_where(standings, [&](const auto& row) { return row.value == standing; }),
                   spelling);
}

std::optional<Subject> subject_named(std::string_view name, Spelling spelling) {
    return named<Subject>(subjects, name, spelling);
}

std::optional<Standing> standing_named(std::string_view name, Spelling spelling) {
    return named<Standing>(standings, name, spelling);
}

Subject subject_of(citizen::RequestSubject subject) {
    return row_where(subjects, [&](const auto& row) { return row.theirs == subject; }).value;
}

Standing standing_of(citizen::Answer answer) {
    return row_where(standings, [&](const auto& row) { return row.theirs == answer; }).value;
}

std::optional<int> end_code(const service_transactions::Transaction& transaction) {
    if (transaction.standing == Standing::open) {
        return std::nullopt;
    }
    citizen::Request request;
    request.answer = row_where(standings, [&](const auto& row) {
                         return row.value == transaction.standing;
                     }).theirs;
    return code_of(request, first_code_of(transaction.asked));
}

}  // namespace chopmark::rp
