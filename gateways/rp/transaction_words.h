// How requests and their ends are named where transactions are listed: as the wire protocol spells
// it for relying parties, as our JSON does for staff; and which return code tells the end. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "aggregates/citizen/request.h"
#include "projections/service_transactions/service_transactions.h"

namespace chopmark::rp {

enum class Spelling : std::uint8_t { wire, staff };  // timedOut, timed_out

std::string_view name_of(service_transactions::Subject subject, Spelling spelling);
std::string_view name_of(service_transactions::Standing standing, Spelling spelling);
std::optional<service_transactions::Subject> subject_named(std::string_view name,
                                                           Spelling spelling);
std::optional<service_transactions::Standing> standing_named(std::string_view name,
                                                             Spelling spelling);

/// Of a request as the citizen's slot has it.
service_transactions::Subject subject_of(citizen::RequestSubject subject);
service_transactions::Standing standing_of(citizen::Answer answer);

/// The number that the callback or getResult says; nothing while the request is open.
std::optional<int> end_code(const service_transactions::Transaction& transaction);

}  // namespace chopmark::rp
