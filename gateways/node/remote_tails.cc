#include "gateways/node/remote_tails.h"

#include <algorithm>
#include <condition_variable>
#include <iterator>
#include <map>
#include <mutex>

#include "gateways/node/tail_wire.h"

namespace chopmark::node {
namespace {

Result<journal::TailPage> page_in(const Result<Bytes>& answer) {
    if (!answer) {
        return answer.error();
    }
    auto page = decode_tail_page(*answer);
    return page ? Result<journal::TailPage>(*std::move(page))
                : Result<journal::TailPage>(tail_untold);
}

}  // namespace

/// Questions that nobody waits for any more, by the peer that has not answered them.
struct RemoteTails::Owed {
    std::mutex mutex;
    std::map<NodeId, std::size_t> answers;

    bool by(const NodeId& node) {
        const std::lock_guard lock(mutex);
        return answers.contains(node);
    }
    void add(const NodeId& node) {
        const std::lock_guard lock(mutex);
        ++answers[node];
    }
    void settle(const NodeId& node) {
        const std::lock_guard lock(mutex);
        const auto owing = answers.find(node);
        if (owing != answers.end() && --owing->second == 0) {
            answers.erase(owing);
        }
    }
};

/// One question to some peers.
struct RemoteTails::Round {
    std::mutex mutex;
    std::condition_variable answered;
    std::map<NodeId, Result<journal::TailPage>> told;
    bool over = false;
};

RemoteTails::RemoteTails(Others others, NodeClient& client, const Options& options)
    : others_(std::move(others)),
      client_(client),
      options_(options),
      owed_(std::make_shared<Owed>()) {}

/// What each of the peers said within `wait`.
std::vector<journal::ToldTail> RemoteTails::ask(const std::vector<Peer>& peers,
                                                const Bytes& question, Duration wait, Late late) {
    const auto round = std::make_shared<Round>();
    for (const Peer& peer : peers) {
        client_.ask(peer, tail_path, question,
                    [round, late, owed = owed_, node = peer.node](const Result<Bytes>& bytes) {
                        const std::lock_guard lock(round->mutex);
                        if (round->over) {
                            if (late == Late::owed) {
                                owed->settle(node);
                            }
                            return;
                        }
                        round->told.emplace(node, page_in(bytes));
                        round->answered.notify_all();
                    });
    }
    std::unique_lock lock(round->mutex);
    round->answered.wait_for(lock, wait, [&] { return round->told.size() == peers.size(); });
    round->over = true;
    std::vector<journal::ToldTail> out;
    for (const Peer& peer : peers) {
        if (const auto told = round->told.find(peer.node); told != round->told.end()) {
            out.push_back({peer.node, std::move(told->second)});
        } else {
            if (late == Late::owed) {
                owed_->add(peer.node);
            }
            out.push_back({peer.node, Error(unreachable, "no answer in time")});
        }
    }
    return out;
}

std::vector<journal::ToldTail> RemoteTails::ends(PartitionId partition, Sequence from,
                                                 journal::Patience patience) {
    const bool usual = patience == journal::Patience::usual;
    std::vector<Peer> peers;
    std::vector<journal::ToldTail> silent;
    for (Peer& peer : others_()) {
        if (usual && owed_->by(peer.node)) {
            silent.push_back({peer.node, Error(unreachable, "it owes an answer already")});
        } else {
            peers.push_back(std::move(peer));
        }
    }
    auto out = ask(peers, encode(TailQuestion{partition, from, 0}),
                   usual ? options_.ends : options_.ends_after_loss, Late::owed);
    std::move(silent.begin(), silent.end(), std::back_inserter(out));
    return out;
}

Result<journal::TailPage> RemoteTails::page(const NodeId& node, PartitionId partition,
                                            Sequence from) {
    const auto peers = others_();
    const auto peer =
        std::find_if(peers.begin(), peers.end(), [&](const Peer& one) { return one.node == node; });
    if (peer == peers.end()) {
        return Error(unreachable, "it is no node of this deployment any more");
    }
    const auto most = static_cast<std::uint32_t>(journal::tail_page_records);
    const Bytes question = encode(TailQuestion{partition, from, most});
    return ask({*peer}, question, options_.page, Late::forgotten).front().page;
}

}  // namespace chopmark::node
