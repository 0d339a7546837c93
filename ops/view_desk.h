// What operators ask of the process: how views and node stand, a rebuild or a comparison of a view,
// the receipt of an erasure. Work on a view runs on a thread of its own, one at a time; its outcome
// is kept until the next.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "gateways/admin/admin_desk.h"
#include "gateways/node/software.h"
#include "ops/backbone.h"

namespace chopmark::ops {

class ViewDesk final : public admin::AdminDesk {
  public:
    /// `scratch` is for records that a rebuild sets aside; emptied by it.
    ViewDesk(Backbone& backbone, std::filesystem::path scratch);
    ~ViewDesk() override;

    [[nodiscard]] std::vector<admin::ViewState> views() const override;
    Result<void> begin(admin::ViewWork work, std::string_view view) override;
    [[nodiscard]] admin::NodeState status() const override;
    [[nodiscard]] std::vector<admin::PartitionState> partitions() const override;
    void drain(std::function<void(Result<Duration>)> drained) override {
        backbone_.drain(std::move(drained));
    }
    Result<void> resume() override { return backbone_.resume(); }
    Result<void> begin_checkpoint() override { return backbone_.checkpoints().begin(); }
    [[nodiscard]] admin::CheckpointsState checkpoints() const override;
    void survey(const std::vector<std::uint32_t>& types, Surveyed surveyed) override {
        survey_.ask(types, std::move(surveyed));
    }
    [[nodiscard]] Result<EventId> receipt_of(const control::OrderId& order) const override;

  private:
    void run(admin::ViewWork work, const fold::View& view);
    [[nodiscard]] const fold::View* find(std::string_view name) const;

    Backbone& backbone_;
    const fold::BuildOptions options_;
    const Instant started_at_;
    const node::SoftwareSurvey survey_;
    std::atomic<bool> cancel_{false};

    mutable std::mutex mutex_;
    std::map<std::string, admin::ViewTask, std::less<>> tasks_;
    bool busy_ = false;
    std::thread thread_;
    mutable std::map<control::OrderId, EventId> receipts_;
    mutable Sequence read_to_;  // of control, for receipts
};

}  // namespace chopmark::ops
