#include "ops/key_retirement.h"

#include <set>

#include "events/crypto/digest.h"
#include "events/fold/row_codec.h"
#include "events/record/prelude.h"
#include "events/schema/codec.h"
#include "events/schema/event.h"

namespace chopmark::ops {
namespace {

using citizen::CertificateState;

/// Of one partition in one turn in the pool.
constexpr unsigned pages_at_once = 16;
/// In one turn: an authority answers within seconds, if slowly.
constexpr std::size_t revocations_at_once = 64;
constexpr std::string_view revocation_row = "r";

template <class E>
concept TellsOfKeys = requires(CertificateState& state, const E& event,
                               const record::Stamp& stamp) {
    citizen::evolve(state, event, stamp);
};

template <class... E>
std::set<record::TypeNumber> telling(const std::variant<E...>*) {
    std::set<record::TypeNumber> types;
    const auto add = [&types]<class One>(const One*) {
        if constexpr (TellsOfKeys<One>) {
            types.insert(schema::info<One>().type);
        }
    };
    (add(static_cast<const E*>(nullptr)), ...);
    return types;
}

/// Types that the certificate's evolve takes; everything else is passed over by its prelude.
const std::set<record::TypeNumber>& telling_types() {
    static const auto types = telling(static_cast<const schema::Event*>(nullptr));
    return types;
}

Bytes account_key(const AccountId& account) { return Bytes("a").append(account.bytes()); }

Bytes partition_key(PartitionId partition) {
    Bytes key("p");
    append_big_endian(key, partition.value());
    return key;
}

Bytes revocation_key(const keys::KeyHandle& handle) {
    return Bytes(revocation_row).append(handle.bytes());
}

RequestId revocation_of(ByteView row_key) {
    const Digest name = crypto::sha256({"chopmark/revocation/1", row_key});
    return RequestId(to_array<RequestId::size>(name.bytes().substr(0, RequestId::size)));
}

struct EndedKey {
    keys::KeyHandle handle;
    Bytes serial;  // of its certificate, if that would still be believed
};

/// What no certificate will ever need again, once `event` has happened.
std::vector<EndedKey> keys_ended_by(CertificateState& state, const schema::Event& event,
                                    const record::Stamp& stamp, Instant now) {
    const auto before = state;
    const auto& wanted = before.wanted;
    std::visit(
        [&]<class E>(const E& one) {
            if constexpr (TellsOfKeys<E>) {
                citizen::evolve(state, one, stamp);
            }
        },
        event);
    std::vector<EndedKey> ended;
    for (const keys::KeyHandle& handle : std::exchange(state.retired_keys, {})) {
        const bool believed = handle == before.key_handle && before.not_after > now;
        ended.push_back({handle, believed ? before.serial : Bytes()});
    }
    const bool over = wanted && (!state.wanted || state.wanted->cause != wanted->cause);
    if (const auto made = over ? signing_key_of(wanted->cause) : keys::KeyHandle();
        over && made != state.key_handle) {
        ended.push_back({made, {}});
    }
    return ended;
}

/// The keys that end with one record, and the account's row as it is then.
Result<std::vector<EndedKey>> fold_record(const journal::Entry& entry,
                                          const keys::EventVault& vault, fold::RowBatch& batch,
                                          Instant now) {
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(entry.record.leaf));
    if (!telling_types().contains(prelude.type)) {
        return std::vector<EndedKey>();
    }
    const auto event = vault.open(entry.record);
    if (!event && event.error().kind() == Kind::expired) {
        return std::vector<EndedKey>();  // its key went with its period
    }
    CHOPMARK_TRY(event);
    const auto account = AccountId::from_bytes(schema::link_head(*event).account_id());
    if (!account) {
        return std::vector<EndedKey>();
    }
    const Bytes key = account_key(*account);
    CertificateState state;
    CHOPMARK_ASSIGN(const auto row, batch.get(key));
    if (row) {
        CHOPMARK_ASSIGN(state, fold::decode_row<CertificateState>(*row));
    }
    auto ended = keys_ended_by(state, *event, {prelude.event_id, prelude.recorded_at}, now);
    if (state.key_handle.is_zero() && !state.wanted) {
        batch.erase(key);
    } else {
        batch.put(key, fold::encode_row(state));
    }
    return ended;
}

}  // namespace

