#include "tests/support/request_flow.h"

#include <thread>

#include "events/crypto/digest.h"
#include "events/crypto/rsa.h"
#include "events/crypto/x509.h"
#include "events/schema/event.h"
#include "gateways/app/login_routes.h"
#include "gateways/http/target.h"
#include "ops/bulk_signing.h"

namespace chopmark::test {
namespace {

class NoNotices final : public ports::PushNotice {
  public:
    Result<void> notify(const RequestId&, const DeviceId&, const std::string&) override {
        return {};
    }
};

}  // namespace

void RequestFlow::SetUp() {
    ASSERT_EQ(phone.register_by_chip("a password of mine").status, 200);
    answer_owed();
    ASSERT_EQ(phone.open_session().status, 200);
}

GatewayBench::Options RequestFlow::options() {
    static std::uint64_t seed = 7000;
    GatewayBench::Options out;
    out.seed = ++seed;
    return out;
}

void RequestFlow::answer_owed() {
    NoNotices push;
    ops::FollowUps follow_ups(ops::FollowUps::Options(), bench.work, bench.clock, bench.entropy);
    ops::handle_owed_answers(follow_ups, bench.work,
                             {bench.service(), *bench.finder, bench.snapshots, bench.signing_keys,
                              *bench.authority, push, bench.clock});
    ops::handle_bulk_signing(
        follow_ups, bench.work,
        {bench.service(), *bench.finder, bench.signing_keys, *bench.authority, bench.clock});
    follow_ups.look(owed());
    bench.run();
}

std::vector<ops::OwedAnswer> RequestFlow::owed() {
    std::vector<ops::OwedAnswer> out;
    for (std::uint16_t p = 1; p <= GatewayBench::partitions; ++p) {
        for (const auto& one : bench.domain(PartitionId(p)).outstanding(bench.clock.now())) {
            out.push_back({one.account, one.follow_up, 0, one.opened});
        }
    }
    return out;
}

Json RequestFlow::log_in(const std::string& scopes) {
    const auto page =
        client.open_page({{"source", "PC_Browser"}, {"scope", scopes}, {"state", "st-1"}});
    const GatewayAnswer scanned = phone.post("/app/v1/scans", {{"handle", page.handle}});
    EXPECT_EQ(scanned.status, 200) << scanned.reason;
    std::vector<std::string> names;
    for (const Json& name : scanned.body["scopes"]) {
        names.push_back(name);
    }
    const auto login = *RequestId::from_hex(scanned.body["login"].get<std::string>());
    const GatewayAnswer approved =
        phone.act("app.login.approve", "/app/v1/logins/approve",
                  {{"claim", scanned.body["claim"]},
                   {"client", client.id().hex()},
                   {"number", page.number},
                   {"text_digest", app::login_text_digest(client.id(), names, login).hex()}});
    EXPECT_EQ(approved.status, 200) << approved.reason;
    const auto redirect = client.news(page, true)["redirect"].get<std::string>();
    const std::string code = redirect.substr(redirect.find("code=") + 5, 32);
    return token_of(code);
}

std::map<std::string, std::string> RequestFlow::sent_to(const WireClient::Page& page) {
    const Json told = client.news(page, true);
    if (!told.is_object() || told.value("state", "") != "done") {
        ADD_FAILURE() << told;
        return {};
    }
    const auto url = told["redirect"].get<std::string>();
    EXPECT_EQ(url.substr(0, url.find('?')), WireClient::redirect_uri);
    const auto params = http::parse_form(std::string_view(url).substr(url.find('?') + 1));
    return {params->begin(), params->end()};
}

Json RequestFlow::shown() {
    const Json list = phone.get("/app/v1/requests").body;
    EXPECT_EQ(list["items"].size(), 1U) << list;
    return list["items"].empty() ? Json::object() : list["items"][0];
}

Json RequestFlow::answer_to(const Json& request) {
    return {{"request", request["request"]},
            {"client", request["client"]},
            {"text_digest", request["text_digest"]}};
}

Json RequestFlow::token_of(const std::string& code) {
    const Json envelope =
        client.post("/auth/getToken", {{"code", code}, {"grantType", "authorization_code"}});
    EXPECT_EQ(envelope["code"], "D00000") << envelope;
    return envelope["content"];
}

Result<rp::Callback> RequestFlow::callback(const RequestId& request, std::uint32_t sequence) {
    const rp::RpCallbacks callbacks(WireClient::ports_of(bench), rp::Options());
    return callbacks.render(phone.account, *bench.state_of(phone.account), request, sequence);
}

std::string bulk_document(std::size_t number) { return "notice " + std::to_string(number); }

Json bulk_documents(std::size_t count) {
    Json list = Json::array();
    for (std::size_t i = 0; i < count; ++i) {
        list.push_back({{"documentID", "D" + std::to_string(i)},
                        {"documentName", "Notice " + std::to_string(i)},
                        {"hashCode", to_base64(crypto::sha256(bulk_document(i)).bytes())}});
    }
    return list;
}

Json parts_of(const rp::Callback& callback) {
    httplib::Server receiver;
    Json body;
    receiver.Post("/callback", [&](const httplib::Request& posted, httplib::Response&) {
        for (const auto& [name, part] : posted.files) {
            body[name] = part.content;
            body[name + " file"] = part.filename;
        }
    });
    const int port = receiver.bind_to_any_port("127.0.0.1");
    std::thread listening([&] { receiver.listen_after_bind(); });
    httplib::Client sender("127.0.0.1", port);
    const auto taken = sender.Post("/callback", callback.body, callback.content_type);
    receiver.stop();
    listening.join();
    EXPECT_TRUE(taken);
    return body;
}

std::set<std::string> verified(RequestFlow& flow, const Json& signatures) {
    const auto state = flow.bench.state_of(flow.phone.account);
    const auto issued = flow.bench.finder->open(state->certificate.source).value();
    const auto certificate = crypto::Certificate::parse(
        std::get<schema::CertificateIssued>(*issued).personal().certificate());
    const auto key = crypto::RsaPublicKey::from_spki(certificate.value().spki()).value();
    std::set<std::string> good;
    for (const Json& one : signatures) {
        const std::string id = one["documentID"];
        EXPECT_TRUE(
            key.verify_sha256(bulk_document(std::stoul(id.substr(1))),
                              from_base64(one["signature"].get<std::string>()).value_or(Bytes())))
            << id;
        good.insert(id);
    }
    return good;
}

}  // namespace chopmark::test
