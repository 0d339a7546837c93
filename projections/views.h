// All views of this room, for whoever folds, lists or rebuilds them. Each runs alone: none reads
// another's rows.
#pragma once

#include <array>

#include "projections/account_view/account_view.h"
#include "projections/alerts_view/alerts_view.h"
#include "projections/asked_requests/asked_requests.h"
#include "projections/consent_register/consent_register.h"
#include "projections/eme_view/eme_view.h"
#include "projections/relying_party_view/relying_party_view.h"
#include "projections/service_transactions/service_transactions.h"
#include "projections/sign_in_log/sign_in_log.h"
#include "projections/signature_register/signature_register.h"
#include "projections/terminal_operator_view/terminal_operator_view.h"

namespace chopmark::projections {

struct Views {
    sign_in_log::SignInLog log;
    account_view::AccountView accounts;
    eme_view::EmeView eme;
    consent_register::ConsentRegister consents;
    signature_register::SignatureRegister signatures;
    asked_requests::AskedRequests asked;
    service_transactions::ServiceTransactions transactions;
    relying_party_view::RelyingPartyView relying_parties;
    terminal_operator_view::TerminalOperatorView terminals;
    alerts_view::AlertsView alerts;

    [[nodiscard]] std::array<const fold::View*, 10> all() const {
        return {&log,          &accounts,        &eme,       &consents, &signatures, &asked,
                &transactions, &relying_parties, &terminals, &alerts};
    }
};

}  // namespace chopmark::projections
