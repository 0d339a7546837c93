// What waits for a citizen's answer: asked by a relying party, not answered, not over time, told by
// the last hour of the sign-in log alone. The citizen's slot decides whether an answer still
// counts; this is what the phone shows. Safe from any thread.
#pragma once

#include "events/core/instant.h"
#include "events/fold/live_tables.h"
#include "events/keys/event_vault.h"
#include "projections/opened_record.h"

namespace chopmark::sign_in_log {

struct OpenRequest {
    RequestId request;
    Instant due;
    projections::OpenedRecord asked;  // ConsentAsked, SignatureAsked or StepUpAsked
};

/// Newest first; at most limits::query_page_rows.
Result<std::vector<OpenRequest>> open_requests(const fold::Reading& rows,
                                               const keys::EventVault& vault,
                                               const AccountId& account, Instant now,
                                               projections::Personal personal);

}  // namespace chopmark::sign_in_log
