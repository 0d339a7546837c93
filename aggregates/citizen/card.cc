#include "aggregates/citizen/card.h"

#include <algorithm>

#include "events/crypto/digest.h"

namespace chopmark::citizen {
namespace {

constexpr std::size_t digits_of_number = 6;
constexpr std::size_t name_bytes = 256;

bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

void append_sized(Bytes& out, std::string_view part) {
    append_big_endian(out, static_cast<std::uint16_t>(part.size()));
    out.append(part);
}

/// One or two letters and six digits.
bool is_body(std::string_view text) {
    if (text.size() != digits_of_number + 1 && text.size() != digits_of_number + 2) {
        return false;
    }
    const std::size_t letters = text.size() - digits_of_number;
    return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(letters),
                       is_letter) &&
           std::all_of(text.begin() + static_cast<std::ptrdiff_t>(letters), text.end(), is_digit);
}

}  // namespace

char hkid_check_character(std::string_view body) {
    // Eight places weigh 9 … 2; a missing first letter counts as a space, 36.
    unsigned sum = body.size() == digits_of_number + 1 ? 9U * 36U : 0U;
    unsigned weight = static_cast<unsigned>(body.size()) + 1;
    for (const char c : body) {
        const unsigned value =
            is_letter(c) ? static_cast<unsigned>(c - 'A') + 10U : static_cast<unsigned>(c - '0');
        sum += weight-- * value;
    }
    const unsigned remainder = sum % 11;
    if (remainder == 0) {
        return '0';
    }
    return remainder == 1 ? 'A' : static_cast<char>('0' + (11 - remainder));
}

Result<HkidNumber> HkidNumber::parse(std::string_view text) {
    std::string number(text);
    std::transform(number.begin(), number.end(), number.begin(), upper);
    if (number.size() > 3 && number.ends_with(')') && number[number.size() - 3] == '(') {
        number = number.substr(0, number.size() - 3) + number[number.size() - 2];
    }
    if (number.empty()) {
        return card_number_malformed;
    }
    const std::string_view body = std::string_view(number).substr(0, number.size() - 1);
    const char check = number.back();
    if (!is_body(body) || !(is_digit(check) || check == 'A')) {
        return card_number_malformed;
    }
    if (hkid_check_character(body) != check) {
        return card_check_character;
    }
    return HkidNumber(std::move(number));
}

Result<CardFace> parse_card(const ports::CardQuery& text) {
    if (text.document_type != document_type || text.issuer != document_issuer) {
        return card_document_unknown;
    }
    CHOPMARK_ASSIGN(HkidNumber number, HkidNumber::parse(text.number));
    if (text.english_name.empty() || text.english_name.size() > name_bytes ||
        text.chinese_name.size() > name_bytes) {
        return card_name_malformed;
    }
    if (text.sex != "M" && text.sex != "F") {
        return card_sex_malformed;
    }
    CHOPMARK_ASSIGN(const auto birth, parse_date(text.birth_date));
    CHOPMARK_ASSIGN(const auto issue, parse_date(text.issue_date));
    return CardFace{
        std::move(number), text.english_name, text.chinese_name, text.sex.front(), birth, issue};
}

ports::CardQuery query_of(const CardFace& card) {
    return {std::string(document_type), std::string(document_issuer),
            card.number.text(),         card.english_name,
            card.chinese_name,          std::string(1, card.sex),
            date_text(card.birth_date), date_text(card.issue_date)};
}

schema::CardFacts facts_of(const CardFace& card) {
    schema::CardFacts out;
    out.set_document_type(std::string(document_type));
    out.set_issuer(std::string(document_issuer));
    out.set_number(card.number.text());
    out.set_english_name(card.english_name);
    out.set_chinese_name(card.chinese_name);
    out.set_sex(std::string(1, card.sex));
    out.set_birth_date(date_text(card.birth_date));
    out.set_issue_date(date_text(card.issue_date));
    return out;
}

Digest digest_of(const CardFace& card) {
    Bytes out;
    append_sized(out, card.number.text());
    append_sized(out, card.english_name);
    append_sized(out, card.chinese_name);
    out.push_back(card.sex);
    append_sized(out, date_text(card.birth_date));
    append_sized(out, date_text(card.issue_date));
    return crypto::sha256(out);
}

Result<void> check_dates(const CardFace& card, Instant now) {
    const auto today = hong_kong_date(now);
    if (card.birth_date > today || card.issue_date > today || card.issue_date < card.birth_date) {
        return card_dates_contradict;
    }
    return {};
}

int age_on(std::chrono::year_month_day born, std::chrono::year_month_day day) {
    const int years = static_cast<int>(day.year()) - static_cast<int>(born.year());
    // Compared as (month, day), 29 February lies after 28 February and before 1 March, which is
    // the rule for common and leap years alike.
    const bool had_birthday =
        std::pair(day.month(), day.day()) >= std::pair(born.month(), born.day());
    return had_birthday ? years : years - 1;
}

Result<std::chrono::year_month_day> parse_date(std::string_view text) {
    if (text.size() != 8 || !std::all_of(text.begin(), text.end(), is_digit)) {
        return card_date_malformed;
    }
    const auto number = [&](std::size_t at, std::size_t length) {
        unsigned value = 0;
        for (const char c : text.substr(at, length)) {
            value = value * 10 + static_cast<unsigned>(c - '0');
        }
        return value;
    };
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(number(0, 4))),
                                           std::chrono::month(number(4, 2)),
                                           std::chrono::day(number(6, 2))};
    if (!date.ok()) {
        return card_date_malformed;
    }
    return date;
}

std::string date_text(std::chrono::year_month_day date) {
    std::string out;
    const auto append = [&](unsigned value, int width) {
        const std::string digits = std::to_string(value);
        out.append(static_cast<std::size_t>(width) - digits.size(), '0').append(digits);
    };
    append(static_cast<unsigned>(static_cast<int>(date.year())), 4);
    append(static_cast<unsigned>(date.month()), 2);
    append(static_cast<unsigned>(date.day()), 2);
    return out;
}

}  // namespace chopmark::citizen
