#include "gateways/node/software.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "events/schema/catalog.h"

namespace chopmark::node {
namespace {

constexpr std::size_t version_bytes = 64;
constexpr std::size_t types_at_most = 65536;

}  // namespace

Software own_software() {
    Software own{software_version, {}};
    for (const schema::EventInfo& event : schema::all_events()) {
        if (schema::find_event(event.type) != nullptr) {
            own.types.insert(event.type.value());
        }
    }
    return own;
}

Bytes encode_software(const Software& software) {
    return nlohmann::json{{"version", software.version}, {"types", software.types}}.dump();
}

Result<Software> decode_software(ByteView bytes) {
    const auto json = nlohmann::json::parse(bytes, nullptr, false);
    if (!json.is_object() || !json.contains("version") || !json.at("version").is_string() ||
        !json.contains("types") || !json.at("types").is_array() ||
        json.at("types").size() > types_at_most) {
        return software_untold;
    }
    Software out{json.at("version").get<std::string>(), {}};
    for (const auto& type : json.at("types")) {
        if (!type.is_number_unsigned() || type.get<std::uint64_t>() > UINT32_MAX) {
            return software_untold;
        }
        out.types.insert(type.get<std::uint32_t>());
    }
    return out.version.size() > version_bytes ? Result<Software>(software_untold)
                                              : Result<Software>(std::move(out));
}

/// One node after the other: there are few, and they are asked seldom.
struct SoftwareSurvey::Round {
    NodeId self;
    NodeClient* client = nullptr;
    std::vector<std::uint32_t> types;
    std::vector<Peer> left;
    std::vector<control::NodeVersion> found;
    Surveyed surveyed;

    bool take(const NodeId& node, const Software& software) {
        const bool knows_all = std::all_of(types.begin(), types.end(), [&](std::uint32_t type) {
            return software.types.contains(type);
        });
        if (!knows_all) {
            surveyed(Error(control::types_not_everywhere, node.hex()));
            return false;
        }
        found.push_back({node, software.version});
        return true;
    }
};

void SoftwareSurvey::ask(const std::vector<std::uint32_t>& types, Surveyed surveyed) const {
    auto round = std::make_shared<Round>();
    round->self = self_;
    round->client = client_;
    round->types = types;
    round->surveyed = std::move(surveyed);
    const auto control = control_.latest();
    for (const auto& [id, node] : *control->state->nodes) {
        if (node.standing == control::Enrolment::active) {
            round->left.push_back({id, node.endpoint});
        }
    }
    ask_next(round);
}

void SoftwareSurvey::ask_next(const std::shared_ptr<Round>& round) {
    while (!round->left.empty()) {
        const Peer peer = std::move(round->left.back());
        round->left.pop_back();
        if (peer.node == round->self) {
            if (!round->take(peer.node, own_software())) {
                return;
            }
            continue;
        }
        if (round->client == nullptr) {
            round->surveyed(Error(unreachable, peer.node.hex()));
            return;
        }
        round->client->ask(peer, software_path, "", [round, peer](const Result<Bytes>& bytes) {
            const auto told = bytes ? decode_software(*bytes) : Result<Software>(bytes.error());
            if (!told) {
                round->surveyed(Error(told.error().reason, peer.node.hex()));
            } else if (round->take(peer.node, *told)) {
                ask_next(round);
            }
        });
        return;
    }
    round->surveyed(std::move(round->found));
}

}  // namespace chopmark::node
