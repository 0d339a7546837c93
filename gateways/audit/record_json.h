// Records as auditors get them: a leaf whole, as bytes, with what it says; an opened record with
// the layers that could be opened, and why one could not.
#pragma once

#include "events/journal/journal.h"
#include "events/keys/event_vault.h"
#include "gateways/service/json_body.h"
#include "projections/opened_record.h"

namespace chopmark::audit {

/// {sequence, type, event, recorded_at, leaf_hash, leaf, fields}; `fields` is null for a record of
/// the log itself (TermOpened and the like). record.not_a_record.
Result<service::Json> leaf_to_json(const journal::Entry& entry, const keys::EventVault& vault);

/// {event, type, recorded_at, partition, sequence, leaf, link, personal, personal_layer}
service::Json record_to_json(const projections::OpenedRecord& record);

/// The name in the catalogue, or the number in hexadecimal.
std::string type_name(record::TypeNumber type);

}  // namespace chopmark::audit
