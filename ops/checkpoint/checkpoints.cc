#include "ops/checkpoint/checkpoints.h"

#include <algorithm>

#include "aggregates/runtime/state_sums.h"
#include "events/journal/reader.h"
#include "gateways/admin/admin_desk.h"
#include "gateways/node/software.h"

namespace chopmark::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view unfinished = ".making";
constexpr std::chrono::milliseconds tree_look{20};

/// "20261121T164500.123456Z": sorts as it was made.
std::string name_at(Instant at) {
    std::string name = to_string(at);
    std::erase_if(name, [](char letter) { return letter == '-' || letter == ':'; });
    return name;
}

Result<void> remove_whole(const fs::path& folder) {
    std::error_code failed;
    fs::remove_all(folder, failed);
    return failed ? disk_error(folder, failed) : Result<void>();
}

/// What a store writes about itself for people, with paths of this machine in it.
bool is_notice(const std::string& name) {
    return name.starts_with("LOG") || name.starts_with("OPTIONS-") || name == "IDENTITY" ||
           name == "LOCK";
}

Result<void> drop_notices(const fs::path& folder) {
    std::error_code failed;
    std::vector<fs::path> notices;
    for (const auto& entry : fs::directory_iterator(folder, failed)) {
        if (is_notice(entry.path().filename().string())) {
            notices.push_back(entry.path());
        }
    }
    for (const fs::path& notice : notices) {
        fs::remove(notice, failed);
    }
    return failed ? disk_error(folder, failed) : Result<void>();
}

}  // namespace

fs::path checkpoints_in(const ops::DataFolder& folder) { return folder.root() / "checkpoints"; }

Checkpoints::Checkpoints(const Surroundings& around, const Options& options)
    : around_(around), options_(options) {
    // What a process did not finish; harmless if it stays.
    static_cast<void>(remove_whole(around_.folder / unfinished).has_value());
}

Checkpoints::~Checkpoints() {
    cancel_.store(true);
    if (thread_.joinable()) {
        thread_.join();
    }
}

Result<void> Checkpoints::begin() {
    const std::lock_guard lock(mutex_);
    if (running_) {
        return admin::checkpoint_running;
    }
    if (thread_.joinable()) {
        thread_.join();  // the last one has ended
    }
    cancel_.store(false);
    failed_.reset();
    thread_ = std::thread([this] { run(); });  // waits for the lock before it ends
    running_ = true;
    return {};
}

bool Checkpoints::running() const {
    const std::lock_guard lock(mutex_);
    return running_;
}

std::optional<Error> Checkpoints::failed() const {
    const std::lock_guard lock(mutex_);
    return failed_;
}

