#include "projections/sign_in_log/sign_in_log.h"

#include "projections/citizen_rows.h"
#include "projections/record_row.h"

namespace chopmark::sign_in_log {
namespace {

/// account … privacy: the blocks whose events are about one citizen.
constexpr std::uint32_t first_block =
    schema::family_block(schema::info<schema::AccountRegistered>().type);
constexpr std::uint32_t last_block =
    schema::family_block(schema::info<schema::SubjectAccessed>().type);

constexpr record::TypeNumber about_nobody[] = {
    schema::info<schema::RegistrationRefused>().type, schema::info<schema::RequestOpened>().type,
    schema::info<schema::RequestClaimed>().type,      schema::info<schema::RequestExpired>().type,
    schema::info<schema::RequestListed>().type,
};

}  // namespace

bool SignInLog::wants(record::TypeNumber type) const {
    const std::uint32_t block = schema::family_block(type);
    return block >= first_block && block <= last_block &&
           std::find(std::begin(about_nobody), std::end(about_nobody), type) ==
               std::end(about_nobody);
}

Result<void> SignInLog::apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const {
    if (std::holds_alternative<schema::SubjectErased>(event.event())) {
        return projections::erase_person(event, rows);
    }
    const auto account = projections::account_of(event);
    if (!account) {
        return {};
    }
    if (std::holds_alternative<schema::AccountRegistered>(event.event())) {
        CHOPMARK_TRY(projections::note_account(event, rows));
    }
    rows.put(projections::newest_first_key(*account, event.prelude().sequence),
             projections::encoded_record_row(event));
    return {};
}

bool SignInLog::is_over(ByteView key, ByteView row, Instant now) {
    constexpr std::size_t event_key_bytes = 2 + AccountId::size + 8;
    return key.size() == event_key_bytes && projections::is_over(row, now);
}

Result<std::size_t> SignInLog::expire(Slot slot, schema::Retention retention, keys::Period period,
                                      fold::RowBatch& rows) const {
    Bytes prefix;
    append_big_endian(prefix, slot.value());
    return projections::erase_period(rows, fold::KeyRange::prefix(prefix), retention, period);
}

}  // namespace chopmark::sign_in_log
