#include "gateways/outside/sandbox_parties.h"

#include "events/core/limits.h"
#include "gateways/outside/sandbox_cards.h"

namespace chopmark::outside {

Result<ports::RegisterAnswer> SandboxRegister::match(const RequestId& request,
                                                     const Sensitive<ports::CardQuery>& card) {
    CHOPMARK_TRY(fault.enter());
    using Verdict = ports::RegisterAnswer::Verdict;
    const std::string& name = card.reveal().english_name;
    const auto has = [&name](std::string_view word) {
        return name.find(word) != std::string::npos;
    };
    if (has("UNREACHABLE")) {
        return Error(ports::outside_unreachable, "asked for by the name");
    }
    const std::string reference = "sandbox-" + request.hex();
    if (has("NOMATCH")) {
        return ports::RegisterAnswer{Verdict::not_matched, "44", reference};
    }
    if (has("INVALID")) {
        return ports::RegisterAnswer{Verdict::card_invalid, "55", reference};
    }
    return ports::RegisterAnswer{Verdict::matched, "00", reference};
}

Result<ports::FaceAnswer> SandboxMatcher::compare(const RequestId& request,
                                                  const Sensitive<Bytes>& selfie,
                                                  const Sensitive<Bytes>& picture) {
    CHOPMARK_TRY(fault.enter());
    const std::string reference = "sandbox-" + request.hex();
    const auto face = read_sandbox_selfie(selfie.reveal());
    if (!face || picture.reveal().find(face->number) == Bytes::npos) {
        return ports::FaceAnswer{0, 0, reference};
    }
    return ports::FaceAnswer{face->match_permille, face->liveness_permille, reference};
}

Result<void> SandboxPush::notify(const RequestId& request, const DeviceId&, const std::string&) {
    CHOPMARK_TRY(fault.enter());
    const std::lock_guard lock(mutex_);
    if (recent_.size() >= limits::outside_remembered_requests) {
        recent_.clear();
    }
    delivered_ += recent_.insert(request).second ? 1 : 0;
    return {};
}

std::uint64_t SandboxPush::delivered() const {
    const std::lock_guard lock(mutex_);
    return delivered_;
}

}  // namespace chopmark::outside
