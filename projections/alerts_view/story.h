// How an alert or a case stands, told from its records, oldest first. What comes before the first
// AlertRaised or CaseOpened that is still there counts for nothing: its period outlived the
// beginning's. Pure.
#pragma once

#include <deque>

#include "projections/alerts_view/query.h"

namespace chopmark::alerts_view {

class AlertStory {
  public:
    explicit AlertStory(const AlertId& id) { told_.id = id; }
    void add(projections::OpenedRecord record);

    /// Null if it was never raised, as far as one can still see.
    [[nodiscard]] const Alert* told() const { return raised_ ? &told_ : nullptr; }
    [[nodiscard]] std::vector<projections::OpenedRecord> take_records() &&;

    void operator()(const schema::AlertRaised& event);
    void operator()(const schema::AlertAcknowledged& event);
    void operator()(const schema::AlertClosed& event);

  private:
    Alert told_;
    bool raised_ = false;
    Instant at_;
    projections::PersonalLayer layer_ = projections::PersonalLayer::absent;
    std::deque<projections::OpenedRecord> records_;
};

class CaseStory {
  public:
    explicit CaseStory(const CaseId& id) { told_.id = id; }
    void add(projections::OpenedRecord record);

    [[nodiscard]] const Case* told() const { return opened_ ? &told_ : nullptr; }
    [[nodiscard]] std::vector<projections::OpenedRecord> take_records() &&;

    void operator()(const schema::CaseOpened& event);
    void operator()(const schema::CaseNoted& event);
    void operator()(const schema::CaseClosed& event);

  private:
    Case told_;
    bool opened_ = false;
    Instant at_;
    projections::PersonalLayer layer_ = projections::PersonalLayer::absent;
    std::deque<projections::OpenedRecord> records_;
};

}  // namespace chopmark::alerts_view
