#include "tests/simulation/rebuilt.h"

#include <gtest/gtest.h>

#include "events/fold/compare.h"
#include "events/journal/opening_records.h"
#include "events/schema/event.h"

namespace chopmark::test {
namespace {

constexpr std::array state_tables{"citizen", "slot",      "card", "card_of",
                                  "rp_seq",  "attention", "meta"};

std::string first_difference(const fold::Difference& difference) {
    std::string out = std::to_string(difference.differing) + " rows differ";
    for (const auto& row : difference.first) {
        out += row.what == fold::Difference::What::only_left    ? "; only living "
               : row.what == fold::Difference::What::only_right ? "; only rebuilt "
                                                                : "; other value ";
        out += to_hex(row.key);
    }
    return out;
}

void fold_from_zero(runtime::CitizenDomain& domain, GatewayBench& bench, PartitionId partition) {
    for (;;) {
        const auto page = bench.journal().read(partition, domain.position(), {}).value();
        if (page.empty()) {
            return;
        }
        for (const auto& entry : page) {
            const auto prelude = record::decode_prelude(entry->record.leaf).value();
            if (journal::has_fixed_tail(prelude.type)) {
                ASSERT_TRUE(domain.fold_log_record(*entry).has_value());
                continue;
            }
            const auto event = bench.vault->open(entry->record);
            ASSERT_TRUE(event.has_value());
            ASSERT_TRUE(
                domain.fold(*entry, {prelude.event_id, prelude.recorded_at}, *event).has_value());
        }
    }
}

void expect_same_table(fold::RowStore& left, fold::RowStore& right, const std::string& table) {
    const auto difference = fold::compare(left.latest(), *left.open(table).value(), right.latest(),
                                          *right.open(table).value())
                                .value();
    EXPECT_TRUE(difference.empty())
        << "state table " << table << ": " << first_difference(difference);
}

std::string table_of(const char* name, std::uint16_t partition) {
    return std::string(name) + "." + std::to_string(partition);
}

}  // namespace

void expect_views_rebuilt(GatewayBench& bench) {
    fold::MemoryRows rows;
    const auto tables = fold::LiveTables::open(rows).value();
    std::vector<fold::Runner::Assigned> assigned;
    for (const fold::View* view : bench.folded()) {
        assigned.push_back({view, tables->adopt(view->name(), view->version()).value()});
    }
    const auto runner =
        fold::Runner::open({bench.journal(), *tables, *bench.vault, bench.clock}, assigned, {})
            .value();
    while (runner->pump().value()) {
    }
    for (const auto& one : assigned) {
        const auto living = bench.tables().read(one.view->name()).value();
        const auto difference =
            fold::compare(living.rows(), *living.table(), rows.latest(), *one.table).value();
        EXPECT_TRUE(difference.empty())
            << "view " << one.view->name() << ": " << first_difference(difference);
    }
}

void expect_state_rebuilt(GatewayBench& bench) {
    bench.flush();
    for (std::uint16_t number = 1; number <= GatewayBench::partitions; ++number) {
        fold::MemoryRows rows;
        const PartitionId partition(number);
        const auto domain = bench.make_domain(partition, rows);
        fold_from_zero(*domain, bench, partition);
        EXPECT_EQ(bench.domain(partition).position(), domain->position());
        ASSERT_TRUE(domain->flush().has_value());
        for (const char* name : state_tables) {
            expect_same_table(bench.state_rows(), rows, table_of(name, number));
        }
    }
}

void expect_same_state(fold::RowStore& left, fold::RowStore& right) {
    expect_same_table(left, right, "control");
    for (std::uint16_t number = 1; number <= GatewayBench::partitions; ++number) {
        for (const char* name : state_tables) {
            expect_same_table(left, right, table_of(name, number));
        }
    }
}

void expect_same_views(GatewayBench& bench, const fold::LiveTables& other) {
    for (const fold::View* view : bench.folded()) {
        const auto here = bench.tables().read(view->name()).value();
        const auto there = other.read(view->name()).value();
        const auto difference =
            fold::compare(here.rows(), *here.table(), there.rows(), *there.table()).value();
        EXPECT_TRUE(difference.empty())
            << "view " << view->name() << " of two nodes: " << first_difference(difference);
    }
}

}  // namespace chopmark::test
