#include "projections/sign_in_log/open_requests.h"

#include <map>
#include <set>
#include <string>

#include "events/core/limits.h"
#include "projections/citizen_rows.h"
#include "projections/event_cases.h"
#include "projections/record_row.h"

namespace chopmark::sign_in_log {
namespace {

/// What one record, met on the way from the newest to the oldest, says about requests.
struct Requests {
    void operator()(const schema::ConsentAsked& event) { ask(event.link()); }
    void operator()(const schema::SignatureAsked& event) {
        // A bulk request can be answered once all of its documents are listed.
        if (listed[event.link().request_id()] == event.leaf().parts()) {
            ask(event.link());
        }
    }
    void operator()(const schema::BulkListed& event) { ++listed[event.link().request_id()]; }
    void operator()(const schema::StepUpAsked& event) { ask(event.link()); }
    void operator()(const schema::ConsentGranted& event) { answer(event.link()); }
    void operator()(const schema::ConsentRefused& event) { answer(event.link()); }
    void operator()(const schema::ConsentExpired& event) { answer(event.link()); }
    void operator()(const schema::SignatureMade& event) { answer(event.link()); }
    void operator()(const schema::BulkApproved& event) { answer(event.link()); }
    void operator()(const schema::BulkCancelled& event) { answer(event.link()); }
    void operator()(const schema::SignatureRefused& event) { answer(event.link()); }
    void operator()(const schema::SignatureExpired& event) { answer(event.link()); }
    void operator()(const schema::StepUpPassed& event) { answer(event.link()); }
    void operator()(const schema::StepUpRefused& event) { answer(event.link()); }
    void operator()(const schema::StepUpExpired& event) { answer(event.link()); }
    /// It ended whatever was open.
    void operator()(const schema::AccountClosed&) { closed = true; }

    void ask(const auto& link) {
        const auto request = RequestId::from_bytes(link.request_id());
        const Instant due_at = Instant::from_micros(link.due_us());
        if (request && !answered.contains(*request) && due_at > now) {
            open = *request;
            due = due_at;
        }
    }
    void answer(const auto& link) {
        if (const auto request = RequestId::from_bytes(link.request_id())) {
            answered.insert(*request);
        }
    }

    Instant now;
    std::set<RequestId> answered;
    std::map<std::string, std::uint32_t> listed;  // parts, by request
    bool closed = false;
    std::optional<RequestId> open;  // by the record at hand
    Instant due;
};

}  // namespace

Result<std::vector<OpenRequest>> open_requests(const fold::Reading& rows,
                                               const keys::EventVault& vault,
                                               const AccountId& account, Instant now,
                                               projections::Personal personal) {
    Requests requests;
    requests.now = now;
    std::vector<OpenRequest> out;
    const auto row = rows.scan(fold::KeyRange::prefix(projections::account_prefix(account)));
    for (std::size_t looked = 0;
         row->valid() && looked < limits::query_scan_rows && out.size() < limits::query_page_rows;
         row->next(), ++looked) {
        CHOPMARK_ASSIGN(const auto stored, fold::decode_row<projections::RecordRow>(row->value()));
        CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(stored.record.leaf));
        if (requests.closed || prelude.recorded_at + limits::query_request_window <= now) {
            break;
        }
        if (!projections::handles<Requests>(prelude.type)) {
            continue;
        }
        CHOPMARK_ASSIGN(auto opened, vault.open(stored.record));
        requests.open.reset();
        projections::dispatch(requests, opened);
        if (requests.open) {
            CHOPMARK_ASSIGN(auto asked, projections::open(stored, vault, personal));
            out.push_back({*requests.open, requests.due, std::move(asked)});
        }
    }
    CHOPMARK_TRY(row->status());
    return out;
}

}  // namespace chopmark::sign_in_log
