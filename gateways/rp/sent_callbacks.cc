#include "gateways/rp/sent_callbacks.h"

#include <algorithm>

#include "aggregates/runtime/command_service.h"
#include "gateways/rp/codes.h"

namespace chopmark::rp {
namespace {

/// Sent again at one time, of all relying parties.
constexpr int again_at_once = 4;
constexpr std::size_t requests_remembered = 16'384;
constexpr std::size_t attempts_remembered = 16;  // of one request
constexpr std::size_t waiting_shown = 100;

/// Who has a turn gives it back, whatever became of it.
class Turn {
  public:
    explicit Turn(std::atomic<int>& taken) : taken_(taken), had_(++taken <= again_at_once) {}
    ~Turn() { --taken_; }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    [[nodiscard]] bool had() const { return had_; }

  private:
    std::atomic<int>& taken_;
    const bool had_;
};

}  // namespace

void SentCallbacks::note(const AccountId& account, const ClientId& client, const EventId& asked,
                         CallbackAttempt attempt) {
    const std::lock_guard lock(mutex_);
    const auto [at, is_new] = kept_.try_emplace(asked, Kept{account, client, {}});
    if (is_new) {
        ages_.push_back(asked);
        // A story of one that somebody asked for alone has no attempt of ours to come.
        at->second.story.over = attempt.again;
        at->second.story.asked = asked;
    }
    CallbackStory& story = at->second.story;
    if (!attempt.again) {
        ++story.made;
        story.over = false;
    }
    if (story.attempts.size() == attempts_remembered) {
        story.attempts.erase(story.attempts.begin());
    }
    story.attempts.push_back(std::move(attempt));
    for (; ages_.size() > requests_remembered; ages_.pop_front()) {
        kept_.erase(ages_.front());
    }
}

void SentCallbacks::settle(const EventId& asked) {
    const std::lock_guard lock(mutex_);
    if (const auto at = kept_.find(asked); at != kept_.end()) {
        at->second.story.over = true;
    }
}

CallbackStory SentCallbacks::told(const Kept& kept) const {
    CallbackStory story = kept.story;
    if (!story.over && next_) {
        story.next = next_(kept.account, story.asked);
    }
    return story;
}

std::optional<CallbackStory> SentCallbacks::story(const EventId& asked) const {
    std::optional<Kept> found;
    {
        const std::lock_guard lock(mutex_);
        if (const auto at = kept_.find(asked); at != kept_.end()) {
            found = at->second;
        }
    }
    return found ? std::optional(told(*found)) : std::nullopt;
}

std::vector<CallbackStory> SentCallbacks::waiting(const ClientId& client) const {
    std::vector<Kept> found;
    {
        const std::lock_guard lock(mutex_);
        for (const EventId& asked : ages_) {
            const Kept& kept = kept_.at(asked);
            if (kept.client == client && !kept.story.over && found.size() < waiting_shown) {
                found.push_back(kept);
            }
        }
    }
    std::vector<CallbackStory> out;
    for (const Kept& kept : found) {
        out.push_back(told(kept));
    }
    return out;
}

void SentCallbacks::send_again(const AccountId& account, const ClientId& client,
                               const EventId& asked, std::uint32_t sequence, Sent sent) {
    const auto send = [this, account, client, asked, sequence,
                       sent](const citizen::State& state) -> Result<CallbackAttempt> {
        const auto request = citizen::request_asked_by(state.requests, asked);
        if (!request || state.requests.requests.at(*request).client != client) {
            return citizen::request_unknown;
        }
        CHOPMARK_ASSIGN(const Callback callback,
                        parts_.contents.render(account, state, *request, sequence));
        CallbackAttempt attempt;
        attempt.at = parts_.clock.now();
        attempt.sequence = sequence;
        attempt.again = true;
        const auto status = parts_.sender.send(callback);
        attempt.status = status ? static_cast<std::uint32_t>(*status) : 0;
        attempt.error = status ? std::string() : std::string(status.error().reason.name);
        note(account, client, asked, attempt);
        return attempt;
    };
    parts_.commands.look(account, [this, send, sent](const auto& seen) {
        if (!seen || *seen == nullptr) {
            sent(seen ? Error(citizen::request_unknown) : seen.error());
            return;
        }
        const auto turn = std::make_shared<Turn>(turns_);
        const bool posted =
            turn->had() &&
            parts_.outside.try_post([send, sent, turn, state = *seen] { sent(send(*state)); });
        if (!posted) {
            sent(Error(too_many_requests));
        }
    });
}

}  // namespace chopmark::rp
