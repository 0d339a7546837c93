// Stories in which relying parties come in: two approved services, a citizen of grade `sign` with a
// bound phone and a certificate, and commands that pass. A test spoils one thing and sees what
// becomes of it.
#pragma once

#include "aggregates/citizen/step_up.h"
#include "tests/support/citizen_evidence.h"

namespace chopmark::test {

inline const ClientId service = sample_id<ClientId>(0x81);
inline const ClientId other_service = sample_id<ClientId>(0x82);
inline const Bytes certificate_serial = "\x0c\x0e";

/// Approved for `scopes` and nothing else.
void given_service(CitizenStory& story, const ClientId& client,
                   const std::vector<std::string_view>& scopes,
                   const schema::RelyingPartySetup& setup = {});

/// Both services have every scope of scope.h; Chan is registered by NFC with phone 1.
CitizenStory served_story();

void given_policy(CitizenStory& story, std::string_view setting, std::uint64_t value);
/// The account is suspended, or closed, by an event.
void given_suspended(CitizenStory& story);
void given_closed(CitizenStory& story);
/// Another phone takes over, and its cooling-off lasts for three days.
void given_rebound(CitizenStory& story, std::uint8_t number);

RequestId request_id(std::uint8_t number);
citizen::BusinessIdToken business_id(std::uint8_t number);

/// Drawn now and claimed by the phone that is bound.
citizen::LoginOffer offer(CitizenStory& story, std::uint8_t number,
                          std::vector<std::string> scopes = {"eidapi_auth"});
citizen::ApproveLogin approve(CitizenStory& story, std::uint8_t number,
                              std::vector<std::string> scopes = {"eidapi_auth"});
citizen::RedeemCode redeem(const EventId& approved, const ClientId& client = service);
/// With every scope; gives the token.
EventId log_in(CitizenStory& story, std::uint8_t number = 1);

/// Face and chip, checked just now.
citizen::StepUpChecks checked(CitizenStory& story);

citizen::AskConsent ask_consent(const EventId& token, std::uint8_t number,
                                std::vector<std::string> names = {"enName", "birthDate"});
citizen::GrantConsent grant(CitizenStory& story, std::uint8_t number,
                            std::vector<std::string> names = {"enName", "birthDate"});
citizen::AskSignature ask_signature(const EventId& token, std::uint8_t number);
citizen::ApproveSignature approve_signature(CitizenStory& story, std::uint8_t number);
citizen::AskStepUp ask_step_up(const EventId& token, std::uint8_t number);

}  // namespace chopmark::test
