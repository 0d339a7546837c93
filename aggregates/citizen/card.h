// The Hong Kong identity card as a citizen presents it: its number with the check character, the
// six card-face fields, and the age rule (facts/iamsmart-api.md 10, mission). What does not parse
// never becomes a command, so a number with a wrong check character has no slot and no record
// (design 12). All of it is personal data: keep it in Sensitive<>. Pure functions, any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "aggregates/ports/outside.h"
#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/result.h"
#include "events/schema/account.pb.h"

namespace chopmark::citizen {

inline constexpr Reason card_number_malformed{"card.number_malformed", Kind::invalid};
inline constexpr Reason card_check_character{"card.check_character", Kind::refused};
inline constexpr Reason card_document_unknown{"card.document_unknown", Kind::invalid};
inline constexpr Reason card_name_malformed{"card.name_malformed", Kind::invalid};
inline constexpr Reason card_sex_malformed{"card.sex_malformed", Kind::invalid};
inline constexpr Reason card_date_malformed{"card.date_malformed", Kind::invalid};
/// Born or issued in the future, or issued before birth.
inline constexpr Reason card_dates_contradict{"card.dates_contradict", Kind::invalid};

inline constexpr std::string_view document_type = "HKIC";
inline constexpr std::string_view document_issuer = "HKG";  // ISO 3166-1 alpha-3
inline constexpr int minimum_age_years = 11;

/// One or two letters, six digits and the check character that they give; a default one is empty
/// and names no card.
class HkidNumber {
  public:
    HkidNumber() = default;
    /// Takes A123456(3) and A1234563, in either case.
    static Result<HkidNumber> parse(std::string_view text);

    /// A1234563: the one spelling that is stored, hashed and compared.
    [[nodiscard]] const std::string& text() const { return text_; }
    /// A123456: what HKICHash is made of.
    [[nodiscard]] std::string_view body() const {
        return std::string_view(text_).substr(0, text_.empty() ? 0 : text_.size() - 1);
    }

    friend bool operator==(const HkidNumber&, const HkidNumber&) = default;

  private:
    explicit HkidNumber(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// The check character of one or two letters and six digits; the caller has checked that shape.
char hkid_check_character(std::string_view body);

struct CardFace {
    HkidNumber number;
    std::string english_name;
    std::string chinese_name;  // empty: the card bears none
    char sex = 'F';            // M or F
    std::chrono::year_month_day birth_date;
    std::chrono::year_month_day issue_date;

    friend bool operator==(const CardFace&, const CardFace&) = default;
};

/// A card as photographed, read from its chip, or sent by a terminal.
Result<CardFace> parse_card(const ports::CardQuery& text);
ports::CardQuery query_of(const CardFace& card);
schema::CardFacts facts_of(const CardFace& card);
/// What evidence about a card is bound to; unlike HMAC(K_card) it covers every field.
Digest digest_of(const CardFace& card);

/// card.dates_contradict, judged on the Hong Kong date of `now`.
Result<void> check_dates(const CardFace& card, Instant now);

/// Completed years on a day; who is born on 29 February has their birthday on 1 March of common
/// years.
int age_on(std::chrono::year_month_day born, std::chrono::year_month_day day);

/// yyyyMMdd of the civil calendar.
Result<std::chrono::year_month_day> parse_date(std::string_view text);
std::string date_text(std::chrono::year_month_day date);

}  // namespace chopmark::citizen
