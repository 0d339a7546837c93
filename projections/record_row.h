// A record as a view keeps it: the stored bytes, boxes still sealed, behind the class and period
// whose end is also the row's (design 5). apply() never opens a box of it; a query does, with the
// keys that are left. So a row whose period is over, or whose person was erased, is unreadable from
// the moment its key is destroyed, and removing it is housekeeping, not privacy.
//
//   record row = retention:u8 period:u32 leaf link_box personal_box       ; each length:u32 bytes
//
// Rows that merely point to a record begin with the same five bytes, and erase_period() needs
// nothing more.
#pragma once

#include "events/fold/opened_event.h"
#include "events/fold/row_batch.h"
#include "events/fold/row_codec.h"
#include "events/keys/event_vault.h"
#include "events/keys/period.h"
#include "projections/opened_record.h"

namespace chopmark::projections {

struct RecordRow {
    schema::Retention retention = schema::RETENTION_UNSPECIFIED;
    keys::Period period;
    record::Record record;

    static void fields(auto& archive, RecordRow& row) {
        archive(row.retention, row.period, row.record.leaf, row.record.link_box,
                row.record.personal_box);
    }
    friend bool operator==(const RecordRow&, const RecordRow&) = default;
};

RecordRow record_row(const fold::OpenedEvent& event);
/// The bytes of that row, without a copy of the record between.
Bytes encoded_record_row(const fold::OpenedEvent& event);

/// keys.expired when the link key's period is over: to a query, that row is not there.
Result<OpenedRecord> open(const RecordRow& row, const keys::EventVault& vault, Personal personal);

/// The same for the row's bytes; nothing instead of keys.expired.
Result<std::optional<OpenedRecord>> open_row(ByteView bytes, const keys::EventVault& vault,
                                             Personal personal);

/// The class, by a row's first byte.
schema::Retention retention_of(ByteView row);
/// Whether the period that the row begins with is over at `now`; false for what is no such row.
bool is_over(ByteView row, Instant now);
/// Whether a row belongs to this class and period, by its first five bytes.
bool is_of_period(ByteView row, schema::Retention retention, keys::Period period);

/// Erases the rows of the range that belong to a class's period; returns how many.
Result<std::size_t> erase_period(fold::RowBatch& rows, const fold::KeyRange& range,
                                 schema::Retention retention, keys::Period period);

}  // namespace chopmark::projections
