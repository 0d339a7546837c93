// An EventVault without keys: boxes hold their layers in clear. For tests that are about deciding
// and folding, not about sealing. One person can be "erased": her personal boxes no longer open.
#pragma once

#include <set>

#include "events/keys/event_vault.h"

namespace chopmark::test {

class PlainVault final : public keys::EventVault {
  public:
    Result<record::Record> seal(schema::Event& event, const keys::Sealing& sealing) const override;
    Result<schema::Event> open(const record::Record& record) const override;
    Result<schema::Event> open_leaf(const record::Record& record) const override;
    Result<schema::Event> open_personal(const record::Record& record) const override;

    void erase(KeyIndex person) { erased_.insert(person); }

  private:
    std::set<KeyIndex> erased_;
};

}  // namespace chopmark::test
