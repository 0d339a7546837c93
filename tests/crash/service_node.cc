#include "tests/crash/service_node.h"

#include <unistd.h>

#include <thread>

#include "anomaly/runner/alert_runner.h"
#include "events/core/ensure.h"
#include "events/fold/memory_rows.h"
#include "ops/sandbox/process.h"
#include "ops/storage.h"

namespace chopmark::test {
namespace {

namespace fs = std::filesystem;
using sandbox::Json;

const std::vector<std::string> scopes{"eidapi_auth", "eidapi_profiles", "eidapi_formFilling",
                                      "eidapi_sign"};
constexpr std::chrono::milliseconds look_pause{30};
constexpr unsigned looks_at_a_view = 1000;

std::string program(const char* name) { return std::string(CHOPMARK_BINARY_DIR) + "/" + name; }

/// A kill does not lose what was written; so memory will do, where there is such a folder.
std::string memory_folder() {
    const fs::path memory = "/dev/shm";
    const fs::path base = fs::is_directory(memory) ? memory : fs::temp_directory_path();
    std::string name = (base / "chopmark-service.XXXXXX").string();
    ensure(::mkdtemp(name.data()) != nullptr, "a folder for the crash test");
    return name;
}

/// Of this process alone, most likely; a daemon that finds them taken says so.
sandbox::Gateways ports() {
    constexpr int first = 24000;
    constexpr int groups = 700;
    constexpr int apart = 10;
    return {first + apart * (::getpid() % groups)};
}

}  // namespace

ServiceNode::ServiceNode()
    : folder_(memory_folder()),
      gateways_(ports()),
      data_(fs::path(folder_) / "data"),
      daemon_(sandbox::Daemon::alone(program("chopmarkd"), data_.root(), gateways_.base)) {}

ServiceNode::~ServiceNode() {
    daemon_.kill();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

Result<void> ServiceNode::start() { return daemon_.start(); }

void ServiceNode::kill() { daemon_.kill(); }

void ServiceNode::kill_at_start(std::chrono::microseconds later) {
    auto child =
        sandbox::Child::start({program("chopmarkd"), "--sandbox", "--data", data_.root().string(),
                               "--ports", std::to_string(gateways_.base)},
                              fs::path(folder_) / "starting.log");
    ensure(child.has_value(), "the daemon can be started");
    std::this_thread::sleep_for(later);
    child->kill();
}

Result<void> ServiceNode::found() {
    CHOPMARK_ASSIGN(auto first,
                    sandbox::StaffClient::load(data_.root() / "sandbox" / "first_operator.key",
                                               gateways_, entropy_));
    sandbox::StaffClient second(crypto::P256PrivateKey::generate(entropy_), gateways_, entropy_);
    CHOPMARK_TRY(sandbox::expect_success(first.admin_post(
        "/admin/v1/staff", {{"public_key", to_base64(second.key().point().bytes())},
                            {"roles", {"administrator"}},
                            {"name", "Second Administrator"},
                            {"email", "second@example.hk"}})));
    CHOPMARK_ASSIGN(receiver_, sandbox::CallbackReceiver::start());
    CHOPMARK_TRY(onboard(first, second, Kind::honest));
    return onboard(first, second, Kind::thief);
}

Result<void> ServiceNode::onboard(sandbox::StaffClient& first, sandbox::StaffClient& second,
                                  Kind kind) {
    sandbox::ServiceIdentity identity;
    identity.name = kind == Kind::honest ? "Crash Office" : "Crash Prize Draw";
    identity.scopes = scopes;
    identity.redirect_uri = receiver_->url("/back");
    identity.callback_uri = receiver_->url("/callback");
    identity.direct_login_uri = receiver_->url("/one-tap");
    auto key = crypto::RsaPrivateKey::generate();
    CHOPMARK_ASSIGN(const Json applied, sandbox::expect_success(first.admin_post(
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
        sandbox::expect_success(second.admin_post(
            "/admin/v1/relying-parties/" + identity.client + "/approve", {{"scopes", scopes}})));
    CHOPMARK_ASSIGN(identity.secret, service::text_of(approved, "client_secret"));
    return sandbox::SampleService(std::move(identity), std::move(key), gateways_, entropy_)
        .save(file_of(kind));
}

std::filesystem::path ServiceNode::file_of(Kind kind) const {
    return fs::path(folder_) / (kind == Kind::honest ? "service.json" : "thief.json");
}

Result<sandbox::SampleService> ServiceNode::service(Kind kind) {
    return sandbox::SampleService::load(file_of(kind), gateways_, entropy_);
}

Result<void> ServiceNode::diff(sandbox::StaffClient& admin, const std::string& view,
                               std::string& differing) {
    CHOPMARK_TRY(sandbox::expect_success(
        admin.admin_post("/admin/v1/views/" + view + "/diff", Json::object())));
    for (unsigned look = 0; look < looks_at_a_view; ++look) {
        CHOPMARK_ASSIGN(const Json list,
                        sandbox::expect_success(admin.admin_get("/admin/v1/views")));
        for (const Json& one : list.value("items", Json::array())) {
            const Json task = one.value("task", Json());
            if (one.value("view", "") != view || !task.is_object() || task.value("running", true)) {
                continue;
            }
            const Json differences = task.value("differences", Json());
            if (differences != 0 || !task.value("failed", Json()).is_null()) {
                differing += view + ": " + task.dump() + "\n";
            }
            return {};
        }
        std::this_thread::sleep_for(look_pause);
    }
    return Error(sandbox::unreachable, "the comparison of " + view + " has not ended");
}

Result<std::string> ServiceNode::differing_views() {
    CHOPMARK_ASSIGN(auto admin,
                    sandbox::StaffClient::load(data_.root() / "sandbox" / "first_operator.key",
                                               gateways_, entropy_));
    CHOPMARK_ASSIGN(const Json list, sandbox::expect_success(admin.admin_get("/admin/v1/views")));
    std::string differing;
    for (const Json& view : list.value("items", Json::array())) {
        CHOPMARK_TRY(diff(admin, view.value("view", ""), differing));
    }
    return differing;
}

Result<std::string> ServiceNode::bad_log() {
    CHOPMARK_ASSIGN(const auto done,
                    sandbox::run_program({program("chopmark"), "--json", "log", "verify",
                                          "--readable", "--data", data_.root().string()}));
    return done.exit_code == 0 ? std::string() : done.output;
}

Result<std::set<Raised>> ServiceNode::found_in_one_go() {
    config::Config config;
    config.node.data = data_.root().string();
    const SystemClock clock;
    CHOPMARK_ASSIGN(const auto storage,
                    ops::Storage::open(config, data_, "http://127.0.0.1:1", clock, entropy_));
    fold::MemoryRows rows;
    CHOPMARK_ASSIGN(const auto tables, fold::LiveTables::open(rows));
    const anomaly::AnomalyFold fold(anomaly::all_rules());
    CHOPMARK_ASSIGN(const auto runner,
                    anomaly::AlertRunner::open(
                        {storage->journal(), *tables, storage->vault(), clock}, fold, {}));
    for (bool more = true; more;) {
        CHOPMARK_ASSIGN(more, runner->pump());
    }
    std::set<Raised> out;
    CHOPMARK_ASSIGN(const auto reading, tables->read(anomaly::fold_name));
    for (auto row = reading.scan(fold::KeyRange::prefix(Bytes(1, anomaly::finding_tag)));
         row->valid(); row->next()) {
        CHOPMARK_ASSIGN(const auto finding, fold::decode_row<anomaly::Finding>(row->value()));
        out.emplace(finding.alert, finding.what.revision);
    }
    return out;
}

}  // namespace chopmark::test
