// Where a node keeps what it keeps: the names inside of one data folder, said once for the daemon,
// the tool and the tests. Plain names; nothing here touches the disk.
#pragma once

#include <filesystem>
#include <utility>

namespace chopmark::ops {

class DataFolder {
  public:
    explicit DataFolder(std::filesystem::path root) : root_(std::move(root)) {}

    [[nodiscard]] const std::filesystem::path& root() const { return root_; }
    /// The genesis document (keys::open_genesis).
    [[nodiscard]] std::filesystem::path genesis() const { return root_ / "genesis"; }
    /// The embedded journal's store.
    [[nodiscard]] std::filesystem::path journal() const { return root_ / "journal"; }
    /// Sealed key files (keys::KeyRing).
    [[nodiscard]] std::filesystem::path keys() const { return root_ / "keys"; }
    /// Epoch keys as files; sandbox and import only.
    [[nodiscard]] std::filesystem::path epochs() const { return root_ / "epochs"; }
    /// The node's own key and certificate (keys::Node).
    [[nodiscard]] std::filesystem::path node() const { return root_ / "node"; }
    /// The node CA with its private key (keys::NodeIssuer); sandbox and import only.
    [[nodiscard]] std::filesystem::path node_ca() const { return root_ / "node_ca"; }
    /// State store, views, tiles (fold::RocksRows).
    [[nodiscard]] std::filesystem::path rows() const { return root_ / "rows"; }
    /// Signing keys and password verifiers (keys::RocksSecretRows).
    [[nodiscard]] std::filesystem::path secrets() const { return root_ / "secrets"; }
    /// The CA that plays the outside one (sandbox).
    [[nodiscard]] std::filesystem::path sandbox_ca() const { return root_ / "sandbox-ca"; }

  private:
    std::filesystem::path root_;
};

}  // namespace chopmark::ops
