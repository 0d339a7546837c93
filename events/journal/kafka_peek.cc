#include "events/journal/kafka_peek.h"

#include "events/journal/journal.h"

namespace chopmark::journal::kafka {
namespace {

constexpr Duration peek_poll = std::chrono::milliseconds(50);

}  // namespace

Result<std::optional<Bytes>> peek(Consumer& consumer, PartitionId partition, std::int64_t offset,
                                  const std::function<bool()>& is_over) {
    CHOPMARK_TRY(consumer.assign({{partition, offset}}));
    while (!is_over()) {
        const auto batch = consumer.poll(peek_poll, 1);
        for (const Message& message : batch.messages()) {
            if (message.partition != partition || message.what == Message::What::trouble) {
                continue;
            }
            if (message.what == Message::What::record && message.offset == offset) {
                return std::optional<Bytes>(message.payload);
            }
            return std::optional<Bytes>();
        }
    }
    return Error(not_ready, "partition " + std::to_string(partition.value()) + ", offset " +
                                std::to_string(offset) + " could not be read");
}

}  // namespace chopmark::journal::kafka
