#include "ops/alert_news.h"

#include "events/record/prelude.h"
#include "events/schema/event.h"

namespace chopmark::ops {

void AlertNewsReader::read() {
    if (!next_) {
        if (const auto head = journal_.head(control_partition)) {
            next_ = head->next;
        }
        return;
    }
    const auto page = journal_.read(control_partition, *next_, {});
    if (!page) {
        return;  // tried again at the next tick
    }
    for (const auto& entry : *page) {
        next_ = Sequence(entry->sequence.value() + 1);
        const auto prelude = record::decode_prelude(entry->record.leaf);
        if (!prelude || schema::find_event(prelude->type) == nullptr) {
            continue;
        }
        if (const auto event = vault_.open(entry->record)) {
            feed_.publish(entry->sequence, prelude->recorded_at, prelude->event_id, *event);
        }
    }
}

}  // namespace chopmark::ops
