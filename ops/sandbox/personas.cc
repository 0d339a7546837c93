#include "ops/sandbox/personas.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace chopmark::sandbox {
namespace {

struct Row {
    std::string_view name;
    std::string_view prefix;  // of the card number: no two share one
    unsigned digits;          // of run 0
    std::string_view english_name;
    std::string_view chinese_name;
    std::string_view sex;
    std::string_view birth_date;  // empty: ten years before now
    std::string_view issue_date;
};

constexpr std::array rows{
    Row{"mei", "Y", 204'811, "CHAN, Mei Ling", "陳美玲", "F", "19880412", "20190306"},
    Row{"kaming", "R", 318'240, "LEE, Ka Ming", "李家明", "M", "19750930", "20190722"},
    Row{"siufong", "K", 477'019, "WONG, Siu Fong", "黃小芳", "F", "19621105", "20200113"},
    Row{"wailam", "P", 650'882, "CHEUNG, Wai Lam", "張慧琳", "F", "19930218", "20210419"},
    Row{"chikeung", "D", 112'437, "NG, Chi Keung", "吳志強", "M", "19480623", "20181126"},
    Row{"anita", "Z", 590'126, "FERNANDES, Anita", "", "F", "19910807", "20220608"},
    Row{"hoyin", "V", 733'950, "LAM, Ho Yin", "林浩然", "M", "20020114", "20200302"},
    Row{"yukwah", "G", 286'604, "LEUNG, Yuk Wah", "梁玉華", "F", "19570319", "20190815"},
    Row{"tszkit", "S", 845'371, "HO, Tsz Kit", "何子傑", "M", "19991222", "20180911"},
    Row{"priya", "WX", 102'030, "SHARMA, Priya", "", "F", "19850501", "20230117"},
    Row{"nomatch", "E", 364'912, "NOMATCH, Kwok", "", "M", "19700707", "20190304"},
    Row{"siubo", "F", 941'205, "CHAN, Siu Bo", "陳小寶", "M", "", ""},
};

constexpr unsigned numbers = 1'000'000;

std::string ten_years_ago(Instant now) {
    const auto day = hong_kong_date(now);
    // The first of a month: every year has it.
    return fmt::format("{:04}{:02}01", static_cast<int>(day.year()) - 10,
                       static_cast<unsigned>(day.month()));
}

std::string card_number(const Row& row, unsigned run) {
    const std::string body = fmt::format("{}{:06}", row.prefix, (row.digits + run) % numbers);
    return body + citizen::hkid_check_character(body);
}

ports::CardQuery query_of(const Row& row, unsigned run, Instant now) {
    ports::CardQuery text;
    text.document_type = citizen::document_type;
    text.issuer = citizen::document_issuer;
    text.number = card_number(row, run);
    text.english_name = row.english_name;
    text.chinese_name = row.chinese_name;
    text.sex = row.sex;
    text.birth_date = row.birth_date.empty() ? ten_years_ago(now) : std::string(row.birth_date);
    text.issue_date = row.issue_date.empty() ? text.birth_date : std::string(row.issue_date);
    return text;
}

}  // namespace

std::vector<std::string> persona_names() {
    std::vector<std::string> names;
    for (const Row& row : rows) {
        names.emplace_back(row.name);
    }
    return names;
}

Result<Persona> persona(std::string_view name, unsigned run, Instant now) {
    const auto* const row =
        std::find_if(rows.begin(), rows.end(), [&](const Row& one) { return one.name == name; });
    if (row == rows.end()) {
        return Error(persona_unknown, std::string(name));
    }
    CHOPMARK_ASSIGN(auto card, citizen::parse_card(query_of(*row, run, now)));
    return Persona{std::string(name), std::move(card), fmt::format("{}@example.hk", name),
                   fmt::format("9{:07}", row->digits)};
}

service::Json card_to_json(const citizen::CardFace& card) {
    const ports::CardQuery text = citizen::query_of(card);
    return {{"number", text.number},
            {"english_name", text.english_name},
            {"chinese_name", text.chinese_name},
            {"sex", text.sex},
            {"birth_date", text.birth_date},
            {"issue_date", text.issue_date}};
}

Result<citizen::CardFace> card_from_json(const service::Json& card) {
    ports::CardQuery text;
    text.document_type = citizen::document_type;
    text.issuer = citizen::document_issuer;
    CHOPMARK_ASSIGN(text.number, service::text_of(card, "number"));
    CHOPMARK_ASSIGN(text.english_name, service::text_of(card, "english_name"));
    CHOPMARK_ASSIGN(text.chinese_name, service::text_or_empty(card, "chinese_name"));
    CHOPMARK_ASSIGN(text.sex, service::text_of(card, "sex"));
    CHOPMARK_ASSIGN(text.birth_date, service::text_of(card, "birth_date"));
    CHOPMARK_ASSIGN(text.issue_date, service::text_of(card, "issue_date"));
    return citizen::parse_card(text);
}

}  // namespace chopmark::sandbox
