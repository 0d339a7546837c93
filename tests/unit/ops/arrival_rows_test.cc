// Rows of a partition that another node has written: what no sum covers is not believed.
#include <gtest/gtest.h>

#include "aggregates/runtime/unsummed_rows.h"
#include "events/fold/compare.h"
#include "gateways/outside/identity_checks.h"
#include "tests/support/test_phone.h"

namespace chopmark::ops {
namespace {

using service::Json;
using test::GatewayBench;
using test::TestPhone;

class ArrivedRows : public testing::Test {
  protected:
    static constexpr std::array tables{"citizen", "slot",      "card", "card_of",
                                       "rp_seq",  "attention", "meta"};

    void SetUp() override {
        other.card.number = *citizen::HkidNumber::parse("E364912(5)");
        ASSERT_EQ(other.register_by_photo().status, 200);
        ASSERT_EQ(phone.register_by_chip("a password of mine").status, 200);
        ASSERT_EQ(phone.act("app.account.close", "/app/v1/account/close", Json::object()).status,
                  200);
        third.card.number = *citizen::HkidNumber::parse("C668668(9)");
        ASSERT_EQ(third.register_by_photo().status, 200);
        bench.flush();
        for (std::uint16_t number = 1; number <= GatewayBench::partitions; ++number) {
            for (const char* name : tables) {
                copy(name_of(name, number));
            }
        }
    }
    static std::string name_of(const char* table, std::uint16_t partition) {
        return std::string(table) + "." + std::to_string(partition);
    }
    void copy(const std::string& name) {
        fold::RowBatch batch(rows.open(name).value());
        const auto from = bench.state_rows().open(name).value();
        const auto row = bench.state_rows().latest().scan(*from, fold::KeyRange::all());
        for (; row->valid(); row->next()) {
            batch.put(row->key(), Bytes(row->value()));
            ++copied[name.substr(0, name.find('.'))];
        }
        commit(batch);
    }
    void commit(const fold::RowBatch& batch) {
        const fold::RowBatch* const batches[] = {&batch};
        ASSERT_TRUE(rows.commit(batches, fold::Durability::buffered));
    }
    /// Every row of these tables becomes another one, and one more is there.
    void lie_in(const char* table) {
        for (std::uint16_t number = 1; number <= GatewayBench::partitions; ++number) {
            const auto there = rows.open(name_of(table, number)).value();
            fold::RowBatch batch(there);
            const auto row = rows.latest().scan(*there, fold::KeyRange::all());
            for (; row->valid(); row->next()) {
                Bytes value(row->value());
                if (value.empty()) {
                    batch.erase(row->key());
                } else {
                    value.back() = static_cast<char>(value.back() ^ 1);
                    batch.put(row->key(), value);
                }
            }
            batch.put("one more", "lie");
            commit(batch);
        }
    }
    Result<void> remake(std::uint16_t number) {
        return runtime::remake_unsummed(PartitionId(number), rows, bench.journal(), *bench.vault,
                                        [this](const schema::CardFacts& card) {
                                            return outside::card_token(*bench.ring->material(),
                                                                       card);
                                        });
    }
    void expect_rows_of_the_living() {
        for (std::uint16_t number = 1; number <= GatewayBench::partitions; ++number) {
            for (const char* name : tables) {
                const std::string table = name_of(name, number);
                const auto difference = fold::compare(bench.state_rows().latest(),
                                                      *bench.state_rows().open(table).value(),
                                                      rows.latest(), *rows.open(table).value())
                                            .value();
                EXPECT_TRUE(difference.empty()) << table;
            }
        }
    }

    GatewayBench bench;
    TestPhone phone{bench};
    TestPhone other{bench};
    TestPhone third{bench};
    fold::MemoryRows rows;
    std::map<std::string, unsigned> copied;
};

TEST_F(ArrivedRows, HaveTheirIndexesMadeAnew) {
    EXPECT_EQ(copied["card"], 3U);
    EXPECT_EQ(copied["card_of"], 3U);
    for (const char* table : {"card", "card_of", "attention"}) {
        lie_in(table);
    }
    for (int again = 0; again < 2; ++again) {
        for (std::uint16_t number = 1; number <= GatewayBench::partitions; ++number) {
            const auto opened = remake(number);
            ASSERT_TRUE(opened) << opened.error();
        }
        expect_rows_of_the_living();
    }
}

TEST_F(ArrivedRows, AreRefusedWhenADocumentIsAnother) {
    lie_in("citizen");
    unsigned refused = 0;
    for (std::uint16_t number = 1; number <= GatewayBench::partitions; ++number) {
        const auto opened = remake(number);
        refused += !opened && opened.error() == runtime::state_differs ? 1 : 0;
    }
    EXPECT_GT(refused, 0U);
}

TEST_F(ArrivedRows, AreRefusedWhenTheLogEndsBeforeThem) {
    const auto meta = rows.open("meta.1").value();
    fold::RowBatch batch(meta);
    batch.put("position", fold::encode_row(Sequence(100'000)));
    commit(batch);
    EXPECT_EQ(remake(1).error(), journal::beyond_end);
}

}  // namespace
}  // namespace chopmark::ops
