// Writes into an asking event what all of them have alike: request, login, businessID, deadline,
// digests and the inner box with the delivery values. The fields have the same names in
// ConsentAsked, SignatureAsked and StepUpAsked.
#pragma once

#include "aggregates/citizen/request.h"

namespace chopmark::citizen {

template <class E, class Delivery>
void put_request(E& event, const RequestHead& head, const Admission& admission,
                 const Delivery& delivery) {
    auto& link = *event.mutable_link();
    link.set_request_id(head.request.to_bytes());
    if (!admission.login.is_zero()) {
        link.set_login_id(admission.login.to_bytes());
    }
    link.set_business_id_token(head.business_id.to_bytes());
    link.set_due_us(admission.due.micros());
    link.set_pushed(admission.pushed);
    auto& personal = *event.mutable_personal();
    personal.set_state_digest(head.state_digest.to_bytes());
    personal.set_redirect_uri_digest(head.redirect_uri_digest.to_bytes());
    personal.mutable_delivery()->set_box(delivery.SerializeAsString());
}

}  // namespace chopmark::citizen
