#include "tests/support/service_examination.h"

#include <thread>

#include "anomaly/runner/alert_runner.h"
#include "events/core/clock.h"
#include "events/fold/memory_rows.h"
#include "ops/sandbox/process.h"

namespace chopmark::test {
namespace {

using sandbox::Json;

constexpr std::chrono::milliseconds look_pause{30};
constexpr unsigned looks_at_a_view = 1000;

Result<void> diff(sandbox::StaffClient& admin, const std::string& view, std::string& differing) {
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

}  // namespace

Result<std::string> differing_views(sandbox::StaffClient& admin) {
    CHOPMARK_ASSIGN(const Json list, sandbox::expect_success(admin.admin_get("/admin/v1/views")));
    std::string differing;
    for (const Json& view : list.value("items", Json::array())) {
        CHOPMARK_TRY(diff(admin, view.value("view", ""), differing));
    }
    return differing;
}

Result<Json> verified_log(const std::string& tool, const ops::DataFolder& data) {
    CHOPMARK_ASSIGN(const auto done,
                    sandbox::run_program({tool, "--json", "log", "verify", "--readable", "--data",
                                          data.root().string()}));
    Json report = Json::parse(done.output, nullptr, /*allow_exceptions=*/false);
    if (!report.is_object() || !report.contains("good")) {
        return Error(sandbox::bad_answer, done.output);
    }
    return report;
}

Result<std::set<Raised>> found_in_one_go(ops::Storage& storage) {
    const SystemClock clock;
    fold::MemoryRows rows;
    CHOPMARK_ASSIGN(const auto tables, fold::LiveTables::open(rows));
    const anomaly::AnomalyFold fold(anomaly::all_rules());
    CHOPMARK_ASSIGN(
        const auto runner,
        anomaly::AlertRunner::open({storage.journal(), *tables, storage.vault(), clock}, fold, {}));
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
