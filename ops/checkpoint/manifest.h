// What a checkpoint says of itself (ops/checkpoint/checkpoints.h): which log it is of, which node
// made it and when, how far each partition had come with which tree root, and every file with its
// size and SHA-256. JSON in `manifest.json`, signed by the node in `manifest.signature`; both are
// checked together, so whoever changes a file afterwards, or its entry, is found out. A signature
// says who answers for the content, not that it is right: that is for whoever takes it over to find
// out.
//
//   manifest.signature = Ed25519 of "chopmark/checkpoint/1" sha256(manifest.json):32
//
// Reading is total over any bytes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "events/core/instant.h"
#include "events/keys/node_ca.h"
#include "ops/checkpoint/disk_files.h"

namespace chopmark::checkpoint {

inline constexpr Reason bad_manifest{"checkpoint.bad_manifest", Kind::damaged};
/// No signature of an enrolled node stands under it.
inline constexpr Reason not_signed{"checkpoint.not_signed", Kind::damaged};

/// Of the manifest's JSON; a checkpoint of 200,000 files has 30 MB.
inline constexpr std::size_t manifest_bytes = 64 << 20;
/// Of the layout of folder and manifest.
inline constexpr std::uint32_t checkpoint_format = 1;

struct CheckpointFile {
    std::string path;  // "rows/NAME" or "journal/NAME"
    FileSum sum;
    friend bool operator==(const CheckpointFile&, const CheckpointFile&) = default;
};

struct CheckpointPartition {
    PartitionId partition;
    std::uint64_t records = 0;
    Digest root;  // of the tree of so many leaves
    friend bool operator==(const CheckpointPartition&, const CheckpointPartition&) = default;
};

struct CheckpointManifest {
    std::uint32_t format = checkpoint_format;
    Digest deployment;  // of the genesis document
    NodeId node;
    Bytes certificate;  // of the node, DER
    Instant made_at;
    std::string software;
    std::string back_end;             // "kafka" or "embedded"
    std::uint32_t state_version = 0;  // runtime::state_version
    std::vector<CheckpointPartition> partitions;
    std::vector<CheckpointFile> files;

    [[nodiscard]] std::uint64_t bytes() const;
    friend bool operator==(const CheckpointManifest&, const CheckpointManifest&) = default;
};

std::string to_json(const CheckpointManifest& manifest);
/// checkpoint.bad_manifest, naming the member: also for paths that lead out of the two folders,
/// files named twice, partitions that do not count up from 0, and another format.
Result<CheckpointManifest> read_manifest(ByteView json);

/// Both files, durable.
Result<void> write_manifest(const std::filesystem::path& folder, const CheckpointManifest& manifest,
                            const keys::Node& node);
/// checkpoint.not_signed unless a node that `authority` has enrolled signed it, and is the one that
/// it names.
Result<CheckpointManifest> open_manifest(const std::filesystem::path& folder,
                                         const keys::NodeCa& authority);

}  // namespace chopmark::checkpoint
