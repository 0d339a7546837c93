// The journal contract over the back ends that need no broker.
#include "tests/contract/journal_contract.h"

#include "tests/contract/journal_embedded_world.h"
#include "tests/contract/journal_memory_world.h"

namespace chopmark::test {

INSTANTIATE_TEST_SUITE_P(Journal, JournalContract,
                         ::testing::Values(memory_case(), embedded_case()), name_of);

}  // namespace chopmark::test
