// A call that a terminal signed, and at a counter or before a mobile team its operator too. Keys
// and kinds come from the control snapshot at hand; whether terminal and operator may still do this
// is for the decision, which compares the key that verified with the one in force.
#pragma once

#include "aggregates/citizen/authority.h"
#include "aggregates/control/operator.h"
#include "aggregates/control/terminal.h"
#include "gateways/app/answer.h"
#include "gateways/app/app_ports.h"
#include "gateways/http/route.h"
#include "gateways/service/signed_message.h"

namespace chopmark::channel {

using service::Json;

/// Terminal, operator or signature: which of them is wrong is not told.
inline constexpr Reason terminal_unauthenticated{"channel.unauthenticated", Kind::unauthenticated};
inline constexpr Reason terminal_header_malformed{"channel.header_malformed", Kind::invalid};
/// Counters and mobile teams register with an operator's signature.
inline constexpr Reason operator_missing{"channel.operator_missing", Kind::invalid};

/// All must outlive the gateway; as app::AppPorts, less what only phones need.
struct ChannelPorts {
    runtime::CommandService& commands;
    const service::Queries& queries;
    const control::Snapshots& control;
    const service::Secrets& secrets;
    const service::Networks& networks;
    const outside::IdentityChecks& identity;
    app::AttestationCheck attestation;
    keys::PasswordStore& passwords;
    const keys::KeyRing& ring;
    const crypto::P256Verifier& verifier;
    const Clock& clock;
    Entropy& entropy;
    WorkPool& work;
};

struct ChannelContext {
    ChannelPorts ports;
    keys::PasswordOptions password;
};

/// Who signed; both keys as they verified.
struct TerminalSigners {
    control::Terminal terminal;
    std::optional<control::Operator> op;
    service::CheckedChallenge challenge;
};
/// Reads the headers and verifies both signatures over the call.
Result<TerminalSigners> verify_terminal(const ChannelPorts& ports, const http::Call& call);

struct TerminalCall {
    http::CallPtr call;
    Json body;
    TerminalSigners signers;
    CommandHead head;
};

using TerminalHandler =
    std::function<void(const std::shared_ptr<TerminalCall>&, const app::SharedReply&)>;
/// A POST row with permission `channel.terminal`, handled in the work pool.
http::Route terminal_row(const ChannelContext& context, std::string path, std::string name,
                         std::string summary, TerminalHandler handler);

// ---- evidence made at the terminal
// ---------------------------------------------------------------

/// The card shown and who vouches for it: at a kiosk members `card`, `chip`, `selfie`; else `card`,
/// `chip`, `same_face` and the operator's signature. `shift` may name the shift. Asks the outside
/// parties: identity.register_unreachable, identity.matcher_unreachable.
Result<citizen::AtTerminal> read_visit(const ChannelContext& context, const TerminalCall& call);

/// The account that a visit is about: member `account`, or the card's holder, who is looked up only
/// when the chip was genuine. `found` runs in the work pool.
void find_account(const ChannelContext& context, const std::shared_ptr<TerminalCall>& call,
                  const citizen::AtTerminal& visit, const app::SharedReply& reply,
                  std::function<void(const AccountId&)> found);

schema::Endpoint endpoint_of(const ChannelContext& context, const http::Call& call);

}  // namespace chopmark::channel
