// The gateway of kiosks, counters and mobile teams: every row under /channel/v1. Each call is
// signed by the terminal's key over a challenge; where a person compares the face, by that
// operator's key too. A registration is answered with a voucher, with which the citizen's phone
// binds itself within a day. Safe from any thread.
//
// A new phone at a terminal (devices/rebind) shows that it holds its key by member
// `device_signature`: Base64 of its signature over the signed message of domain "chopmark/app/1",
// command "channel.device.rebind", the terminal's challenge and an empty body.
#pragma once

#include "gateways/channel/terminal_call.h"

namespace chopmark::channel {

class ChannelGateway final {
  public:
    explicit ChannelGateway(const ChannelPorts& ports, keys::PasswordOptions password = {})
        : context_{ports, password} {}
    ChannelGateway(const ChannelGateway&) = delete;
    ChannelGateway& operator=(const ChannelGateway&) = delete;

    /// The gateway must outlive them.
    [[nodiscard]] std::vector<http::Route> routes() const;

  private:
    ChannelContext context_;
};

/// Permission `channel.terminal`: an enrolled terminal that is not withdrawn signed the call, and
/// whoever is named as its operator did too.
class ChannelAuthorizer final : public http::Authorizer {
  public:
    explicit ChannelAuthorizer(const ChannelPorts& ports) : ports_(ports) {}

    [[nodiscard]] Result<http::Principal> authorize(const http::Call& call,
                                                    std::string_view permission) override;

  private:
    ChannelPorts ports_;
};

}  // namespace chopmark::channel
