#include "aggregates/citizen/card.h"

#include <gtest/gtest.h>

namespace chopmark::citizen {
namespace {

using namespace std::chrono;

// The samples of facts/iamsmart-api.md 10.
constexpr std::string_view good_numbers[] = {
    "A123456(3)",  "AB987654(3)", "E364912(5)", "Z683365(A)", "C123456(9)",
    "WX102030(5)", "K000000(0)",  "Y123456(9)", "B654323(0)", "B654329(A)"};

TEST(HkidNumber, TakesThePublishedSamples) {
    for (const auto text : good_numbers) {
        const auto number = HkidNumber::parse(text);
        ASSERT_TRUE(number) << text;
        EXPECT_EQ(number->body(), text.substr(0, text.find('(')));
    }
}

TEST(HkidNumber, RefusesEveryOtherCheckCharacter) {
    for (const auto text : good_numbers) {
        const std::string body(text.substr(0, text.find('(')));
        const char right = text[text.size() - 2];
        for (const char check : std::string_view("0123456789A")) {
            const auto number = HkidNumber::parse(body + "(" + check + ")");
            if (check == right) {
                EXPECT_TRUE(number);
            } else {
                ASSERT_FALSE(number);
                EXPECT_EQ(number.error(), card_check_character);
            }
        }
    }
}

TEST(HkidNumber, FindsEveryWrongDigitAndEverySwapOfNeighbours) {
    for (const auto text : good_numbers) {
        const std::string number = HkidNumber::parse(text)->text();
        for (std::size_t at = 0; at < number.size() - 1; ++at) {
            if (number[at] < '0' || number[at] > '9') {
                continue;
            }
            for (char other = '0'; other <= '9'; ++other) {
                std::string wrong = number;
                wrong[at] = other;
                EXPECT_EQ(HkidNumber::parse(wrong).has_value(), wrong == number);
            }
            std::string swapped = number;
            std::swap(swapped[at], swapped[at + 1]);
            if (swapped[at] >= '0' && swapped[at] <= '9') {
                EXPECT_EQ(HkidNumber::parse(swapped).has_value(), swapped == number);
            }
        }
    }
}

TEST(HkidNumber, HasOneSpelling) {
    EXPECT_EQ(HkidNumber::parse("a123456(3)")->text(), "A1234563");
    EXPECT_EQ(HkidNumber::parse("A1234563")->text(), "A1234563");
    EXPECT_EQ(HkidNumber::parse("z683365a")->text(), "Z683365A");
}

TEST(HkidNumber, RefusesAnythingOfAnotherShape) {
    for (const auto text :
         {"", "(3)", "3", "A12345(3)", "A1234567(3)", "ABC123456(3)", "1123456(3)", "A12345B(3)",
          "A123456(B)", "A123456()", "A123456(3", "A123456 (3)", " A123456(3)", "Ä123456(3)"}) {
        const auto number = HkidNumber::parse(text);
        ASSERT_FALSE(number) << text;
        EXPECT_EQ(number.error(), card_number_malformed) << text;
    }
}

TEST(Age, CountsCompletedYears) {
    const auto born = 2015y / July / 1;
    EXPECT_EQ(age_on(born, 2026y / June / 30), 10);
    EXPECT_EQ(age_on(born, 2026y / July / 1), 11);
    EXPECT_EQ(age_on(born, 2026y / December / 31), 11);
    EXPECT_EQ(age_on(born, 2015y / July / 1), 0);
}

TEST(Age, OfOneBornOn29FebruaryGrowsOn1MarchOfCommonYears) {
    const auto born = 2012y / February / 29;
    EXPECT_EQ(age_on(born, 2023y / February / 28), 10);
    EXPECT_EQ(age_on(born, 2023y / March / 1), 11);
    EXPECT_EQ(age_on(born, 2024y / February / 28), 11);
    EXPECT_EQ(age_on(born, 2024y / February / 29), 12);
}

ports::CardQuery text_of_card() {
    return {"HKIC", "HKG", "A123456(3)", "CHAN, Tai Man", "陳大文", "M", "19900517", "20240105"};
}

TEST(Card, IsReadFromTextAndWrittenBack) {
    const auto card = parse_card(text_of_card());
    ASSERT_TRUE(card);
    EXPECT_EQ(card->birth_date, 1990y / May / 17);
    const auto again = parse_card(query_of(*card));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, *card);
    const schema::CardFacts facts = facts_of(*card);
    EXPECT_EQ(facts.number(), "A1234563");
    EXPECT_EQ(facts.birth_date(), "19900517");
    EXPECT_EQ(facts.sex(), "M");
}

TEST(Card, IsRefusedForItsFirstMalformedField) {
    const auto refusal = [](auto spoil) {
        ports::CardQuery text = text_of_card();
        spoil(text);
        const auto card = parse_card(text);
        return card ? std::string_view() : card.error().reason.name;
    };
    EXPECT_EQ(refusal([](auto& t) { t.document_type = "PSP"; }), card_document_unknown.name);
    EXPECT_EQ(refusal([](auto& t) { t.issuer = "MAC"; }), card_document_unknown.name);
    EXPECT_EQ(refusal([](auto& t) { t.number = "A123456(4)"; }), card_check_character.name);
    EXPECT_EQ(refusal([](auto& t) { t.english_name = ""; }), card_name_malformed.name);
    EXPECT_EQ(refusal([](auto& t) { t.chinese_name.assign(257, 'x'); }), card_name_malformed.name);
    EXPECT_EQ(refusal([](auto& t) { t.sex = "X"; }), card_sex_malformed.name);
    for (const auto date : {"", "1990517", "19900230", "19901301", "1990051a", "00000000"}) {
        EXPECT_EQ(refusal([&](auto& t) { t.birth_date = date; }), card_date_malformed.name) << date;
        EXPECT_EQ(refusal([&](auto& t) { t.issue_date = date; }), card_date_malformed.name) << date;
    }
}

TEST(Card, MayHaveNoChineseName) {
    ports::CardQuery text = text_of_card();
    text.chinese_name.clear();
    EXPECT_TRUE(parse_card(text));
}

TEST(Card, IsNotFromTheFutureNorIssuedBeforeBirth) {
    CardFace card = *parse_card(text_of_card());
    // 2026-06-30T16:00Z is midnight of 1 July in Hong Kong.
    const Instant midnight = Instant::from_seconds(1'782'835'200);
    card.issue_date = 2026y / July / 1;
    EXPECT_TRUE(check_dates(card, midnight));
    EXPECT_EQ(check_dates(card, midnight - Duration(1)).error(), card_dates_contradict);
    card.issue_date = 1990y / May / 16;
    EXPECT_EQ(check_dates(card, midnight).error(), card_dates_contradict);
    card.birth_date = 2030y / May / 17;
    EXPECT_EQ(check_dates(card, midnight).error(), card_dates_contradict);
}

TEST(Card, HasADigestThatEveryFieldChanges) {
    const CardFace card = *parse_card(text_of_card());
    const auto changed = [&](auto spoil) {
        ports::CardQuery text = text_of_card();
        spoil(text);
        return digest_of(*parse_card(text)) != digest_of(card);
    };
    EXPECT_EQ(digest_of(card), digest_of(*parse_card(text_of_card())));
    EXPECT_TRUE(changed([](auto& t) { t.number = "E364912(5)"; }));
    EXPECT_TRUE(changed([](auto& t) { t.english_name = "CHAN, Tai Ma"; }));
    EXPECT_TRUE(changed([](auto& t) { t.chinese_name.clear(); }));
    EXPECT_TRUE(changed([](auto& t) { t.sex = "F"; }));
    EXPECT_TRUE(changed([](auto& t) { t.birth_date = "19900518"; }));
    EXPECT_TRUE(changed([](auto& t) { t.issue_date = "20240106"; }));
}

}  // namespace
}  // namespace chopmark::citizen
