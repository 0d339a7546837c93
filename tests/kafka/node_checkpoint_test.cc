// A third node that starts from the first one's checkpoint, on the real broker, while people go on
// commanding; and checkpoints that lie.
#include "events/fold/rocks_rows.h"
#include "events/fold/row_batch.h"
#include "ops/checkpoint/arrival.h"
#include "ops/founding.h"
#include "ops/sandbox/process.h"
#include "ops/sandbox/state_file.h"
#include "tests/kafka/two_nodes.h"
#include "tests/support/service_examination.h"

namespace chopmark::test {
namespace {

namespace fs = std::filesystem;
using sandbox::Json;
using Seconds = std::chrono::duration<double>;

constexpr int third_base = 23440;
constexpr int fourth_base = 23460;

class NodeCheckpoint : public TwoNodes {
  protected:
    struct Newcomer {
        fs::path data;
        fs::path config;
        int base;
        std::unique_ptr<sandbox::Daemon> daemon;
    };

    void SetUp() override {
        TwoNodes::SetUp();
        data_ = folder_.path() / "data";
    }
    void TearDown() override {
        for (const auto& newcomer : newcomers_) {
            newcomer->daemon->stop();
        }
        TwoNodes::TearDown();
    }

    Json tool(std::vector<std::string> arguments, int code = 0) {
        arguments.insert(arguments.begin(),
                         {std::string(CHOPMARK_BINARY_DIR "/chopmark"), "--json"});
        const auto done = sandbox::run_program(arguments);
        EXPECT_TRUE(done.has_value());
        EXPECT_EQ(done->exit_code, code) << done->output;
        said_ = done->output;
        return Json::parse(done->output, nullptr, false);
    }
    fs::path make_checkpoint() {
        const Json made = tool({"node", "checkpoint", "--ports", std::to_string(first_base),
                                "--data", data_.string()});
        std::cout << "checkpoint: " << made.dump() << '\n';
        return made.is_object() ? made.at("folder").get<std::string>() : std::string();
    }
    /// Enrolled, with keys, and admitted; nothing read yet.
    Newcomer& enrolled(const std::string& name, int base) {
        auto out = std::make_unique<Newcomer>();
        out->data = data_.string() + "-" + name;
        out->config = out->data.string() + ".toml";
        out->base = base;
        EXPECT_TRUE(sandbox::share_authority(data_, out->data));
        const auto joined =
            sandbox::join(data_, out->data, name, keys::Share::everything, entropy_);
        EXPECT_TRUE(joined) << joined.error();
        std::string text = sandbox::read_file(data_.string() + "-2.toml").value();
        replace(text, "\"node-2\"", "\"" + name + "\"");
        replace(text, data_.string() + "-2", out->data.string());
        replace(text, "peer_port = " + std::to_string(second_base + 6),
                "peer_port = " + std::to_string(base + 6));
        EXPECT_TRUE(sandbox::write_file(out->config, text));
        const auto admitted = first_->admin_post(
            "/admin/v1/nodes", {{"node", joined->node.hex()},
                                {"endpoint", "127.0.0.1:" + std::to_string(base + 6)},
                                {"certificate", to_base64(joined->certificate.der())}});
        EXPECT_TRUE(admitted && admitted->good());
        out->daemon = std::make_unique<sandbox::Daemon>(
            std::vector<std::string>{std::string(CHOPMARK_BINARY_DIR "/chopmarkd"), "--config",
                                     out->config.string(), "--ports", std::to_string(base)},
            out->data.string() + ".log", base);
        newcomers_.push_back(std::move(out));
        return *newcomers_.back();
    }
    static void replace(std::string& text, const std::string& what, const std::string& by) {
        const auto at = text.find(what);
        ASSERT_NE(at, std::string::npos) << what;
        text.replace(at, what.size(), by);
    }
    Json start_from(const fs::path& folder, const Newcomer& newcomer, int code = 0) {
        return tool({"node", "start-from", folder.string(), "--config", newcomer.config.string()},
                    code);
    }
    sandbox::StaffClient at(int base) {
        return *sandbox::StaffClient::load(data_ / "sandbox" / "first_operator.key", {base, base},
                                           entropy_);
    }
    /// How long the node takes from its start until it is ready.
    void start(Newcomer& newcomer, const char* how) {
        const auto begin = std::chrono::steady_clock::now();
        const auto started = newcomer.daemon->start();
        ASSERT_TRUE(started) << started.error();
        auto asked = at(newcomer.base);
        ASSERT_TRUE(soon([&] { return reasons_of(asked).empty(); })) << reasons_of(asked);
        std::cout << how << ": ready " << Seconds(std::chrono::steady_clock::now() - begin).count()
                  << " s after its start\n";
    }
    /// A copy that the first node has signed, with what was changed in it.
    fs::path resigned(const fs::path& made, const std::function<void(const fs::path&)>& change) {
        const fs::path copy = data_.string() + "-copy";
        fs::copy(made, copy, fs::copy_options::recursive);
        change(copy);
        const auto opened = ops::open_data_folder(ops::DataFolder(data_), "", entropy_).value();
        auto manifest = checkpoint::open_manifest(made, *opened.ca).value();
        manifest.files.clear();
        for (const char* part : {"rows", "journal"}) {
            for (const auto& entry : fs::directory_iterator(copy / part)) {
                const std::string name = entry.path().filename().string();
                if (entry.is_regular_file()) {
                    manifest.files.push_back({std::string(part) + "/" + name,
                                              checkpoint::sum_file(entry.path(), {}).value()});
                }
            }
        }
        EXPECT_TRUE(checkpoint::write_manifest(copy, manifest, *opened.node));
        return copy;
    }

