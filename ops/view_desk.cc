#include "ops/view_desk.h"

#include <algorithm>

#include "events/schema/codec.h"
#include "events/schema/event.h"

namespace chopmark::ops {
namespace {

fold::BuildOptions options_in(std::filesystem::path scratch, const std::atomic<bool>* cancel) {
    fold::BuildOptions options;
    options.scratch = std::move(scratch);
    options.cancel = cancel;
    return options;
}

}  // namespace

ViewDesk::ViewDesk(Backbone& backbone, std::filesystem::path scratch)
    : backbone_(backbone),
      options_(options_in(std::move(scratch), &cancel_)),
      started_at_(backbone.process().clock.now()),
      survey_(backbone.deciding().control(), backbone.storage().node().node(),
              backbone.peers() == nullptr ? nullptr : &backbone.peers()->client()) {}

ViewDesk::~ViewDesk() {
    cancel_.store(true);
    if (thread_.joinable()) {
        thread_.join();
    }
}

const fold::View* ViewDesk::find(std::string_view name) const {
    const auto views = backbone_.folds();
    const auto at = std::find_if(views.begin(), views.end(),
                                 [&](const fold::View* view) { return view->name() == name; });
    return at == views.end() ? nullptr : *at;
}

std::vector<admin::ViewState> ViewDesk::views() const {
    std::vector<admin::ViewState> out;
    for (const fold::ViewStatus& status : backbone_.views().status()) {
        admin::ViewState& state = out.emplace_back();
        state.name = status.name;
        const fold::View* view = find(status.name);
        state.version = view == nullptr ? 1 : view->version();
        state.positions = status.positions;
        state.lag_records = status.lag_records;
        state.lag = status.lag;
        if (status.stopped) {
            state.stopped = std::to_string(status.stopped->partition.value()) + "/" +
                            std::to_string(status.stopped->sequence.value()) + " " +
                            std::string(status.stopped->error.reason.name);
        }
        const std::lock_guard lock(mutex_);
        if (const auto task = tasks_.find(status.name); task != tasks_.end()) {
            state.task = task->second;
        }
    }
    return out;
}

Result<void> ViewDesk::begin(admin::ViewWork work, std::string_view name) {
    const fold::View* view = find(name);
    if (view == nullptr) {
        return admin::view_unknown;
    }
    const std::lock_guard lock(mutex_);
    if (busy_) {
        return admin::view_busy;
    }
    if (thread_.joinable()) {
        thread_.join();  // the last work has ended
    }
    busy_ = true;
    tasks_[std::string(name)] = {work, backbone_.process().clock.now(), std::nullopt, std::nullopt,
                                 ""};
    thread_ = std::thread([this, work, view] { run(work, *view); });
    return {};
}

void ViewDesk::run(admin::ViewWork work, const fold::View& view) {
    std::optional<std::uint64_t> differences;
    std::string failed;
    if (work == admin::ViewWork::rebuild) {
        const auto built = fold::rebuild(backbone_.views(), backbone_.folding(), {&view}, options_);
        failed = built ? "" : built.error().reason.name;
    } else {
        const auto compared = fold::diff_rebuilt(backbone_.folding(), view, options_);
        failed = compared ? "" : compared.error().reason.name;
        if (compared) {
            differences = compared->differing;
        }
    }
    const std::lock_guard lock(mutex_);
    admin::ViewTask& task = tasks_.find(view.name())->second;
    task.ended_at = backbone_.process().clock.now();
    task.differences = differences;
    task.failed = std::move(failed);
    busy_ = false;
}

admin::NodeState ViewDesk::status() const {
    admin::NodeState state;
    Storage& storage = backbone_.storage();
    state.node = storage.node().node();
    state.name = backbone_.name();
    state.environment = keys::to_string(storage.genesis().facts().environment);
    state.version = node::software_version;
    state.started_at = started_at_;
    state.not_ready = backbone_.not_ready();
    state.ready = state.not_ready.empty();
    for (std::uint16_t p = 0; p <= storage.journal().partitions(); ++p) {
        if (const auto head = storage.journal().head(PartitionId(p))) {
            state.heads.set(PartitionId(p), head->next);
        }
    }
    state.key_epoch = storage.ring().epoch().value();
    return state;
}

admin::CheckpointsState ViewDesk::checkpoints() const {
    const checkpoint::Checkpoints& here = backbone_.checkpoints();
    admin::CheckpointsState out;
    out.running = here.running();
    if (const auto failed = here.failed()) {
        out.failed = failed->reason.name;
    }
    for (const checkpoint::Checkpoints::Made& made : here.kept()) {
        admin::CheckpointState& state = out.kept.emplace_back();
        state.folder = made.folder.string();
        state.made_at = made.manifest.made_at;
        state.bytes = made.manifest.bytes();
        state.files = made.manifest.files.size();
        for (const checkpoint::CheckpointPartition& one : made.manifest.partitions) {
            state.partitions.push_back({one.partition, one.records, one.root});
        }
    }
    return out;
}

std::vector<admin::PartitionState> ViewDesk::partitions() const {
    std::vector<admin::PartitionState> out;
    Storage& storage = backbone_.storage();
    const Deciding& deciding = backbone_.deciding();
    for (std::uint16_t number = 0; number <= storage.journal().partitions(); ++number) {
        admin::PartitionState& state = out.emplace_back();
        state.partition = PartitionId(number);
        state.served = deciding.serves(state.partition);
        if (const auto head = storage.journal().head(state.partition)) {
            const std::uint64_t folded = deciding.folded(state.partition);
            state.term = head->term;
            state.head = head->next;
            state.lag_records = head->next.value() - std::min(folded, head->next.value());
        }
        if (const Peers* peers = backbone_.peers()) {
            if (const auto holder = peers->routes().holder(state.partition)) {
                state.owner = holder->node;
                state.endpoint = holder->endpoint;
            }
        } else if (state.served) {
            state.owner = storage.node().node();
        }
    }
    return out;
}

/// Control is read once, up to its end, and then only what has come since.
Result<EventId> ViewDesk::receipt_of(const control::OrderId& order) const {
    Storage& storage = backbone_.storage();
    const std::lock_guard lock(mutex_);
    while (!receipts_.contains(order)) {
        CHOPMARK_ASSIGN(const auto page, storage.journal().read(control_partition, read_to_, {}));
        if (page.empty()) {
            return admin::receipt_unknown;
        }
        for (const auto& entry : page) {
            read_to_ = Sequence(entry->sequence.value() + 1);
            CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(entry->record.leaf));
            if (prelude.type != schema::info<schema::ErasureCompleted>().type) {
                continue;
            }
            CHOPMARK_ASSIGN(const schema::Event event, storage.vault().open(entry->record));
            const auto& link = std::get<schema::ErasureCompleted>(event).link();
            if (const auto id = control::OrderId::from_bytes(link.order_id())) {
                receipts_[*id] = prelude.event_id;
            }
        }
    }
    return receipts_.at(order);
}

}  // namespace chopmark::ops
