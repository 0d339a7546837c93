#include "ops/sandbox/journey_tools.h"

#include <fmt/format.h>

#include "ops/data_folder.h"

namespace chopmark::sandbox {
namespace {

namespace fs = std::filesystem;

}  // namespace

Result<Json> verify_log(World& world, const fs::path& data) {
    CHOPMARK_ASSIGN(const Finished done,
                    run_program({world.options.tool.string(), "--json", "log", "verify",
                                 "--readable", "--data", data.string()}));
    Json report = Json::parse(done.output, nullptr, /*allow_exceptions=*/false);
    if (!report.is_object() || !report.contains("good")) {
        return failed_check("a report of log verify",
                            fmt::format("exit code {}: {}", done.exit_code, done.output));
    }
    CHOPMARK_TRY(expect((done.exit_code == 0) == report.value("good", false),
                        "an exit code that says the same as the report",
                        std::to_string(done.exit_code)));
    return report;
}

Result<void> expect_same_roots(const Heads& heads, const Json& report) {
    for (const Json& partition : report.value("partitions", Json::array())) {
        const auto at = heads.find(partition.value("partition", -1));
        const auto size = partition.value("size", std::uint64_t{0});
        const std::string root = partition.value("root", "");
        const auto shown = at == heads.end() ? std::nullopt : from_base64(at->second.root);
        const bool same =
            at != heads.end() && shown && (at->second.size != size || to_hex(*shown) == root);
        CHOPMARK_TRY(expect(
            same,
            "the node's root of partition " + std::to_string(partition.value("partition", -1)),
            root));
    }
    return {};
}

Result<void> copy_folder(const fs::path& from, const fs::path& to) {
    std::error_code failed;
    fs::remove_all(to, failed);
    if (!failed) {
        fs::copy(from, to, fs::copy_options::recursive, failed);
    }
    return failed ? Result<void>(failed_check("a copy at " + to.string(), failed.message()))
                  : Result<void>();
}

Result<std::string> flip_in_journal(const fs::path& data, ByteView needle) {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(ops::DataFolder(data).journal(), failed)) {
        if (entry.path().extension() != ".sst") {
            continue;
        }
        CHOPMARK_ASSIGN(Bytes bytes, read_file(entry.path()));
        const std::size_t at = bytes.find(needle);
        if (at != Bytes::npos) {
            bytes[at] = static_cast<char>(bytes[at] ^ 1);
            CHOPMARK_TRY(write_file(entry.path(), bytes));
            return fmt::format("{}, offset {}", entry.path().filename().string(), at);
        }
    }
    return failed_check("the record in a table file of the journal", "none");
}

}  // namespace chopmark::sandbox
