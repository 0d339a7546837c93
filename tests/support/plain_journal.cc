#include "tests/support/plain_journal.h"

#include "events/core/ensure.h"
#include "events/crypto/digest.h"
#include "events/schema/codec.h"

namespace chopmark::test {

class PlainJournal::Following final : public journal::Subscription {
  public:
    Following(PlainJournal& journal, std::uint64_t id) : journal_(&journal), id_(id) {}
    ~Following() override {
        const std::lock_guard lock(journal_->followers_mutex_);
        journal_->followers_.erase(id_);
    }

  private:
    PlainJournal* journal_;
    std::uint64_t id_;
};

journal::EntryPtr PlainJournal::append(PartitionId partition, const schema::Event& event,
                                       std::optional<Instant> recorded_at) {
    const auto layers = schema::encode(event).value();
    return append_raw(partition, schema::type_of(event), layers.leaf_body, layers.link,
                      layers.personal, recorded_at);
}

journal::EntryPtr PlainJournal::append_raw(PartitionId partition, record::TypeNumber type,
                                           ByteView leaf_body, ByteView link, ByteView personal,
                                           std::optional<Instant> recorded_at) {
    auto entry = std::make_shared<journal::Entry>();
    Sequence next;
    {
        const std::lock_guard lock(mutex_);
        auto& lane = lanes_.at(partition.value());
        last_ = recorded_at.value_or(last_ + std::chrono::seconds(1));
        record::Prelude prelude;
        prelude.type = type;
        prelude.partition = partition;
        prelude.sequence = Sequence(lane.size());
        prelude.recorded_at = last_;
        prelude.previous = lane.empty() ? Digest() : lane.back()->leaf_hash;
        prelude.link_digest = record::box_digest(link);
        prelude.personal_digest = record::box_digest(personal);
        Bytes place;
        append_big_endian(place, partition.value());
        append_big_endian(place, static_cast<std::uint64_t>(lane.size()));
        prelude.event_id =
            *EventId::from_bytes(crypto::sha256(place).bytes().substr(0, EventId::size));
        entry->partition = partition;
        entry->sequence = prelude.sequence;
        entry->record.leaf = record::encode(prelude);
        entry->record.leaf.append(leaf_body);
        entry->record.link_box = link;
        entry->record.personal_box = personal;
        entry->leaf_hash = record::leaf_hash(entry->record.leaf);
        lane.push_back(entry);
        next = Sequence(lane.size());
    }
    const std::lock_guard lock(followers_mutex_);
    for (const auto& [id, follower] : followers_) {
        if (follower.first == partition) {
            follower.second(next);
        }
    }
    return entry;
}

void PlainJournal::cut_off(PartitionId partition, Sequence next) {
    const std::lock_guard lock(mutex_);
    lanes_.at(partition.value()).resize(next.value());
}

void PlainJournal::fail_reads(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(error);
}

Result<journal::Head> PlainJournal::head(PartitionId partition) const {
    const std::lock_guard lock(mutex_);
    const auto& lane = lanes_.at(partition.value());
    journal::Head head{};
    head.next = Sequence(lane.size());
    head.previous = lane.empty() ? Digest() : lane.back()->leaf_hash;
    return head;
}

Result<std::vector<journal::EntryPtr>> PlainJournal::read(PartitionId partition, Sequence from,
                                                          const journal::ReadBudget& budget) const {
    const std::lock_guard lock(mutex_);
    if (failure_) {
        return *failure_;
    }
    const auto& lane = lanes_.at(partition.value());
    std::vector<journal::EntryPtr> out;
    std::size_t bytes = 0;
    for (std::size_t i = from.value(); i < lane.size() && out.size() < budget.records; ++i) {
        bytes += lane[i]->record.size();
        if (!out.empty() && bytes > budget.bytes) {
            break;
        }
        out.push_back(lane[i]);
    }
    return out;
}

std::unique_ptr<journal::Subscription> PlainJournal::follow(PartitionId partition, Sequence from,
                                                            std::function<void(Sequence)> grown) {
    const std::lock_guard lock(followers_mutex_);
    const Sequence next = head(partition)->next;
    if (next > from) {
        grown(next);
    }
    followers_.emplace(next_follower_, std::pair(partition, std::move(grown)));
    return std::make_unique<Following>(*this, next_follower_++);
}

Result<record::Record> ClearVault::seal(schema::Event&, const keys::Sealing&) const {
    return Error({"test.seals_nothing", Kind::internal});
}

Result<schema::Event> ClearVault::open(const record::Record& record) const {
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(record.leaf));
    {
        const std::lock_guard lock(mutex_);
        if (const auto failure = failures_.find(prelude.event_id); failure != failures_.end()) {
            return failure->second;
        }
    }
    return schema::decode(prelude.type, ByteView(record.leaf).substr(record::prelude_bytes),
                          ByteView(record.link_box), std::nullopt);
}

Result<schema::Event> ClearVault::open_leaf(const record::Record& record) const {
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(record.leaf));
    return schema::decode(prelude.type, ByteView(record.leaf).substr(record::prelude_bytes),
                          std::nullopt, std::nullopt);
}

Result<schema::Event> ClearVault::open_personal(const record::Record& record) const {
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(record.leaf));
    return schema::decode(prelude.type, ByteView(record.leaf).substr(record::prelude_bytes),
                          ByteView(record.link_box), ByteView(record.personal_box));
}

void ClearVault::fail(const EventId& event, std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    failures_.erase(event);
    if (error) {
        failures_.emplace(event, std::move(*error));
    }
}

AccountId account(std::uint16_t slot, std::uint64_t serial) {
    ByteArray<AccountId::size> bytes{};
    bytes[0] = static_cast<std::uint8_t>(slot >> 2);
    bytes[1] = static_cast<std::uint8_t>(slot << 6);
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[15 - i] = static_cast<std::uint8_t>(serial >> (8 * i));
    }
    return AccountId(bytes);
}

schema::Event login(const AccountId& account) {
    schema::LoginApproved event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_flow(schema::QR);
    event.mutable_link()->mutable_head()->set_account_id(account.to_bytes());
    event.mutable_personal()->mutable_details()->set_device_signature(
        "sealed, and never opened by a fold");
    return event;
}

schema::Event cut(const std::vector<std::pair<std::uint16_t, std::uint64_t>>& sizes) {
    schema::CutRecorded event;
    for (const auto& [partition, size] : sizes) {
        auto& root = *event.mutable_leaf()->add_partitions();
        root.set_partition(partition);
        root.set_size(size);
        root.set_root(Bytes(Digest::size, '\0'));
    }
    return event;
}

}  // namespace chopmark::test
