#include "ops/checkpoint/manifest.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "events/crypto/digest.h"
#include "gateways/service/json_body.h"

namespace chopmark::checkpoint {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;
using service::Json;

const std::string manifest_name = "manifest.json";
const std::string signature_name = "manifest.signature";
constexpr std::string_view signed_as = "chopmark/checkpoint/1";

Error bad(const std::string& member) { return {bad_manifest, member}; }

Bytes message_of(ByteView json) {
    Bytes out(signed_as);
    out.append(crypto::sha256(json).bytes());
    return out;
}

/// A plain name in one of the two folders.
bool is_inside(const std::string& path) {
    const auto slash = path.find('/');
    const std::string folder = path.substr(0, slash);
    if (slash == std::string::npos || (folder != "rows" && folder != "journal")) {
        return false;
    }
    const std::string name = path.substr(slash + 1);
    return !name.empty() && name.size() <= 64 && name.front() != '.' &&
           std::all_of(name.begin(), name.end(), [](char letter) {
               return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
                      (letter >= 'A' && letter <= 'Z') || letter == '.' || letter == '-' ||
                      letter == '_';
           });
}

/// No more than `most`, at least zero.
Result<std::uint64_t> count_in(const Json& object, const char* name, std::int64_t most) {
    CHOPMARK_ASSIGN(const std::int64_t count, service::number_of(object, name));
    return count >= 0 && count <= most ? Result<std::uint64_t>(static_cast<std::uint64_t>(count))
                                       : bad(name);
}

/// A list, or bad.
Result<const Json*> list_in(const Json& object, const char* name) {
    const auto at = object.find(name);
    return at != object.end() && at->is_array() ? Result<const Json*>(&*at) : bad(name);
}

Result<CheckpointPartition> partition_in(const Json& object, std::size_t expected) {
    CheckpointPartition out;
    CHOPMARK_ASSIGN(const std::uint64_t number, count_in(object, "partition", UINT16_MAX));
    if (number != expected) {
        return bad("partition");
    }
    out.partition = PartitionId(static_cast<std::uint16_t>(number));
    CHOPMARK_ASSIGN(out.records, count_in(object, "records", INT64_MAX));
    CHOPMARK_ASSIGN(out.root, service::id_of<Digest>(object, "root"));
    return out;
}

Result<CheckpointFile> file_in(const Json& object) {
    CheckpointFile out;
    CHOPMARK_ASSIGN(out.path, service::text_of(object, "path"));
    if (!is_inside(out.path)) {
        return bad("path");
    }
    CHOPMARK_ASSIGN(out.sum.bytes, count_in(object, "bytes", INT64_MAX));
    CHOPMARK_ASSIGN(out.sum.sha256, service::id_of<Digest>(object, "sha256"));
    return out;
}

Result<void> read_head(const Json& object, CheckpointManifest& out) {
    CHOPMARK_ASSIGN(const std::uint64_t format, count_in(object, "format", UINT32_MAX));
    if (format != checkpoint_format) {
        return bad("format");
    }
    CHOPMARK_ASSIGN(out.deployment, service::id_of<Digest>(object, "deployment"));
    CHOPMARK_ASSIGN(out.node, service::id_of<NodeId>(object, "node"));
    CHOPMARK_ASSIGN(out.certificate, service::bytes_of(object, "certificate"));
    CHOPMARK_ASSIGN(out.made_at, service::instant_of(object, "made_at"));
    CHOPMARK_ASSIGN(out.software, service::text_of(object, "software"));
    CHOPMARK_ASSIGN(out.back_end, service::text_of(object, "back_end"));
    CHOPMARK_ASSIGN(const std::uint64_t version, count_in(object, "state_version", UINT32_MAX));
    out.state_version = static_cast<std::uint32_t>(version);
    return {};
}

Result<CheckpointManifest> read_members(const Json& object) {
    CheckpointManifest out;
    CHOPMARK_TRY(read_head(object, out));
    CHOPMARK_ASSIGN(const Json* const partitions, list_in(object, "partitions"));
    for (const Json& one : *partitions) {
        CHOPMARK_ASSIGN(auto partition, partition_in(one, out.partitions.size()));
        out.partitions.push_back(partition);
    }
    CHOPMARK_ASSIGN(const Json* const files, list_in(object, "files"));
    std::set<std::string> known;
    std::uint64_t room = INT64_MAX;  // sums of sizes do not overflow
    for (const Json& one : *files) {
        CHOPMARK_ASSIGN(auto file, file_in(one));
        if (!known.insert(file.path).second) {
            return bad("path: " + file.path + " twice");
        }
        if (file.sum.bytes > room) {
            return bad("bytes");
        }
        room -= file.sum.bytes;
        out.files.push_back(std::move(file));
    }
    return out;
}

}  // namespace

