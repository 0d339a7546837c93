#include "gateways/rp/bulk_result.h"

#include <algorithm>

#include "aggregates/runtime/event_finder.h"
#include "events/schema/event.h"

namespace chopmark::rp {
namespace {

using Json = nlohmann::ordered_json;
using EventPtr = std::shared_ptr<const schema::Event>;

template <class E>
Result<const E*> opened_as(const Ports& ports, const EventId& id, EventPtr& keep) {
    CHOPMARK_ASSIGN(keep, ports.events.open_recorded(id));
    const auto* event = std::get_if<E>(keep.get());
    return event != nullptr ? Result<const E*>(event) : citizen::request_not_answered;
}

/// Documents from `begin` up to, not including, `end`, of those of the request.
struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// Adds those of the part's documents that are in the range; `first` is the part's first one.
Result<void> add_part(Json& list, const Ports& ports, const citizen::BulkPart& part,
                      std::size_t first, const Range& range, std::int64_t& signed_at_us) {
    EventPtr listed_event;
    EventPtr signed_event;
    CHOPMARK_ASSIGN(const auto* listed,
                    opened_as<schema::BulkListed>(ports, part.listed, listed_event));
    CHOPMARK_ASSIGN(const auto* made,
                    opened_as<schema::BulkSigned>(ports, part.made, signed_event));
    const auto& documents = listed->personal().documents();
    const auto& signatures = made->personal().signatures();
    for (int i = 0; i < std::min(documents.size(), signatures.size()); ++i) {
        const std::size_t at = first + static_cast<std::size_t>(i);
        if (at >= range.begin && at < range.end) {
            list.push_back({{"documentID", documents[i].id()},
                            {"hashCode", to_base64(documents[i].digest())},
                            {"signature", to_base64(signatures[i])}});
        }
    }
    signed_at_us = std::max(signed_at_us, made->personal().signed_at_us());
    return {};
}

Result<std::string> certificate_of(const Ports& ports, const EventId& source, const Bytes& serial) {
    EventPtr event;
    CHOPMARK_ASSIGN(const auto* issued, opened_as<schema::CertificateIssued>(ports, source, event));
    return issued->link().serial() == serial
               ? Result<std::string>(to_base64(issued->personal().certificate()))
               : certificate_gone;
}

}  // namespace

std::string_view bulk_status(const citizen::Request& request) {
    switch (request.answer) {
        case citizen::Answer::none:
            return "SS001";
        case citizen::Answer::granted:
            return request.being_signed() ? "SS002" : "SS003";
        case citizen::Answer::cancelled:
            return "SS004";
        case citizen::Answer::refused:
        case citizen::Answer::expired:
        case citizen::Answer::withdrawn:
        case citizen::Answer::ended:
        case citizen::Answer::failed:
            break;
    }
    return "SS005";
}

Result<BulkResult> bulk_result(const Ports& ports, const EventId& certificate,
                               const citizen::Request& request, const AskedDelivery& delivery,
                               std::uint32_t sequence) {
    const std::uint32_t each = std::max(delivery.max_signatures, 1U);
    BulkResult out;
    out.callbacks = (request.bulk.documents + each - 1) / each;
    if (request.answer != citizen::Answer::granted || request.being_signed() || sequence == 0 ||
        sequence > out.callbacks) {
        return no_such_callback;
    }
    EventPtr asked_event;
    CHOPMARK_ASSIGN(const auto* asked,
                    opened_as<schema::SignatureAsked>(ports, request.asked, asked_event));
    const std::size_t begin = std::size_t{each} * (sequence - 1);
    const Range range{begin, begin + each};
    Json list = Json::array();
    std::int64_t signed_at_us = 0;
    std::size_t first = 0;
    for (const citizen::BulkPart& part : request.bulk.parts) {
        if (first < range.end && first + part.documents > range.begin) {
            CHOPMARK_TRY(add_part(list, ports, part, first, range, signed_at_us));
        }
        first += part.documents;
    }
    CHOPMARK_ASSIGN(const std::string certificate_text,
                    certificate_of(ports, certificate, request.bulk.certificate_serial));
    out.metadata["businessID"] = delivery.business_id;
    out.metadata["state"] = delivery.state;
    out.metadata["callbackSeq"] = sequence;
    out.metadata["callbackTotal"] = out.callbacks;
    out.metadata["documentTotal"] = request.bulk.documents;
    out.metadata["sigAlgo"] = asked->leaf().algorithm();
    out.metadata["timestamp"] = signed_at_us / 1000;
    out.metadata["cert"] = certificate_text;
    out.signatures["signatures"] = std::move(list);
    return out;
}

}  // namespace chopmark::rp
