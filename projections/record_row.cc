#include "projections/record_row.h"

#include "events/schema/codec.h"

namespace chopmark::projections {

RecordRow record_row(const fold::OpenedEvent& event) {
    const schema::LeafHead& head = schema::head(event.event());
    return {head.retention(), keys::Period(head.period()), event.entry().record};
}

Bytes encoded_record_row(const fold::OpenedEvent& event) {
    constexpr std::size_t lengths_and_head = 5 + 3 * sizeof(std::uint32_t);
    const schema::LeafHead& head = schema::head(event.event());
    const record::Record& record = event.entry().record;
    fold::RowWriter writer;
    writer.reserve(lengths_and_head + record.size());
    writer(head.retention(), keys::Period(head.period()), record.leaf, record.link_box,
           record.personal_box);
    return std::move(writer).take();
}

Result<OpenedRecord> open(const RecordRow& row, const keys::EventVault& vault, Personal personal) {
    CHOPMARK_ASSIGN(const record::Prelude prelude, record::decode_prelude(row.record.leaf));
    PersonalLayer layer = PersonalLayer::absent;
    if (!row.record.personal_box.empty() && personal == Personal::open) {
        auto opened = vault.open_personal(row.record);
        if (opened) {
            return OpenedRecord{prelude, *std::move(opened), PersonalLayer::opened};
        }
        if (opened.error().kind() != Kind::expired && opened.error().kind() != Kind::damaged) {
            return std::move(opened).error();
        }
        layer =
            opened.error().kind() == Kind::expired ? PersonalLayer::gone : PersonalLayer::damaged;
    } else if (!row.record.personal_box.empty()) {
        layer = PersonalLayer::sealed;
    }
    CHOPMARK_ASSIGN(auto event, vault.open(row.record));
    return OpenedRecord{prelude, std::move(event), layer};
}

Result<std::optional<OpenedRecord>> open_row(ByteView bytes, const keys::EventVault& vault,
                                             Personal personal) {
    CHOPMARK_ASSIGN(const auto row, fold::decode_row<RecordRow>(bytes));
    auto opened = open(row, vault, personal);
    if (!opened && opened.error().kind() == Kind::expired) {
        return std::optional<OpenedRecord>();
    }
    if (!opened) {
        return std::move(opened).error();
    }
    return std::optional(*std::move(opened));
}

bool is_over(ByteView row, Instant now) {
    constexpr std::size_t period_offset = 1;
    if (row.size() < period_offset + sizeof(std::uint32_t)) {
        return false;
    }
    const auto retention = retention_of(row);
    const keys::Period period(get_big_endian<std::uint32_t>(row, period_offset));
    if (!keys::is_class(retention) || !keys::is_period(retention, period)) {
        return false;
    }
    const auto expiry = keys::expiry_of(retention, period);
    return expiry && *expiry <= now;
}

schema::Retention retention_of(ByteView row) {
    return row.empty() ? schema::RETENTION_UNSPECIFIED
                       : static_cast<schema::Retention>(get_big_endian<std::uint8_t>(row));
}

bool is_of_period(ByteView row, schema::Retention retention, keys::Period period) {
    return row.size() >= 5 && retention_of(row) == retention &&
           get_big_endian<std::uint32_t>(row, 1) == period.value();
}

Result<std::size_t> erase_period(fold::RowBatch& rows, const fold::KeyRange& range,
                                 schema::Retention retention, keys::Period period) {
    std::vector<Bytes> over;
    CHOPMARK_TRY(rows.scan(range, [&](ByteView key, ByteView value) {
        if (is_of_period(value, retention, period)) {
            over.emplace_back(key);
        }
        return true;
    }));
    for (const Bytes& key : over) {
        rows.erase(key);
    }
    return over.size();
}

}  // namespace chopmark::projections