std::uint64_t CheckpointManifest::bytes() const {
    std::uint64_t sum = 0;
    for (const CheckpointFile& file : files) {
        sum += file.sum.bytes;
    }
    return sum;
}

std::string to_json(const CheckpointManifest& manifest) {
    ordered_json out{{"format", manifest.format},
                     {"deployment", manifest.deployment.hex()},
                     {"node", manifest.node.hex()},
                     {"certificate", to_base64(manifest.certificate)},
                     {"made_at", manifest.made_at.millis()},
                     {"software", manifest.software},
                     {"back_end", manifest.back_end},
                     {"state_version", manifest.state_version},
                     {"partitions", ordered_json::array()},
                     {"files", ordered_json::array()}};
    for (const CheckpointPartition& partition : manifest.partitions) {
        out["partitions"].push_back({{"partition", partition.partition.value()},
                                     {"records", partition.records},
                                     {"root", partition.root.hex()}});
    }
    for (const CheckpointFile& file : manifest.files) {
        out["files"].push_back(
            {{"path", file.path}, {"bytes", file.sum.bytes}, {"sha256", file.sum.sha256.hex()}});
    }
    return out.dump(1) + "\n";
}

Result<CheckpointManifest> read_manifest(ByteView json) {
    if (json.size() > manifest_bytes) {
        return bad("too large");
    }
    const auto object = service::parse_object(json);
    auto manifest = object ? read_members(*object) : Result<CheckpointManifest>(object.error());
    return manifest ? std::move(manifest) : bad(manifest.error().detail);
}

Result<void> write_manifest(const fs::path& folder, const CheckpointManifest& manifest,
                            const keys::Node& node) {
    const std::string json = to_json(manifest);
    CHOPMARK_ASSIGN(const Bytes signature, node.sign(message_of(json)));
    CHOPMARK_ASSIGN(keys::DiskFolder there, keys::DiskFolder::open(folder));
    CHOPMARK_TRY(keys::replace(there, manifest_name, json));
    return keys::replace(there, signature_name, signature);
}

Result<CheckpointManifest> open_manifest(const fs::path& folder, const keys::NodeCa& authority) {
    std::error_code failed;
    if (!fs::is_directory(folder, failed)) {  // opening a folder would make it
        return bad(folder.string() + " is no folder");
    }
    if (fs::file_size(folder / manifest_name, failed) > manifest_bytes || failed) {
        return bad(manifest_name + " is not there, or too large");
    }
    CHOPMARK_ASSIGN(const keys::DiskFolder there, keys::DiskFolder::open(folder));
    CHOPMARK_ASSIGN(const Bytes json, there.read(manifest_name));
    CHOPMARK_ASSIGN(auto manifest, read_manifest(json));
    const auto signature = there.read(signature_name);
    const auto signer = signature
                            ? authority.check(manifest.certificate, message_of(json), *signature)
                            : std::nullopt;
    if (signer != manifest.node) {
        return Error(not_signed, "by node " + manifest.node.hex() + ", which it names");
    }
    return manifest;
}

}  // namespace chopmark::checkpoint
