// Alerts as CloudEvents with JSON data, for the topics of security teams: every record about one,
// and how each stands now. Leaf and link layers only – entities are pseudonyms, explanations and
// notes stay sealed. The key is the alert's id, in hexadecimal. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "events/publish/cloud_event.h"
#include "projections/alerts_view/query.h"

namespace chopmark::security {

/// The alert that an event is about; nothing for an event that is no alert's.
std::optional<AlertId> alert_of(const schema::Event& event);

/// {event, recorded_at, leaf, link}: what the stream of alerts says, too.
nlohmann::json recorded_to_json(const EventId& id, Instant recorded_at, const schema::Event& event);

/// What was recorded about an alert. `event` MUST be an alert's.
Result<journal::kafka::Outgoing> alert_log_message(const journal::Entry& entry,
                                                   const schema::Event& event,
                                                   const std::string& source);
/// How an alert stands since `entry`, or since a later record.
Result<journal::kafka::Outgoing> alert_state_message(const journal::Entry& entry,
                                                     const alerts_view::Alert& alert,
                                                     const std::string& source);

}  // namespace chopmark::security
