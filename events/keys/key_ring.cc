#include "events/keys/key_ring.h"

#include <algorithm>

namespace chopmark::keys {
namespace {

constexpr Epoch first_epoch{1};

KeyCommitments commitments_of(const KeyMaterial& material) {
    return {commitment(Root::slot, material.root(Root::slot)),
            commitment(Root::card, material.root(Root::card))};
}

Result<const PeriodKeys*> keys_of(const KeyMaterial& material, Retention retention, Period period) {
    if (!is_class(retention)) {
        return Error(no_period, "class " + std::to_string(retention));
    }
    if (const PeriodKeys* const found = material.period(retention, period)) {
        return found;
    }
    const std::string detail =
        "class " + std::to_string(retention) + " period " + std::to_string(period.value());
    return material.was_drawn(retention, period) ? Error(expired, detail)
                                                 : Error(no_period, detail);
}

Result<PersonalKey> key_of(const KeyMaterial& material, PersonalKind kind, const BoxPlace& place,
                           std::optional<KeyIndex> index) {
    CHOPMARK_ASSIGN(const PeriodKeys* const keys, keys_of(material, place.retention, place.period));
    if (!index) {
        return personal_key(kind, no_person(), keys->secret, place.event);
    }
    const auto leaf = material.cover(place.retention).leaf(*index);
    if (!leaf) {
        return erased;
    }
    return personal_key(kind, *leaf, keys->secret, place.event);
}

// Files of epochs whose key is gone: the crash came between the two halves of destroying.
Result<void> clear_away(Folder& folder, const std::vector<Epoch>& files,
                        const std::vector<Epoch>& alive) {
    CHOPMARK_ASSIGN(const auto names, folder.list());
    bool removed = false;
    for (const std::string& name : names) {
        if (is_temporary(name)) {
            CHOPMARK_TRY(folder.remove(name));
            removed = true;
        }
    }
    for (const Epoch each : files) {
        if (!std::binary_search(alive.begin(), alive.end(), each)) {
            CHOPMARK_TRY(remove_key_file(folder, each));
            removed = true;
        }
    }
    return removed ? folder.sync() : Result<void>();
}

}  // namespace

KeyRing::KeyRing(const Place& place, Epoch epoch, KeyMaterial material)
    : place_(place),
      epoch_(epoch),
      material_(std::make_shared<const KeyMaterial>(std::move(material))) {}

Result<std::unique_ptr<KeyRing>> KeyRing::begin(const Place& place, KeyMaterial material) {
    CHOPMARK_ASSIGN(const auto files, list_key_files(place.folder));
    if (!files.empty()) {
        return key_file_exists;
    }
    CHOPMARK_TRY(write_key_file(place.folder, place.store, place.entropy, first_epoch, material));
    return std::unique_ptr<KeyRing>(new KeyRing(place, first_epoch, std::move(material)));
}

Result<std::unique_ptr<KeyRing>> KeyRing::create(const Place& place, Instant at) {
    return begin(place, KeyMaterial::draw(place.entropy, at));
}

Result<std::unique_ptr<KeyRing>> KeyRing::adopt(const Place& place, ByteView material) {
    CHOPMARK_ASSIGN(auto decoded, KeyMaterial::decode(material));
    return begin(place, std::move(decoded));
}

Result<std::unique_ptr<KeyRing>> KeyRing::open(const Place& place, const KeyCommitments& expected) {
    CHOPMARK_ASSIGN(const auto files, list_key_files(place.folder));
    CHOPMARK_ASSIGN(const auto alive, place.store.list());
    std::optional<Error> why;
    for (auto each = files.rbegin(); each != files.rend(); ++each) {
        auto material = read_key_file(place.folder, place.store, *each);
        if (!material) {
            // A store that does not answer tells nothing about the file: an older one must not
            // come back into force because of it.
            if (material.error() == store_failed || material.error() == io_failed) {
                return material.error();
            }
            why = why ? why : material.error();
            continue;
        }
        if (commitments_of(*material) != expected) {
            return foreign_keys;
        }
        CHOPMARK_TRY(clear_away(place.folder, files, alive));
        return std::unique_ptr<KeyRing>(new KeyRing(place, *each, *std::move(material)));
    }
    return why ? *why : Error(no_key_file);
}

KeyCommitments KeyRing::commitments() const { return commitments_of(*material()); }

Result<SealedBox> KeyRing::seal_personal(const BoxPlace& place, std::optional<KeyIndex> index,
                                         ByteView content) const {
    CHOPMARK_ASSIGN(const auto key, key_of(*material(), PersonalKind::outer, place, index));
    return keys::seal_personal(key, place, content);
}

Result<Sensitive<Bytes>> KeyRing::open_personal(const BoxPlace& place,
                                                std::optional<KeyIndex> index,
                                                const Digest& key_commitment, ByteView box) const {
    CHOPMARK_ASSIGN(const auto key, key_of(*material(), PersonalKind::outer, place, index));
    return keys::open_personal(key, place, key_commitment, box);
}

Result<Bytes> KeyRing::seal_link(const BoxPlace& place, ByteView content) const {
    const auto held = material();
    CHOPMARK_ASSIGN(const auto* const keys, keys_of(*held, place.retention, place.period));
    return keys::seal_link(keys->link, place, content);
}

Result<Bytes> KeyRing::open_link(const BoxPlace& place, ByteView box) const {
    const auto held = material();
    CHOPMARK_ASSIGN(const auto* const keys, keys_of(*held, place.retention, place.period));
    return keys::open_link(keys->link, place, box);
}

Result<Bytes> KeyRing::seal_inner(Retention retention, Instant recorded_at, const EventId& event,
                                  std::optional<KeyIndex> index, ByteView content) const {
    const BoxPlace place{retention, period_at(retention, recorded_at), event};
    CHOPMARK_ASSIGN(const auto key, key_of(*material(), PersonalKind::inner, place, index));
    return keys::seal_inner(key, place, content);
}

Result<Sensitive<Bytes>> KeyRing::open_inner(Retention retention, const EventId& event,
                                             std::optional<KeyIndex> index, ByteView box) const {
    CHOPMARK_ASSIGN(const Period period, inner_period(retention, box));
    const BoxPlace place{retention, period, event};
    CHOPMARK_ASSIGN(const auto key, key_of(*material(), PersonalKind::inner, place, index));
    return keys::open_inner(key, place, box);
}

Result<Epoch> KeyRing::put_in_force(KeyMaterial changed) {
    const Epoch next(epoch().value() + 1);
    CHOPMARK_TRY(write_key_file(place_.folder, place_.store, place_.entropy, next, changed));
    auto material = std::make_shared<const KeyMaterial>(std::move(changed));
    const std::lock_guard lock(current_);
    epoch_ = next;
    material_.swap(material);
    return next;
}

Result<Epoch> KeyRing::erase(const std::vector<Erasure>& erasures) {
    const std::lock_guard lock(changing_);
    KeyMaterial changed = *material();
    if (changed.erase(erasures) == 0) {
        return epoch();
    }
    return put_in_force(std::move(changed));
}

bool KeyRing::is_erased(const Erasure& erasure) const {
    return !material()->cover(erasure.retention).contains(erasure.index);
}

Result<Epoch> KeyRing::expire(Instant now) {
    const std::lock_guard lock(changing_);
    KeyMaterial changed = *material();
    if (changed.expire(now) == 0) {
        return epoch();
    }
    return put_in_force(std::move(changed));
}

Result<std::vector<Epoch>> KeyRing::old_epochs() const {
    const std::lock_guard lock(changing_);
    CHOPMARK_ASSIGN(auto epochs, place_.store.list());
    std::erase_if(epochs, [&](Epoch each) { return each >= epoch(); });
    return epochs;
}

Result<void> KeyRing::destroy_old_epochs() {
    const std::lock_guard lock(changing_);
    const Epoch kept = epoch();
    CHOPMARK_ASSIGN(const auto epochs, place_.store.list());
    for (const Epoch each : epochs) {
        if (each < kept) {
            CHOPMARK_TRY(place_.store.destroy(each));
        }
    }
    CHOPMARK_ASSIGN(const auto files, list_key_files(place_.folder));
    for (const Epoch each : files) {
        if (each < kept) {
            CHOPMARK_TRY(remove_key_file(place_.folder, each));
        }
    }
    return place_.folder.sync();
}

std::shared_ptr<const KeyMaterial> KeyRing::material() const {
    const std::lock_guard lock(current_);
    return material_;
}

crypto::SecretBytes KeyRing::hand_over() const { return material()->encode(); }

Epoch KeyRing::epoch() const {
    const std::lock_guard lock(current_);
    return epoch_;
}

Result<KeyRingProbe> KeyRing::probe() const {
    KeyRingProbe out{epoch(), 0, 0};
    CHOPMARK_ASSIGN(const auto old, old_epochs());
    out.old_epochs = old.size();
    const auto held = material();
    for (const Retention each : all_classes()) {
        out.cover_nodes += held->cover(each).size();
    }
    return out;
}

}  // namespace chopmark::keys
