// The outside parties over HTTPS, each a thin reading of an OutsideClient (outside_client.h):
// bodies are JSON, bytes standard Base64, times ms since 1970. The calls, all POST:
//
//   register  /match    {document_type, issuer, number, english_name, chinese_name, sex,
//   birth_date,
//                        issue_date}        → {verdict: "matched"|"not_matched"|"card_invalid",
//                                              code, reference}
//   matcher   /compare  {selfie, picture}   → {match_permille, liveness_permille, reference}
//   authority /issue    {public_key, subject_name} → {certificate, chain, serial, until_at}
//             /revoke   {serial}            → {}
//             /crl      {}                  → {list, number}
//             4xx to an issue (see outside_client.h): no certificate, for good
//   push      /notify   {device, kind}      → {}
//
// An answer that lacks a member, or has a score beyond 1000, is outside.unreachable. Clients must
// outlive the adapters. Calls block; safe from any thread.
#pragma once

#include "gateways/outside/outside_client.h"

namespace chopmark::outside {

class HttpsRegister final : public ports::ImmigrationRegister {
  public:
    explicit HttpsRegister(OutsideClient& client) : client_(client) {}
    Result<ports::RegisterAnswer> match(const RequestId& request,
                                        const Sensitive<ports::CardQuery>& card) override;

  private:
    OutsideClient& client_;
};

class HttpsMatcher final : public ports::FaceMatcher {
  public:
    explicit HttpsMatcher(OutsideClient& client) : client_(client) {}
    Result<ports::FaceAnswer> compare(const RequestId& request, const Sensitive<Bytes>& selfie,
                                      const Sensitive<Bytes>& picture) override;

  private:
    OutsideClient& client_;
};

class HttpsAuthority final : public ports::CertificationAuthority {
  public:
    /// Entropy, which names the requests for lists, must outlive the object.
    HttpsAuthority(OutsideClient& client, Entropy& entropy) : client_(client), entropy_(entropy) {}
    Result<ports::IssuedCertificate> issue(const RequestId& request, ByteView public_key,
                                           const Sensitive<std::string>& subject_name) override;
    Result<void> revoke(const RequestId& request, ByteView serial) override;
    Result<ports::RevocationList> revocation_list() override;

  private:
    OutsideClient& client_;
    Entropy& entropy_;
};

class HttpsPush final : public ports::PushNotice {
  public:
    explicit HttpsPush(OutsideClient& client) : client_(client) {}
    Result<void> notify(const RequestId& request, const DeviceId& device,
                        const std::string& kind) override;

  private:
    OutsideClient& client_;
};

}  // namespace chopmark::outside
