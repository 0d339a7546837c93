// The people of the sandbox: a dozen invented citizens with cards that could exist – numbers with
// the right check character (facts/iamsmart-api.md 10), names, dates – among them a child of ten.
// Each run of the journey issues them new cards, so that a second run on the same data registers
// people who were never seen. Deterministic; safe from any thread.
#pragma once

#include <vector>

#include "aggregates/citizen/card.h"
#include "events/core/clock.h"
#include "gateways/service/json_body.h"

namespace chopmark::sandbox {

inline constexpr Reason persona_unknown{"sandbox.persona_unknown", Kind::not_found};

struct Persona {
    std::string name;  // by which commands call them
    citizen::CardFace card;
    std::string email;
    std::string mobile;
};

/// One name of each, for lists.
std::vector<std::string> persona_names();
/// The persona with the card of that run; 0 for whoever does not count runs. `now` says how old
/// the child has to be. sandbox.persona_unknown.
Result<Persona> persona(std::string_view name, unsigned run, Instant now);

/// As registration takes it: {number, english_name, chinese_name, sex, birth_date, issue_date}.
service::Json card_to_json(const citizen::CardFace& card);
/// From a client's state file.
Result<citizen::CardFace> card_from_json(const service::Json& card);

}  // namespace chopmark::sandbox
