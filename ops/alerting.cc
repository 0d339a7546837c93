#include "ops/alerting.h"

#include "events/crypto/digest.h"
#include "ops/deciding.h"

namespace chopmark::ops {
namespace {

constexpr std::size_t findings_at_once = 64;

control::RaiseAlert to_command(const anomaly::Finding& finding) {
    control::RaiseAlert command;
    command.alert = finding.alert;
    command.revision = finding.what.revision;
    command.rule = finding.rule;
    command.rule_version = finding.rule_version;
    command.severity = finding.what.severity;
    command.window_start = finding.what.window_start;
    command.cut = finding.cut;
    command.entity = to_message(finding.what.entity);
    for (const auto& other : finding.what.others) {
        command.others.push_back(to_message(other));
    }
    for (const auto& evidence : finding.what.evidence) {
        command.evidence.push_back(to_message(evidence));
    }
    command.score_permille = finding.what.score_permille;
    for (const auto& measure : finding.what.measures) {
        command.measures.push_back(to_message(measure));
    }
    command.explanation = Sensitive(finding.what.explanation);
    return command;
}

/// The same finding is the same command, from whichever life of the process it comes.
CommandId command_of(const anomaly::Finding& finding) {
    Bytes revision;
    append_big_endian(revision, finding.what.revision);
    return CommandId(crypto::sha256({"chopmark/raise/1", finding.alert.bytes(), revision}).array());
}

}  // namespace

Result<std::unique_ptr<Alerting>> Alerting::open(const fold::Runner::Surroundings& around,
                                                 runtime::CommandService& commands,
                                                 const Clock& clock,
                                                 fold::Runner::Stopped stopped) {
    auto alerting = std::unique_ptr<Alerting>(new Alerting(commands, clock));
    anomaly::AlertRunner::Options options;
    options.stopped = std::move(stopped);
    CHOPMARK_ASSIGN(alerting->runner_,
                    anomaly::AlertRunner::open(around, alerting->fold_, std::move(options)));
    return alerting;
}

void Alerting::raise() {
    if (under_way_.load() > 0) {
        return;  // revisions of an alert keep their order
    }
    const auto findings = runner_->outstanding(findings_at_once);
    if (!findings || findings->empty()) {
        return;
    }
    under_way_.store(findings->size());
    for (const anomaly::Finding& finding : *findings) {
        commands_.submit(control::Command(control::AlertCaseCommand(to_command(finding))),
                         timer_command(command_of(finding), clock_.now()),
                         [this, alert = finding.alert, revision = finding.what.revision](
                             const Result<runtime::Receipt>& raised) {
                             if (raised || raised.error() == control::alert_known) {
                                 // Not settled after all: it is given again, and control knows it.
                                 static_cast<void>(runner_->settled(alert, revision));
                             }
                             under_way_.fetch_sub(1);
                         });
    }
}

}  // namespace chopmark::ops
