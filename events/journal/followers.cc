#include "events/journal/followers.h"

namespace chopmark::journal {

class Followers::Follower {
  public:
    Follower(Sequence from, Grown grown) : told_(from), grown_(std::move(grown)) {}

    void tell(Sequence next) {
        const std::lock_guard lock(mutex_);
        if (live_ && next > told_) {
            told_ = next;
            grown_(next);
        }
    }
    void end() {
        const std::lock_guard lock(mutex_);
        live_ = false;
    }

  private:
    std::recursive_mutex mutex_;  // a callback may end its own subscription
    bool live_ = true;
    Sequence told_;
    Grown grown_;
};

class Followers::Ticket final : public Subscription {
  public:
    explicit Ticket(std::shared_ptr<Follower> follower) : follower_(std::move(follower)) {}
    ~Ticket() override { follower_->end(); }

  private:
    std::shared_ptr<Follower> follower_;
};

std::unique_ptr<Subscription> Followers::add(Sequence from, Grown grown,
                                             const std::function<Sequence()>& current) {
    auto follower = std::make_shared<Follower>(from, std::move(grown));
    {
        const std::lock_guard lock(mutex_);
        followers_.push_back(follower);
    }
    follower->tell(current());
    return std::make_unique<Ticket>(std::move(follower));
}

void Followers::announce(Sequence next) {
    std::vector<std::shared_ptr<Follower>> live;
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(followers_, [](const auto& follower) { return follower.expired(); });
        live.reserve(followers_.size());
        for (const auto& follower : followers_) {
            if (auto held = follower.lock()) {
                live.push_back(std::move(held));
            }
        }
    }
    for (const auto& follower : live) {
        follower->tell(next);
    }
}

}  // namespace chopmark::journal