keys::KeyHandle signing_key_of(const EventId& cause) {
    const Digest name = crypto::sha256({"chopmark/signing-key/1", cause.bytes()});
    return keys::KeyHandle(
        to_array<keys::KeyHandle::size>(name.bytes().substr(0, keys::KeyHandle::size)));
}

Result<std::unique_ptr<KeyRetirement>> KeyRetirement::open(const Surroundings& around) {
    CHOPMARK_ASSIGN(auto table, around.rows.open("key_retirement.1"));
    return std::unique_ptr<KeyRetirement>(new KeyRetirement(around, std::move(table)));
}

void KeyRetirement::tick() {
    if (stopped_ || busy_.exchange(true)) {
        return;
    }
    const bool taken = around_.work.try_post([this] {
        go_on();
        busy_.store(false);
    });
    if (!taken) {
        busy_.store(false);
    }
}

void KeyRetirement::go_on() {
    for (std::uint16_t number = 1; number <= around_.journal.partitions(); ++number) {
        bool more = true;
        for (unsigned page = 0; more && !stopped_ && page < pages_at_once; ++page) {
            const auto folded = fold_page(PartitionId(number));
            failed_.fetch_add(folded ? 0 : 1);
            more = folded && *folded;
        }
    }
    failed_.fetch_add(revoke_owed() ? 0 : 1);
}

Result<Sequence> KeyRetirement::next_of(PartitionId partition) const {
    CHOPMARK_ASSIGN(const auto row, around_.rows.latest().get(*table_, partition_key(partition)));
    return Sequence(
        row && row->size() == sizeof(std::uint64_t) ? get_big_endian<std::uint64_t>(*row) : 0);
}

Result<bool> KeyRetirement::fold_page(PartitionId partition) {
    CHOPMARK_ASSIGN(Sequence next, next_of(partition));
    CHOPMARK_ASSIGN(const auto page, around_.journal.read(partition, next, {}));
    if (page.empty()) {
        return false;
    }
    fold::RowBatch batch(table_, around_.rows.latest());
    const Instant now = around_.clock.now();
    std::vector<EndedKey> ended;
    for (const auto& entry : page) {
        CHOPMARK_ASSIGN(auto some, fold_record(*entry, around_.vault, batch, now));
        std::move(some.begin(), some.end(), std::back_inserter(ended));
        next = Sequence(entry->sequence.value() + 1);
    }
    for (EndedKey& key : ended) {
        CHOPMARK_TRY(around_.keys.destroy(key.handle));
        destroyed_.fetch_add(1);
        if (!key.serial.empty()) {
            batch.put(revocation_key(key.handle), std::move(key.serial));
        }
    }
    Bytes mark;
    append_big_endian(mark, next.value());
    batch.put(partition_key(partition), std::move(mark));
    const fold::RowBatch* const written = &batch;
    CHOPMARK_TRY(around_.rows.commit({&written, 1}, fold::Durability::buffered));
    return true;
}

/// In rising order, and around: one that cannot be made must not stand before all others.
Result<void> KeyRetirement::revoke_owed() {
    fold::RowBatch batch(table_, around_.rows.latest());
    const fold::RowBatch* const written = &batch;
    auto range = fold::KeyRange::prefix(revocation_row);
    range.begin = std::max(range.begin, next_owed_);
    const auto owed = around_.rows.latest().scan(*table_, std::move(range));
    Result<void> out;
    std::size_t settled = 0;
    for (; out && !stopped_ && owed->valid() && settled < revocations_at_once; owed->next()) {
        const auto revoked = around_.authority.revoke(revocation_of(owed->key()), owed->value());
        const bool refused = !revoked && revoked.error() == ports::outside_refused;
        next_owed_ = Bytes(owed->key()) + '\0';
        if (!revoked && !refused) {
            out = revoked.error();  // asked again when its turn comes
            continue;
        }
        (refused ? refused_ : revoked_).fetch_add(1);
        batch.erase(owed->key());
        ++settled;
    }
    CHOPMARK_TRY(owed->status());
    if (out && settled < revocations_at_once) {
        next_owed_.clear();
    }
    if (settled != 0) {
        CHOPMARK_TRY(around_.rows.commit({&written, 1}, fold::Durability::buffered));
    }
    return out;
}

}  // namespace chopmark::ops
