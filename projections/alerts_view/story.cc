#include "projections/alerts_view/story.h"

#include "projections/event_cases.h"

namespace chopmark::alerts_view {
namespace {

void keep(std::deque<projections::OpenedRecord>& records, projections::OpenedRecord record) {
    records.push_back(std::move(record));
    if (records.size() > limits::query_history_records) {
        records.pop_front();
    }
}

std::vector<projections::OpenedRecord> take(std::deque<projections::OpenedRecord>& records) {
    return {std::make_move_iterator(records.begin()), std::make_move_iterator(records.end())};
}

}  // namespace

void AlertStory::add(projections::OpenedRecord record) {
    at_ = record.prelude.recorded_at;
    layer_ = record.personal;
    projections::dispatch(*this, record.event);
    if (raised_) {
        told_.changed_at = at_;
        told_.changed = record.prelude.sequence;
        keep(records_, std::move(record));
    }
}

std::vector<projections::OpenedRecord> AlertStory::take_records() && { return take(records_); }

void AlertStory::operator()(const schema::AlertRaised& event) {
    if (!raised_) {
        told_.first_raised_at = at_;
    }
    raised_ = true;
    told_.standing = AlertStanding::open;
    told_.verdict = schema::VERDICT_UNSPECIFIED;
    told_.raised_at = at_;
    told_.raised = event;
    told_.personal = layer_;
}

void AlertStory::operator()(const schema::AlertAcknowledged&) {
    told_.standing = AlertStanding::acknowledged;
}

void AlertStory::operator()(const schema::AlertClosed& event) {
    told_.standing = AlertStanding::closed;
    told_.verdict = event.leaf().verdict();
}

void CaseStory::add(projections::OpenedRecord record) {
    at_ = record.prelude.recorded_at;
    layer_ = record.personal;
    projections::dispatch(*this, record.event);
    if (opened_) {
        told_.changed_at = at_;
        told_.changed = record.prelude.sequence;
        keep(records_, std::move(record));
    }
}

std::vector<projections::OpenedRecord> CaseStory::take_records() && { return take(records_); }

void CaseStory::operator()(const schema::CaseOpened& event) {
    opened_ = true;
    told_.opened_at = at_;
    told_.opened = event;
    told_.personal = layer_;
}

void CaseStory::operator()(const schema::CaseNoted&) {}

void CaseStory::operator()(const schema::CaseClosed& event) {
    told_.closed = true;
    told_.verdict = event.leaf().verdict();
}

}  // namespace chopmark::alerts_view
