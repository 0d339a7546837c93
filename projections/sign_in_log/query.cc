#include "projections/sign_in_log/query.h"

#include "projections/citizen_rows.h"
#include "projections/record_row.h"

namespace chopmark::sign_in_log {
namespace {

using projections::OpenedRecord;
using projections::Walk;

constexpr std::string_view query_name = "log";

std::optional<std::uint32_t> block_of(Topic topic) {
    using schema::family_block;
    using schema::info;
    switch (topic) {
        case Topic::all:
            return std::nullopt;
        case Topic::account:
            return family_block(info<schema::AccountRegistered>().type);
        case Topic::devices:
            return family_block(info<schema::DeviceBound>().type);
        case Topic::logins:
            return family_block(info<schema::LoginApproved>().type);
        case Topic::consents:
            return family_block(info<schema::ConsentGranted>().type);
        case Topic::signatures:
            return family_block(info<schema::SignatureMade>().type);
        case Topic::looks:
            return family_block(info<schema::SubjectAccessed>().type);
    }
    return std::nullopt;
}

/// False while an investigation keeps this look from the citizen.
bool shows(const OpenedRecord& record, const Question& question) {
    const auto* look = std::get_if<schema::SubjectAccessed>(&record.event);
    return look == nullptr || question.audience == Audience::staff ||
           Instant::from_micros(look->link().visible_from_us()) <= question.now;
}

}  // namespace

Result<projections::Page<OpenedRecord>> read_log(const fold::Reading& rows,
                                                 const keys::EventVault& vault,
                                                 const Question& question,
                                                 const projections::PageRequest& page) {
    const auto block = block_of(question.topic);
    const auto look = [&](ByteView, ByteView value,
                          std::vector<OpenedRecord>& items) -> Result<Walk> {
        CHOPMARK_ASSIGN(const auto row, fold::decode_row<projections::RecordRow>(value));
        CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(row.record.leaf));
        if (question.from && prelude.recorded_at < *question.from) {
            return Walk::end;  // within a partition time never falls
        }
        if ((question.until && prelude.recorded_at >= *question.until) ||
            (block && schema::family_block(prelude.type) != *block)) {
            return Walk::on;
        }
        auto opened = projections::open(row, vault, question.personal);
        if (!opened) {
            if (opened.error().kind() == Kind::expired) {
                return Walk::on;
            }
            return std::move(opened).error();
        }
        if (shows(*opened, question)) {
            items.push_back(*std::move(opened));
        }
        return Walk::on;
    };
    return projections::read_page<OpenedRecord>(
        rows, query_name, projections::account_prefix(question.account), page, look);
}

Result<OpenedRecord> read_record(const fold::Reading& rows, const keys::EventVault& vault,
                                 const AccountId& account, Sequence sequence,
                                 projections::Personal personal) {
    CHOPMARK_ASSIGN(const auto bytes, rows.get(projections::newest_first_key(account, sequence)));
    if (!bytes) {
        return no_such_record;
    }
    CHOPMARK_ASSIGN(auto opened, projections::open_row(*bytes, vault, personal));
    if (!opened) {
        return no_such_record;
    }
    return *std::move(opened);
}

Result<std::map<schema::Retention, std::uint64_t>> count_by_class(const fold::Reading& rows,
                                                                  KeyIndex person) {
    CHOPMARK_ASSIGN(const auto accounts, projections::accounts_of(rows, person));
    std::map<schema::Retention, std::uint64_t> counts;
    for (const AccountId& account : accounts) {
        const auto row = rows.scan(fold::KeyRange::prefix(projections::account_prefix(account)));
        for (; row->valid(); row->next()) {
            ++counts[projections::retention_of(row->value())];
        }
        CHOPMARK_TRY(row->status());
    }
    return counts;
}

}  // namespace chopmark::sign_in_log
