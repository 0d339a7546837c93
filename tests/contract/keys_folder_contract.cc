// One contract for the folders of key files: disk and memory.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <functional>

#include "events/keys/folder.h"

namespace chopmark::keys {
namespace {

namespace fs = std::filesystem;

fs::path temporary_path() {
    std::string name = (fs::temp_directory_path() / "chopmark_folder_XXXXXX").string();
    return ::mkdtemp(name.data());
}

struct Kind {
    const char* name;
    std::function<std::unique_ptr<Folder>(const fs::path&)> make;
};

class FolderContract : public testing::TestWithParam<Kind> {
  protected:
    ~FolderContract() override { fs::remove_all(path_); }

    const fs::path path_ = temporary_path();
    std::unique_ptr<Folder> folder_ = GetParam().make(path_);
};

TEST_P(FolderContract, ReadsWhatItWrote) {
    const Bytes large(300'000, '\xff');
    ASSERT_TRUE(folder_->write("large", large));
    ASSERT_TRUE(folder_->write("empty", ""));
    EXPECT_EQ(folder_->read("large").value(), large);
    EXPECT_EQ(folder_->read("empty").value(), "");
    ASSERT_TRUE(folder_->write("large", "short"));
    EXPECT_EQ(folder_->read("large").value(), "short");
    EXPECT_EQ(folder_->list().value(), (std::vector<std::string>{"empty", "large"}));
}

TEST_P(FolderContract, SaysThatAFileIsMissing) {
    EXPECT_EQ(folder_->read("none").error(), no_file);
    EXPECT_FALSE(folder_->rename("none", "other").has_value());
    EXPECT_TRUE(folder_->remove("none").has_value());
}

TEST_P(FolderContract, RenamesOverWhatIsThere) {
    ASSERT_TRUE(folder_->write("a", "new"));
    ASSERT_TRUE(folder_->write("b", "old"));
    ASSERT_TRUE(folder_->rename("a", "b"));
    EXPECT_TRUE(folder_->sync().has_value());
    EXPECT_EQ(folder_->list().value(), std::vector<std::string>{"b"});
    EXPECT_EQ(folder_->read("b").value(), "new");
}

TEST_P(FolderContract, ReplacesWithoutLeavingATrace) {
    ASSERT_TRUE(replace(*folder_, "a", "one"));
    ASSERT_TRUE(replace(*folder_, "a", "two"));
    EXPECT_EQ(folder_->read("a").value(), "two");
    EXPECT_EQ(folder_->list().value(), std::vector<std::string>{"a"});
    ASSERT_TRUE(folder_->remove("a"));
    EXPECT_TRUE(folder_->list()->empty());
}

INSTANTIATE_TEST_SUITE_P(Folders, FolderContract,
                         testing::Values(Kind{"memory",
                                              [](const fs::path&) {
                                                  return std::make_unique<MemoryFolder>();
                                              }},
                                         Kind{"disk",
                                              [](const fs::path& path) {
                                                  return std::make_unique<DiskFolder>(
                                                      DiskFolder::open(path / "keys").value());
                                              }}),
                         [](const auto& given) { return std::string(given.param.name); });

TEST(DiskFolder, IsForItsOwnerAlone) {
    const fs::path path = temporary_path();
    DiskFolder folder = DiskFolder::open(path / "keys").value();
    ASSERT_TRUE(replace(folder, "secret", "x"));
    struct stat status {};
    ASSERT_EQ(::stat((path / "keys").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
    ASSERT_EQ(::stat((path / "keys" / "secret").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    EXPECT_EQ(DiskFolder::open(path / "keys" / "secret").error(), io_failed);
    fs::remove_all(path);
}

}  // namespace
}  // namespace chopmark::keys
