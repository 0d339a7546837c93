// The contract of the journal port, the same for every back end. A test program includes this in
// exactly one source and instantiates the suite:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, JournalContract, ::testing::Values(memory_case()), name_of);
#pragma once

#include "tests/contract/journal_contract_append.h"
#include "tests/contract/journal_contract_read.h"
#include "tests/contract/journal_contract_terms.h"
#include "tests/contract/journal_world.h"