void Checkpoints::run() {
    const auto began = std::chrono::steady_clock::now();
    const auto made = make_guarded();
    if (!made) {
        static_cast<void>(remove_whole(around_.folder / unfinished).has_value());
        around_.log.error("checkpoint.failed", {{"error", made.error()}});
    } else {
        const auto took = std::chrono::steady_clock::now() - began;
        around_.log.info(
            "checkpoint.made",
            {{"name", made->filename().string()},
             {"took_ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
    }
    const std::lock_guard lock(mutex_);
    running_ = false;
    if (!made) {
        failed_ = made.error();
    }
}

/// Walks over folders and large manifests may throw, on a thread that nobody catches for.
Result<fs::path> Checkpoints::make_guarded() {
    try {
        return make();
    } catch (const std::exception& thrown) {
        return Error(disk_failed, thrown.what());
    }
}

/// Rows first: the journal that is copied after them has every record that they were folded from.
Result<fs::path> Checkpoints::make() {
    const fs::path making = around_.folder / unfinished;
    CHOPMARK_TRY(remove_whole(making));
    std::error_code failed;
    fs::create_directories(making, failed);
    if (failed) {
        return disk_error(making, failed);
    }
    fs::permissions(around_.folder, fs::perms::owner_all, failed);
    CHOPMARK_TRY(around_.storage.checkpoint(making / "rows", making / "journal"));
    CHOPMARK_TRY(drop_notices(making / "rows"));
    CHOPMARK_TRY(drop_notices(making / "journal"));

    CheckpointManifest manifest;
    manifest.deployment = around_.storage.genesis().hash();
    manifest.node = around_.storage.node().node();
    manifest.certificate = Bytes(around_.storage.node().certificate());
    manifest.made_at = around_.clock.now();
    manifest.software = node::software_version;
    manifest.back_end = around_.storage.shares_journal() ? "kafka" : "embedded";
    manifest.state_version = runtime::state_version;
    CHOPMARK_ASSIGN(manifest.partitions, look_at_trees(making / "journal"));
    CHOPMARK_ASSIGN(manifest.files, sum_files(making));
    CHOPMARK_TRY(write_manifest(making, manifest, around_.storage.node()));

    const std::lock_guard lock(mutex_);  // discard() comes before or after
    if (cancel_.load()) {
        return disk_cancelled;
    }
    const fs::path made = around_.folder / name_at(manifest.made_at);
    fs::rename(making, made, failed);
    if (failed) {
        return disk_error(made, failed);
    }
    known_.reset();
    CHOPMARK_TRY(sync_folder(around_.folder));
    CHOPMARK_TRY(prune());
    return made;
}

/// By what was copied: the journal goes on growing.
Result<std::vector<CheckpointPartition>> Checkpoints::look_at_trees(const fs::path& journal) {
    CHOPMARK_ASSIGN(const auto reader, journal::OfflineReader::open(journal.string()));
    std::vector<CheckpointPartition> out;
    const auto until = std::chrono::steady_clock::now() + options_.tree_wait;
    for (std::uint16_t number = 0; number <= around_.proving.partitions(); ++number) {
        const PartitionId partition(number);
        CHOPMARK_ASSIGN(const Sequence end, reader->end(partition));
        auto head = around_.proving.tree(partition).head_at(end.value());
        while (!head && head.error() == tlog::beyond_tree && !cancel_.load() &&
               std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(tree_look);
            head = around_.proving.tree(partition).head_at(end.value());
        }
        CHOPMARK_TRY(head);
        out.push_back({partition, end.value(), head->root});
    }
    return out;
}

/// Makes files and names durable as well.
Result<std::vector<CheckpointFile>> Checkpoints::sum_files(const fs::path& folder) {
    std::vector<CheckpointFile> out;
    for (const char* part : {"rows", "journal"}) {
        std::error_code failed;
        for (const auto& entry : fs::directory_iterator(folder / part, failed)) {
            CHOPMARK_ASSIGN(const FileSum sum, sum_file(entry.path(), [this](std::uint64_t) {
                                return !cancel_.load();
                            }));
            out.push_back({std::string(part) + "/" + entry.path().filename().string(), sum});
        }
        if (failed) {
            return disk_error(folder / part, failed);
        }
        CHOPMARK_TRY(sync_folder(folder / part));
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return out;
}

std::vector<fs::path> Checkpoints::folders() const {
    std::vector<fs::path> out;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(around_.folder, failed)) {
        if (entry.path().filename().string().front() != '.') {
            out.push_back(entry.path());
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

Result<void> Checkpoints::prune() {
    auto known = folders();
    while (known.size() > options_.kept) {
        CHOPMARK_TRY(remove_whole(known.front()));
        known.erase(known.begin());
    }
    return {};
}

std::vector<Checkpoints::Made> Checkpoints::kept() const {
    const std::lock_guard lock(mutex_);
    if (!known_) {
        known_.emplace();
        for (const fs::path& folder : folders()) {
            if (auto manifest = open_manifest(folder, around_.storage.authority())) {
                known_->push_back({folder, *std::move(manifest)});
            }
        }
    }
    std::erase_if(*known_, [](const Made& made) {
        std::error_code ignored;
        return !fs::is_directory(made.folder, ignored);
    });
    return *known_;
}

Result<void> Checkpoints::discard() {
    const std::lock_guard lock(mutex_);
    if (running_) {
        cancel_.store(true);
        return admin::checkpoint_running;
    }
    CHOPMARK_TRY(remove_whole(around_.folder / unfinished));
    for (const fs::path& folder : folders()) {
        CHOPMARK_TRY(remove_whole(folder));
    }
    std::error_code ignored;
    return fs::is_directory(around_.folder, ignored) ? sync_folder(around_.folder) : Result<void>();
}

}  // namespace chopmark::checkpoint