    fs::path data_;
    std::string said_;
    std::vector<std::unique_ptr<Newcomer>> newcomers_;
};

TEST_F(NodeCheckpoint, BringsAThirdNodeWhereTheOthersAre) {
    std::vector<std::unique_ptr<Crowd>> crowds;
    for (unsigned number = 21; number <= 23; ++number) {
        crowds.push_back(
            std::make_unique<Crowd>(number, sandbox::Gateways{first_base, second_base}));
    }
    ASSERT_TRUE(grow(crowds, 10));
    Newcomer& third = enrolled("third", third_base);
    const fs::path made = make_checkpoint();
    ASSERT_FALSE(made.empty());
    ASSERT_TRUE(grow(crowds, 5)) << "people go on";

    const Json arrived = start_from(made, third);
    std::cout << "start-from: " << arrived.dump() << '\n';
    EXPECT_TRUE(fs::exists(checkpoint::note_in(ops::DataFolder(third.data))));
    start(third, "from the checkpoint");
    EXPECT_FALSE(fs::exists(checkpoint::note_in(ops::DataFolder(third.data))));
    auto asked = at(third_base);
    EXPECT_TRUE(soon([&] { return served_by(asked) > 0; })) << "it takes its share";
    ASSERT_TRUE(grow(crowds, 5)) << "some of them through it";
    expect_no_failure(crowds);

    Newcomer& fourth = enrolled("fourth", fourth_base);
    start(fourth, "from the topic");
    for (const int base : {first_base, third_base, fourth_base}) {
        auto node = at(base);
        const auto differing = differing_views(node);
        ASSERT_TRUE(differing) << differing.error();
        EXPECT_EQ(*differing, "") << base;
    }
    EXPECT_TRUE(soon([&] {  // quiet: every node has every record
        Json heads = Json::array();
        for (const int base : {first_base, second_base, third_base, fourth_base}) {
            auto node = at(base);
            const auto status = node.admin_get("/admin/v1/status");
            heads.push_back(status && status->good() ? status->json.at("heads") : Json(base));
        }
        return heads[0] == heads[1] && heads[0] == heads[2] && heads[0] == heads[3];
    }));
    for (const auto& newcomer : newcomers_) {
        newcomer->daemon->kill();
    }
    cluster_->stop();
    std::map<std::uint64_t, std::set<std::string>> roots;  // by partition and size
    for (const fs::path& data : {data_, fs::path(data_.string() + "-2"), third.data, fourth.data}) {
        const auto report = verified_log(CHOPMARK_BINARY_DIR "/chopmark", ops::DataFolder(data));
        ASSERT_TRUE(report) << report.error();
        EXPECT_TRUE(report->value("good", false)) << report->dump(1);
        for (const Json& part : report->at("partitions")) {
            roots[part.at("partition").get<std::uint64_t>() << 48 |
                  part.at("size").get<std::uint64_t>()]
                .insert(part.at("root").get<std::string>());
        }
    }
    for (const auto& [place, found] : roots) {
        EXPECT_EQ(found.size(), 1U) << "two roots of one size";
    }
}

TEST_F(NodeCheckpoint, ThatLiesBringsNobodyAnywhere) {
    std::vector<std::unique_ptr<Crowd>> crowds;
    crowds.push_back(std::make_unique<Crowd>(31, sandbox::Gateways{first_base, second_base}));
    ASSERT_TRUE(grow(crowds, 4));
    expect_no_failure(crowds);
    std::this_thread::sleep_for(std::chrono::seconds(2));  // rows are flushed every second
    Newcomer& third = enrolled("third", third_base);
    const fs::path made = make_checkpoint();
    ASSERT_FALSE(made.empty());

    // Somebody on the way changes a byte of a file.
    const fs::path changed = data_.string() + "-changed";
    fs::copy(made, changed, fs::copy_options::recursive);
    for (const auto& entry : fs::directory_iterator(changed / "rows")) {
        if (entry.path().extension() == ".sst") {
            std::string bytes = sandbox::read_file(entry.path()).value();
            bytes[bytes.size() / 2] ^= 1;
            ASSERT_TRUE(sandbox::write_file(entry.path(), bytes));
            break;
        }
    }
    start_from(changed, third, 1);
    EXPECT_NE(said_.find("checkpoint.differs"), std::string::npos) << said_;
    EXPECT_FALSE(fs::exists(ops::DataFolder(third.data).journal()));
    EXPECT_FALSE(fs::exists(ops::DataFolder(third.data).rows()));

    // The giver itself has a row that is another.
    unsigned lies = 0;
    const fs::path lying = resigned(made, [&](const fs::path& copy) {
        const auto rows = fold::RocksRows::open_store({.directory = copy / "rows"}).value();
        for (const std::string& name : rows->tables()) {
            if (!name.starts_with("citizen.")) {
                continue;
            }
            const auto table = rows->open(name).value();
            fold::RowBatch batch(table);
            const auto row = rows->latest().scan(*table, fold::KeyRange::all());
            for (; row->valid(); row->next(), ++lies) {
                Bytes value(row->value());
                value.back() = static_cast<char>(value.back() ^ 1);
                batch.put(row->key(), value);
            }
            const fold::RowBatch* const batches[] = {&batch};
            ASSERT_TRUE(rows->commit(batches, fold::Durability::synced));
        }
    });
    ASSERT_GT(lies, 0U);
    start_from(lying, third);
    const auto started = third.daemon->start();
    ASSERT_FALSE(started);
    EXPECT_NE(to_string(started.error()).find("state.differs"), std::string::npos)
        << started.error();
    EXPECT_TRUE(fs::exists(checkpoint::note_in(ops::DataFolder(third.data))))
        << "nothing was believed";
}

}  // namespace
}  // namespace chopmark::test
