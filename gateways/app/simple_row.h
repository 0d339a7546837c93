// A signed row whose body becomes one command of the caller's account and whose answer says no more
// than that it was recorded.
#pragma once

#include "gateways/app/signed_call.h"

namespace chopmark::app {

/// `read` is Result<Command>(const SignedCall&); Noun the variant that Command belongs to.
template <class Noun, class Read>
http::Route simple_row(const AppContext& context, RowName name, Read read) {
    return signed_row(
        context, std::move(name),
        [&context, read](const std::shared_ptr<SignedCall>& call, const SharedReply& reply) {
            auto command = read(*call);
            if (!command) {
                reply->fail(command.error());
                return;
            }
            submit(context, *call, Noun(*std::move(command)), reply);
        });
}

}  // namespace chopmark::app
