#include "events/journal/withdrawal_index.h"

#include "events/journal/accept.h"

namespace chopmark::journal {
namespace {

constexpr const char* property = "chopmark.withdrawals";
constexpr std::size_t leaf_length_bytes = 4;

class Collector final : public rocksdb::TablePropertiesCollector {
  public:
    rocksdb::Status AddUserKey(const rocksdb::Slice& key, const rocksdb::Slice& value,
                               rocksdb::EntryType /*type*/, rocksdb::SequenceNumber /*number*/,
                               std::uint64_t /*file_size*/) override {
        if (holds_withdrawal({value.data(), value.size()})) {
            sequences_.append(key.data(), key.size());
        }
        return rocksdb::Status::OK();
    }
    rocksdb::Status Finish(rocksdb::UserCollectedProperties* properties) override {
        properties->insert({property, sequences_});
        return rocksdb::Status::OK();
    }
    [[nodiscard]] rocksdb::UserCollectedProperties GetReadableProperties() const override {
        return {{property, to_hex(sequences_)}};
    }
    [[nodiscard]] const char* Name() const override { return property; }

  private:
    Bytes sequences_;
};

class Collectors final : public rocksdb::TablePropertiesCollectorFactory {
  public:
    rocksdb::TablePropertiesCollector* CreateTablePropertiesCollector(
        rocksdb::TablePropertiesCollectorFactory::Context /*context*/) override {
        return new Collector();
    }
    [[nodiscard]] const char* Name() const override { return property; }
};

}  // namespace

std::shared_ptr<rocksdb::TablePropertiesCollectorFactory> withdrawal_collectors() {
    return std::make_shared<Collectors>();
}

std::optional<std::vector<Sequence>> withdrawals_in(const rocksdb::TableProperties& properties) {
    const auto found = properties.user_collected_properties.find(property);
    if (found == properties.user_collected_properties.end() ||
        found->second.size() % sizeof(std::uint64_t) != 0) {
        return std::nullopt;
    }
    std::vector<Sequence> out;
    for (std::size_t at = 0; at < found->second.size(); at += sizeof(std::uint64_t)) {
        out.emplace_back(get_big_endian<std::uint64_t>(found->second, at));
    }
    return out;
}

bool holds_withdrawal(ByteView stored) {
    if (stored.size() < leaf_length_bytes) {
        return false;
    }
    const auto prelude = record::decode_prelude(stored.substr(leaf_length_bytes));
    return prelude && prelude->type == nodes_withdrawn;
}

}  // namespace chopmark::journal
