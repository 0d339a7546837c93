// The halves of our asking commands that come from what every initiateRequest carries: the head
// with a request id of its own, and the delivery values, which have the same names for whatever is
// asked. Pure but for the entropy.
#pragma once

#include "events/core/entropy.h"
#include "events/crypto/digest.h"
#include "gateways/rp/request_content.h"

namespace chopmark::rp {

inline citizen::RequestHead request_head(Entropy& entropy, const ClientId& client,
                                         const citizen::BusinessIdToken& business_id,
                                         const AskHead& asked, const citizen::ByToken& origin) {
    citizen::RequestHead head;
    head.request = entropy.draw<RequestId>();
    head.client = client;
    head.business_id = business_id;
    head.origin = origin;
    head.state_digest = crypto::sha256(asked.state);
    head.redirect_uri_digest = crypto::sha256(asked.redirect_uri);
    return head;
}

template <class Delivery>
Delivery delivery_of(const AskHead& head) {
    Delivery delivery;
    delivery.set_redirect_uri(head.redirect_uri);
    delivery.set_state(head.state);
    delivery.set_business_id(head.business_id);
    delivery.set_source(head.source);
    delivery.set_language(head.language);
    return delivery;
}

}  // namespace chopmark::rp
