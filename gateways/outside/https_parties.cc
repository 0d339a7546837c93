#include "gateways/outside/https_parties.h"

namespace chopmark::outside {
namespace {

using service::Json;

/// What is asked for is nobody's wish: who refuses it has not understood it.
template <class Answer>
Result<Answer> not_refusable(Result<Answer> answer) {
    if (!answer && answer.error() == ports::outside_refused) {
        return Error(ports::outside_unreachable, answer.error().detail);
    }
    return answer;
}

/// What a party said, or that it made no sense.
template <class Answer>
Result<Answer> sensible(Result<Answer> read) {
    if (!read && read.error().kind() == Kind::invalid) {
        return Error(ports::outside_unreachable, "an answer that makes no sense");
    }
    return read;
}

Result<std::uint32_t> permille_of(const Json& answer, const char* name) {
    constexpr std::int64_t whole = 1000;
    CHOPMARK_ASSIGN(const std::int64_t value, service::number_of(answer, name));
    if (value < 0 || value > whole) {
        return Error(service::json_member, name);
    }
    return static_cast<std::uint32_t>(value);
}

Result<ports::RegisterAnswer> read_register(const Json& answer) {
    using Verdict = ports::RegisterAnswer::Verdict;
    ports::RegisterAnswer out;
    CHOPMARK_ASSIGN(const std::string verdict, service::text_of(answer, "verdict"));
    if (verdict == "matched") {
        out.verdict = Verdict::matched;
    } else if (verdict == "card_invalid") {
        out.verdict = Verdict::card_invalid;
    } else if (verdict != "not_matched") {
        return Error(service::json_member, "verdict");
    }
    CHOPMARK_ASSIGN(out.code, service::text_or_empty(answer, "code"));
    CHOPMARK_ASSIGN(out.reference, service::text_of(answer, "reference"));
    return out;
}

Result<ports::FaceAnswer> read_face(const Json& answer) {
    ports::FaceAnswer out;
    CHOPMARK_ASSIGN(out.match_permille, permille_of(answer, "match_permille"));
    CHOPMARK_ASSIGN(out.liveness_permille, permille_of(answer, "liveness_permille"));
    CHOPMARK_ASSIGN(out.reference, service::text_of(answer, "reference"));
    return out;
}

Result<ports::IssuedCertificate> read_issued(const Json& answer) {
    ports::IssuedCertificate out;
    CHOPMARK_ASSIGN(out.certificate, service::bytes_of(answer, "certificate"));
    CHOPMARK_ASSIGN(out.chain, service::bytes_of(answer, "chain"));
    CHOPMARK_ASSIGN(out.serial, service::bytes_of(answer, "serial"));
    CHOPMARK_ASSIGN(out.until, service::instant_of(answer, "until_at"));
    return out;
}

Result<ports::RevocationList> read_list(const Json& answer) {
    ports::RevocationList out;
    CHOPMARK_ASSIGN(out.list, service::bytes_of(answer, "list"));
    CHOPMARK_ASSIGN(const std::int64_t number, service::number_of(answer, "number"));
    if (number < 0) {
        return Error(service::json_member, "number");
    }
    out.number = static_cast<std::uint64_t>(number);
    return out;
}

}  // namespace

Result<ports::RegisterAnswer> HttpsRegister::match(const RequestId& request,
                                                   const Sensitive<ports::CardQuery>& card) {
    const ports::CardQuery& face = card.reveal();
    CHOPMARK_ASSIGN(const Json answer,
                    not_refusable(client_.ask("match", request,
                                              {{"document_type", face.document_type},
                                               {"issuer", face.issuer},
                                               {"number", face.number},
                                               {"english_name", face.english_name},
                                               {"chinese_name", face.chinese_name},
                                               {"sex", face.sex},
                                               {"birth_date", face.birth_date},
                                               {"issue_date", face.issue_date}})));
    return sensible(read_register(answer));
}

Result<ports::FaceAnswer> HttpsMatcher::compare(const RequestId& request,
                                                const Sensitive<Bytes>& selfie,
                                                const Sensitive<Bytes>& picture) {
    CHOPMARK_ASSIGN(const Json answer,
                    not_refusable(client_.ask("compare", request,
                                              {{"selfie", to_base64(selfie.reveal())},
                                               {"picture", to_base64(picture.reveal())}})));
    return sensible(read_face(answer));
}

Result<ports::IssuedCertificate> HttpsAuthority::issue(const RequestId& request,
                                                       ByteView public_key,
                                                       const Sensitive<std::string>& subject_name) {
    CHOPMARK_ASSIGN(const Json answer, client_.ask("issue", request,
                                                   {{"public_key", to_base64(public_key)},
                                                    {"subject_name", subject_name.reveal()}}));
    return sensible(read_issued(answer));
}

Result<void> HttpsAuthority::revoke(const RequestId& request, ByteView serial) {
    CHOPMARK_TRY(client_.ask("revoke", request, {{"serial", to_base64(serial)}}));
    return {};
}

Result<ports::RevocationList> HttpsAuthority::revocation_list() {
    CHOPMARK_ASSIGN(const Json answer,
                    not_refusable(client_.ask("crl", entropy_.draw<RequestId>(), Json::object())));
    return sensible(read_list(answer));
}

Result<void> HttpsPush::notify(const RequestId& request, const DeviceId& device,
                               const std::string& kind) {
    CHOPMARK_TRY(
        not_refusable(client_.ask("notify", request, {{"device", device.hex()}, {"kind", kind}})));
    return {};
}

}  // namespace chopmark::outside
