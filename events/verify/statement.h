// What the log says about itself, as far as verifying needs it: cuts, expired periods, and the
// steps of an erasure. Everything else in a leaf is left unread – the verifier must be as fast as
// the hashes it makes. Pure.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "events/keys/event_vault.h"
#include "events/keys/period.h"
#include "events/tlog/cut.h"

namespace chopmark::verify {

struct Expiry {
    keys::Retention retention;
    keys::Period period;
};

enum class ErasureStanding : std::uint8_t { begun, completed };

/// ErasureOrdered and SubjectErased begin one, ErasureCompleted is the receipt.
struct ErasureStep {
    ErasureStanding standing;
    std::vector<keys::Retention> classes;
    std::optional<KeyIndex> subject;  // nothing when the link box was not opened
};

using Statement = std::variant<tlog::Cut, Expiry, ErasureStep>;

/// Whether a record of this type states anything; looked up before any parsing.
bool states_something(record::TypeNumber type);

/// `vault` may be null: then subjects stay unknown. schema.bad_body for a body that does not parse
/// and for roots or partitions that are none.
Result<Statement> statement_of(const record::Prelude& prelude, const record::RecordView& record,
                               const keys::EventVault* vault);

/// Retention class and period of a record, from its leaf's head.
struct KeyPeriod {
    keys::Retention retention;
    keys::Period period;
};
Result<KeyPeriod> key_period_of(const record::Prelude& prelude, ByteView leaf);

}  // namespace chopmark::verify
