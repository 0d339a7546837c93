// How members of staff sign in (design 8): a signed challenge gives a token of ten minutes, MACed,
// with their roles; the roles in force when a call is made are judged, not those of the sign-in.
// One Authorizer for the gateways of auditors, security teams and operators. A permission is a dot
// name; the table in staff_session.cc says which roles have it, and a permission that is not in the
// table is nobody's.
#pragma once

#include "aggregates/control/snapshot.h"
#include "events/core/clock.h"
#include "events/core/entropy.h"
#include "events/crypto/p256.h"
#include "gateways/http/route.h"
#include "gateways/service/secrets.h"

namespace chopmark::service {

inline constexpr Reason staff_unauthenticated{"staff.unauthenticated", Kind::unauthenticated};
inline constexpr Reason staff_forbidden{"staff.forbidden", Kind::forbidden};

class StaffSessions final : public http::Authorizer {
  public:
    /// All must outlive the object.
    StaffSessions(const Secrets& secrets, const control::Snapshots& control,
                  const crypto::P256Verifier& verifier, const Clock& clock, Entropy& entropy);

    /// POST /staff/v1/challenge and POST /staff/v1/session, for every gateway that staff use.
    [[nodiscard]] std::vector<http::Route> routes();

    /// `Authorization: Bearer TOKEN`.
    [[nodiscard]] Result<http::Principal> authorize(const http::Call& call,
                                                    std::string_view permission) override;

  private:
    [[nodiscard]] Result<httplib::Response> open(const http::Call& call) const;

    const Secrets& secrets_;
    const control::Snapshots& control_;
    const crypto::P256Verifier& verifier_;
    const Clock& clock_;
    Entropy& entropy_;
};

/// As on the wire: "administrator", "auditor", "security", "privacy_officer", "support".
std::string_view role_name(schema::StaffRole role);
std::optional<schema::StaffRole> role_named(std::string_view name);

/// All permissions that the table knows, for the test of every route with every role.
std::vector<std::string_view> staff_permissions();
bool has_permission(schema::StaffRole role, std::string_view permission);

}  // namespace chopmark::service
