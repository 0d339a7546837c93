// Steps 18 to 21: an auditor asks, the citizen sees it, a person is erased, the log still proves.
#include <fmt/format.h>

#include "ops/sandbox/journey_tools.h"
#include "ops/sandbox/journey_world.h"

namespace chopmark::sandbox {
namespace {

constexpr const char* purpose = "Complaint 2026-17 about a login";

// ---- 18
// ------------------------------------------------------------------------------------------

/// Where the login is recorded, proved against its partition's tree.
Result<void> locate_login(World& world) {
    CHOPMARK_ASSIGN(const Json proof,
                    expect_good("a proof of inclusion",
                                world.member("auditor").post(
                                    world.options.gateways.audit(), "/audit/v1/queries/verify",
                                    {{"purpose", purpose}, {"event", world.login_event}})));
    world.login_partition = proof.value("partition", -1);
    const Json leaf = proof.value("leaf", Json::object());
    world.login_sequence = leaf.value("sequence", std::uint64_t{0});
    return expect(world.login_partition > 0 && proof.contains("inclusion"),
                  "partition and inclusion proof", proof.dump().substr(0, 300));
}

Seen audit(World& world) {
    StaffClient& auditor = world.member("auditor");
    const int port = world.options.gateways.audit();
    const std::string account = world.phone("mei").account();
    const std::string path = "/audit/v1/queries/log";
    const auto without = auditor.post(port, path, {{"account", account}, {"boxes", true}});
    CHOPMARK_TRY(expect(without && without->status == 400, "a question without purpose refused",
                        without ? without->summary() : "nothing"));
    const Json question{{"purpose", purpose},
                        {"account", account},
                        {"boxes", true},
                        {"topic", "logins"},
                        {"limit", 20}};
    const std::string key = world.entropy.draw<RequestId>().hex();
    const auto asked = auditor.post(port, path, question, key);
    CHOPMARK_TRY(expect(asked && asked->status == 202, "202: it waits for approval",
                        asked ? asked->summary() : to_string(asked.error())));
    const std::string query = asked->text("query");
    CHOPMARK_TRY(expect_good(
        "an approval by a privacy officer",
        world.member("privacy_one")
            .post(port, "/audit/v1/queries/" + query + "/approve", {{"note", "complaint seen"}})));
    CHOPMARK_ASSIGN(const Json found,
                    expect_good("the answer", auditor.post(port, path, question, key)));
    const Json items = found.value("items", Json::array());
    const bool login_there = items.dump().find(world.login_event) != std::string::npos;
    CHOPMARK_TRY(expect(login_there, "the disputed login among them", items.dump().substr(0, 300)));
    CHOPMARK_TRY(locate_login(world));
    return fmt::format(
        "without purpose refused; with purpose recorded, approved by a privacy "
        "officer, {} records opened; the login is partition {}, sequence {}, proved",
        items.size(), world.login_partition, world.login_sequence);
}

// ---- 19
// ------------------------------------------------------------------------------------------

Seen seen_by_citizen(World& world) {
    SimulatedPhone& mei = world.phone("mei");
    const auto look = wait_for<Json>(std::chrono::seconds(20), [&mei]() -> Result<Json> {
        CHOPMARK_ASSIGN(const Json page,
                        expect_good("looks", mei.look("/app/v1/log?topic=looks&limit=10")));
        for (const Json& item : page.value("items", Json::array())) {
            if (item.value("type", "") == "SubjectAccessed") {
                return item;
            }
        }
        return failed_check("SubjectAccessed in the citizen's log", page.dump().substr(0, 300));
    });
    CHOPMARK_TRY(look);
    return fmt::format(
        "SubjectAccessed at {}: {} records were opened{}",
        to_string(Instant::from_millis(look->value("recorded_at", std::int64_t{0}))),
        look->value("opened", Json(0)).dump(),
        look->contains("purpose") ? ", purpose \"" + look->value("purpose", "") + "\"" : "");
}

// ---- 20
// ------------------------------------------------------------------------------------------

Seen erase(World& world) {
    SimulatedPhone& anita = world.phone("anita");
    StaffClient& first = world.member("privacy_one");
    StaffClient& second = world.member("privacy_two");
    CHOPMARK_ASSIGN(
        const Json ordered,
        expect_good("an order", first.admin_post("/admin/v1/erasures",
                                                 {{"account", anita.account()},
                                                  {"classes", {"identity", "sign_in", "evidence"}},
                                                  {"basis", "pdpo.section_26"},
                                                  {"purpose", "the citizen's wish"},
                                                  {"note", "by letter"}})));
    const std::string order = ordered.value("order", "");
    const std::string path = "/admin/v1/erasures/" + order;
    const Json why{{"purpose", "the citizen's wish"}};
    CHOPMARK_TRY(expect_refused("an approval by whoever ordered", "erasure.second_person",
                                first.admin_post(path + "/approve", why)));
    CHOPMARK_TRY(expect_good("an approval by another", second.admin_post(path + "/approve", why)));
    const auto receipt = wait_for<Json>(std::chrono::seconds(60), [&]() -> Result<Json> {
        CHOPMARK_ASSIGN(const Json shown, expect_good("the erasure", second.admin_get(path)));
        CHOPMARK_TRY(expect_equal("standing", "completed", shown.value("standing", "")));
        return shown;
    });
    CHOPMARK_TRY(receipt);
    const auto gone = anita.look("/app/v1/account");
    // It may fail already at opening a session.
    CHOPMARK_TRY(expect(gone ? !gone->good() : gone.error() == call_refused,
                        "the erased citizen's phone refused",
                        gone ? gone->summary() : to_string(gone.error())));
    CHOPMARK_TRY(write_state(world.folder() / "erasure_receipt.json", *receipt));
    return fmt::format("ordered by one privacy officer, approved by another; receipt {}: {}",
                       receipt->value("event", "").substr(0, 8),
                       receipt->value("receipt", Json::object()).dump());
}

// ---- 21
// ------------------------------------------------------------------------------------------

Result<Json> view_named(World& world, const std::string& name) {
    CHOPMARK_ASSIGN(
        const Json list,
        expect_good("views", world.member("first_operator").admin_get("/admin/v1/views")));
    for (const Json& view : list.value("items", Json::array())) {
        if (view.value("view", "") == name) {
            return view;
        }
    }
    return failed_check("a view " + name, list.dump());
}

/// Rows against a rebuild from the journal; false for what no rebuild is made of, as the index that
/// stands beside the state store.
Result<bool> diff_view(World& world, const std::string& name) {
    StaffClient& admin = world.member("first_operator");
    const auto begun = wait_for<Answer>(std::chrono::seconds(60), [&]() -> Result<Answer> {
        auto answer = admin.admin_post("/admin/v1/views/" + name + "/diff", Json::object());
        if (!answer || answer->reason() != "admin.view_unknown") {
            CHOPMARK_TRY(expect_good("a comparison of " + name, answer));
        }
        return answer;
    });
    CHOPMARK_TRY(begun);
    if (!begun->good()) {
        return false;
    }
    const auto task = wait_for<Json>(std::chrono::seconds(120), [&]() -> Result<Json> {
        CHOPMARK_ASSIGN(const Json view, view_named(world, name));
        const Json at = view.value("task", Json::object());
        CHOPMARK_TRY(
            expect(at.is_object() && !at.value("running", true) && at.value("work", "") == "diff",
                   "the comparison of " + name + " to end", view.dump()));
        return at;
    });
    CHOPMARK_TRY(task);
    CHOPMARK_TRY(expect(task->value("differences", Json()) == Json(0), "no difference in " + name,
                        task->dump()));
    return true;
}

Seen prove(World& world) {
    CHOPMARK_ASSIGN(
        const Json list,
        expect_good("views", world.member("first_operator").admin_get("/admin/v1/views")));
    std::size_t views = 0;
    for (const Json& view : list.value("items", Json::array())) {
        CHOPMARK_ASSIGN(const bool compared, diff_view(world, view.value("view", "")));
        views += compared ? 1 : 0;
    }
    CHOPMARK_TRY(expect(views > 0, "views", list.dump()));
    CHOPMARK_ASSIGN(world.heads, read_heads(world));
    const int code = world.daemon().stop();
    CHOPMARK_TRY(expect(code == 0, "the daemon to leave with code 0", std::to_string(code)));
    const auto verified = verify_log(world, world.options.data);
    CHOPMARK_TRY(world.daemon().start());
    CHOPMARK_TRY(verified);
    CHOPMARK_TRY(expect(verified->value("good", false), "a good log", verified->dump()));
    const Json boxes = verified->value("boxes", Json::object());
    CHOPMARK_TRY(
        expect(boxes.value("erased", 0) > 0, "boxes that the receipt names", boxes.dump()));
    CHOPMARK_TRY(expect_same_roots(world.heads, *verified));
    return fmt::format(
        "{} views without a difference; log verify: {} records in {} partitions "
        "good, {} boxes opened, {} erased with a receipt; roots as the node says",
        views, verified->value("records", 0), verified->value("partitions", Json::array()).size(),
        boxes.value("opened", 0), boxes.value("erased", 0));
}

}  // namespace

std::vector<Step> audit_steps() {
    return {{18, "an auditor's question", audit},
            {19, "the citizen sees it", seen_by_citizen},
            {20, "a citizen erased", erase},
            {21, "the log still proves", prove}};
}

}  // namespace chopmark::sandbox
