#include "anomaly/rules/rules.h"

#include "anomaly/rules/code_replay.h"
#include "anomaly/rules/consent_harvest.h"
#include "anomaly/rules/foreign_records.h"
#include "anomaly/rules/new_device_signature.h"
#include "anomaly/rules/password_guessing.h"
#include "anomaly/rules/qr_relay.h"
#include "anomaly/rules/registration_burst.h"

namespace chopmark::anomaly {

Rules all_rules() {
    Rules rules;
    rules.push_back(std::make_unique<CodeReplay>());
    rules.push_back(std::make_unique<QrRelay>());
    rules.push_back(std::make_unique<NewDeviceSignature>());
    rules.push_back(std::make_unique<RegistrationBurst>());
    rules.push_back(std::make_unique<ConsentHarvest>());
    rules.push_back(std::make_unique<PasswordGuessing>());
    rules.push_back(std::make_unique<ForeignRecords>());
    return rules;
}

}  // namespace chopmark::anomaly
