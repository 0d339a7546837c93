// The fold of all rules over the journal, cut by cut (design 10): the same journal gives the same
// rows and the same findings, whatever the batches, the restarts and the node. A rule's state, the
// findings and the position go in one commit. Rows of a person go with SubjectErased; what is
// counted about relying parties, terminals and networks stays. Constant; safe from any thread.
//
//   rows = head row | finding row | rows of spaces                 (head_row.h, state_rows.h)
//   finding row = "f" number:u64 → Finding                         ; the last limits::findings_kept
//
// Space 0 holds the habits of persons. The version of the fold follows from the rules and their
// versions, so that a new rule is folded over the whole journal without a further line.
#pragma once

#include "anomaly/rules/rules.h"
#include "events/core/limits.h"
#include "events/fold/view.h"

namespace chopmark::anomaly {

inline constexpr std::string_view fold_name = "anomaly";
inline constexpr char finding_tag = 'f';
Bytes finding_key(std::uint64_t number);

class AnomalyFold final : public fold::View {
  public:
    struct Options {
        /// Persons whose habits are known; beyond it the least lately seen are forgotten, and what
        /// is new to them is not noticed.
        std::uint64_t persons = 4'000'000;
        /// Findings kept for handing on; beyond it the oldest is lost.
        std::uint64_t findings = limits::findings_kept;
    };
    explicit AnomalyFold(Rules rules) : AnomalyFold(std::move(rules), Options()) {}
    AnomalyFold(Rules rules, const Options& options);

    [[nodiscard]] std::string_view name() const override { return fold_name; }
    [[nodiscard]] std::uint32_t version() const override { return version_; }
    [[nodiscard]] fold::Scope scope() const override { return fold::Scope::cuts; }
    [[nodiscard]] bool wants(record::TypeNumber type) const override;
    Result<void> apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const override;

    [[nodiscard]] const Rules& rules() const { return rules_; }

  private:
    struct Step;
    Result<void> fold(Step& step) const;
    Result<void> forget(Step& step) const;
    Result<void> watch(Step& step) const;
    Result<void> expire(Step& step, std::size_t most) const;
    void keep(Step& step, const RuleText& rule, std::vector<Draft> drafts) const;

    Rules rules_;
    Options options_;
    std::uint32_t version_;
};

}  // namespace chopmark::anomaly
