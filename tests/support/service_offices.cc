#include "tests/support/service_offices.h"

namespace chopmark::test {
namespace {

using sandbox::Json;

const std::vector<std::string> scopes{"eidapi_auth", "eidapi_profiles", "eidapi_formFilling",
                                      "eidapi_sign"};

}  // namespace

Result<void> ServiceOffices::found(sandbox::StaffClient& first, sandbox::Gateways gateways,
                                   Entropy& entropy) {
    sandbox::StaffClient second(crypto::P256PrivateKey::generate(entropy), gateways, entropy);
    CHOPMARK_TRY(sandbox::expect_success(first.admin_post(
        "/admin/v1/staff", {{"public_key", to_base64(second.key().point().bytes())},
                            {"roles", {"administrator"}},
                            {"name", "Second Administrator"},
                            {"email", "second@example.hk"}})));
    CHOPMARK_ASSIGN(receiver_, sandbox::CallbackReceiver::start());
    const Staff staff{first, second};
    CHOPMARK_TRY(onboard(staff, Kind::honest, gateways, entropy));
    return onboard(staff, Kind::thief, gateways, entropy);
}

Result<void> ServiceOffices::onboard(const Staff& staff, Kind kind, sandbox::Gateways gateways,
                                     Entropy& entropy) {
    sandbox::ServiceIdentity identity;
    identity.name = kind == Kind::honest ? "Crash Office" : "Crash Prize Draw";
    identity.scopes = scopes;
    identity.redirect_uri = receiver_->url("/back");
    identity.callback_uri = receiver_->url("/callback");
    identity.direct_login_uri = receiver_->url("/one-tap");
    auto key = crypto::RsaPrivateKey::generate();
    CHOPMARK_ASSIGN(const Json applied, sandbox::expect_success(staff.first.admin_post(
                                            "/admin/v1/relying-parties",
                                            {{"name_english", identity.name},
                                             {"name_traditional", identity.name},
                                             {"organisation", "Crash department"},
                                             {"scopes", scopes},
                                             {"redirect_uris", {identity.redirect_uri}},
                                             {"callback_uris", {identity.callback_uri}},
                                             {"direct_login_uris", {identity.direct_login_uri}},
                                             {"kek", to_base64(key.public_key().spki())},
                                             {"contact_name", "Crash Contact"},
                                             {"contact_email", "contact@example.hk"}})));
    CHOPMARK_ASSIGN(identity.client, service::text_of(applied, "client"));
    CHOPMARK_ASSIGN(
        const Json approved,
        sandbox::expect_success(staff.second.admin_post(
            "/admin/v1/relying-parties/" + identity.client + "/approve", {{"scopes", scopes}})));
    CHOPMARK_ASSIGN(identity.secret, service::text_of(approved, "client_secret"));
    return sandbox::SampleService(std::move(identity), std::move(key), gateways, entropy)
        .save(file_of(kind));
}

std::filesystem::path ServiceOffices::file_of(Kind kind) const {
    return folder_ / (kind == Kind::honest ? "service.json" : "thief.json");
}

Result<sandbox::SampleService> ServiceOffices::open(Kind kind, sandbox::Gateways gateways,
                                                    Entropy& entropy) const {
    return sandbox::SampleService::load(file_of(kind), gateways, entropy);
}

}  // namespace chopmark::test
