// BusinessID → the records that asked something under it: what a relying party's acknowledgement
// names, often with no token beside it, weeks later and at any node; and how a gateway knows that
// an id was used for somebody else. The id is the keyed digest that the request itself bears, the
// record is named by its event id, and whose it is stands in its link layer alone; so nothing here
// is about a person once her keys are gone. A row goes with the period of its record, as those of
// the sign-in log do (projections::is_over).
//
//   row = business_id:32 subject:u8 partition:u16 → class:u8 period:u32 event id:16
//                                                   ; the newest of that partition
//
// One row a request. A client that always sends the same id has one a subject and partition.
#pragma once

#include <vector>

#include "events/core/ids.h"
#include "events/fold/live_tables.h"
#include "events/fold/view.h"

namespace chopmark::asked_requests {

enum class Subject : std::uint8_t { consent = 1, signature = 2, step_up = 3 };

class AskedRequests final : public fold::View {
  public:
    static constexpr std::string_view view_name = "asked_requests";

    [[nodiscard]] std::string_view name() const override { return view_name; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] fold::Scope scope() const override { return fold::Scope::partitions; }
    [[nodiscard]] bool wants(record::TypeNumber type) const override;
    Result<void> apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const override;
};

/// At most one of each partition; none if nothing was asked for under that id. `business_id` is the
/// 32 bytes of the link layer.
Result<std::vector<EventId>> find_asked(const fold::Reading& rows, ByteView business_id,
                                        Subject subject);
/// Of whatever subject: at most one of each, and of each partition.
Result<std::vector<EventId>> find_asked(const fold::Reading& rows, ByteView business_id);

}  // namespace chopmark::asked_requests
