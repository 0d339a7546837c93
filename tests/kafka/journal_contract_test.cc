// The journal contract over Kafka, and the real broker under it.
#include "tests/contract/journal_contract.h"

#include "tests/contract/journal_kafka_world.h"

namespace chopmark::test {

INSTANTIATE_TEST_SUITE_P(Journal, JournalContract,
                         ::testing::Values(kafka_case(), kafka_on_delivery_case()), name_of);

}  // namespace chopmark::test
