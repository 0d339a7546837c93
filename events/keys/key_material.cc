#include "events/keys/key_material.h"

#include "events/core/ensure.h"
#include "events/crypto/digest.h"
#include "events/keys/byte_reader.h"
#include "events/schema/common.pb.h"

namespace chopmark::keys {
namespace {

constexpr std::size_t numbered_bytes = sizeof(std::uint32_t) + crypto::Secret32::size;
constexpr std::size_t period_bytes = sizeof(std::uint32_t) + 2 * crypto::Secret32::size;

std::size_t index_of(Retention retention) {
    ensure(is_class(retention), "a retention class");
    return static_cast<std::size_t>(retention) - 1;
}

crypto::Secret32 drawn(Entropy& entropy) {
    crypto::Secret32 key;
    entropy.fill(key.writable());
    return key;
}

// Both months' tokens are written during the first day of a month.
Instant end_of_attempt_key(std::uint32_t month) {
    return *end_of(schema::ATTEMPT, Period(month)) + std::chrono::hours(24);
}

// Six months: its own quarter and the next.
Instant end_of_detection_key(std::uint32_t quarter) { return begin_of_quarter(quarter, 2); }

void put(Bytes& out, const std::map<std::uint32_t, crypto::Secret32>& keys) {
    append_big_endian(out, static_cast<std::uint32_t>(keys.size()));
    for (const auto& [number, key] : keys) {
        append_big_endian(out, number);
        out.append(key.reveal());
    }
}

void get(ByteReader& in, std::map<std::uint32_t, crypto::Secret32>& keys) {
    const auto count = in.integer<std::uint32_t>();
    for (std::uint32_t i = 0; i < count && in.good(); ++i) {
        const auto number = in.integer<std::uint32_t>();
        if (!keys.empty() && number <= keys.rbegin()->first) {
            in.fail();  // of a repeated number one key would be lost without a word
        }
        keys.emplace_hint(keys.end(), number, in.secret());
    }
}

}  // namespace

Digest commitment(Root root, const crypto::Secret32& key) {
    const char number = static_cast<char>(root);
    return crypto::sha256({"chopmark/commitment/1", ByteView(&number, 1), key.reveal()});
}

KeyMaterial KeyMaterial::draw(Entropy& entropy, Instant at) {
    KeyMaterial out;
    out.from_ = at;
    const auto date = utc_date(at);
    const auto last = std::chrono::sys_days(date + std::chrono::years(years));
    out.until_ = Instant::from_seconds(last.time_since_epoch() / std::chrono::seconds(1));
    for (auto& root : out.roots_) {
        root = drawn(entropy);
    }
    for (const Retention each : all_classes()) {
        ClassKeys& keys = out.classes_[index_of(each)];
        keys.cover = Cover::whole(drawn(entropy));
        for (const Period period : periods_between(each, at, out.until_)) {
            keys.periods.emplace(period, PeriodKeys{drawn(entropy), drawn(entropy)});
        }
    }
    for (const Period month : periods_between(schema::ATTEMPT, at, out.until_)) {
        out.attempts_.emplace(month.value(), drawn(entropy));
    }
    // From the quarter before the first: there is an older and a newer token from the first day on.
    for (auto quarter = quarter_number(begin_of_quarter(quarter_number(at), -1));
         begin_of_quarter(quarter) < out.until_;
         quarter = quarter_number(begin_of_quarter(quarter, 1))) {
        out.detections_.emplace(quarter, drawn(entropy));
    }
    return out;
}

const KeyMaterial::ClassKeys& KeyMaterial::of(Retention retention) const {
    return classes_[index_of(retention)];
}

const Cover& KeyMaterial::cover(Retention retention) const { return of(retention).cover; }

const PeriodKeys* KeyMaterial::period(Retention retention, Period period) const {
    const auto& periods = of(retention).periods;
    const auto found = periods.find(period);
    return found == periods.end() ? nullptr : &found->second;
}

bool KeyMaterial::was_drawn(Retention retention, Period period) const {
    if (!is_period(retention, period) || begin_of(retention, period) >= until_) {
        return false;
    }
    const auto end = end_of(retention, period);
    return !end || *end > from_;
}

const crypto::Secret32* KeyMaterial::attempt_key(std::uint32_t month) const {
    const auto found = attempts_.find(month);
    return found == attempts_.end() ? nullptr : &found->second;
}

const crypto::Secret32* KeyMaterial::detection_key(std::uint32_t quarter) const {
    const auto found = detections_.find(quarter);
    return found == detections_.end() ? nullptr : &found->second;
}

std::size_t KeyMaterial::erase(const std::vector<Erasure>& erasures) {
    std::size_t erased = 0;
    for (const Retention each : all_classes()) {
        std::vector<KeyIndex> indices;
        for (const Erasure& erasure : erasures) {
            if (erasure.retention == each) {
                indices.push_back(erasure.index);
            }
        }
        if (!indices.empty()) {
            erased += classes_[index_of(each)].cover.erase(std::move(indices));
        }
    }
    return erased;
}

std::size_t KeyMaterial::expire(Instant now) {
    std::size_t removed = 0;
    for (const Retention each : all_classes()) {
        removed += std::erase_if(classes_[index_of(each)].periods, [&](const auto& entry) {
            const auto expiry = expiry_of(each, entry.first);
            return expiry && *expiry <= now;
        });
    }
    removed += std::erase_if(
        attempts_, [&](const auto& entry) { return end_of_attempt_key(entry.first) <= now; });
    removed += std::erase_if(
        detections_, [&](const auto& entry) { return end_of_detection_key(entry.first) <= now; });
    return removed;
}

std::size_t KeyMaterial::encoded_size() const {
    std::size_t size = 2 * sizeof(std::int64_t) + 2 + root_count * crypto::Secret32::size +
                       2 * sizeof(std::uint32_t) +
                       (attempts_.size() + detections_.size()) * numbered_bytes;
    for (const ClassKeys& keys : classes_) {
        size +=
            keys.cover.encoded_size() + sizeof(std::uint32_t) + keys.periods.size() * period_bytes;
    }
    return size;
}

crypto::SecretBytes KeyMaterial::encode() const {
    Bytes out;
    out.reserve(encoded_size());  // growing would leave copies behind
    append_big_endian(out, from_.micros());
    append_big_endian(out, until_.micros());
    append_big_endian(out, static_cast<std::uint8_t>(root_count));
    for (const auto& root : roots_) {
        out.append(root.reveal());
    }
    append_big_endian(out, static_cast<std::uint8_t>(class_count));
    for (const ClassKeys& keys : classes_) {
        keys.cover.append_to(out);
        append_big_endian(out, static_cast<std::uint32_t>(keys.periods.size()));
        for (const auto& [period, secrets] : keys.periods) {
            append_big_endian(out, period.value());
            out.append(secrets.secret.reveal());
            out.append(secrets.link.reveal());
        }
    }
    put(out, attempts_);
    put(out, detections_);
    ensure(out.size() == encoded_size());
    return crypto::SecretBytes(std::move(out));
}

Result<KeyMaterial> KeyMaterial::decode(ByteView bytes) {
    ByteReader in(bytes);
    KeyMaterial out;
    out.from_ = Instant::from_micros(in.integer<std::int64_t>());
    out.until_ = Instant::from_micros(in.integer<std::int64_t>());
    if (in.integer<std::uint8_t>() != root_count) {
        return Error(bad_material, "another number of roots");
    }
    for (auto& root : out.roots_) {
        root = in.secret();
    }
    if (in.integer<std::uint8_t>() != class_count) {
        return Error(bad_material, "another number of classes");
    }
    for (ClassKeys& keys : out.classes_) {
        CHOPMARK_ASSIGN(keys.cover, Cover::take_from(in.rest()));
        const auto count = in.integer<std::uint32_t>();
        for (std::uint32_t i = 0; i < count && in.good(); ++i) {
            const Period period(in.integer<std::uint32_t>());
            crypto::Secret32 secret = in.secret();
            if (!keys.periods.empty() && period <= keys.periods.rbegin()->first) {
                return Error(bad_material, "periods do not rise");
            }
            keys.periods.emplace_hint(keys.periods.end(), period, PeriodKeys{secret, in.secret()});
        }
    }
    get(in, out.attempts_);
    get(in, out.detections_);
    if (!in.finished()) {
        return Error(bad_material, "cut off, or something behind it");
    }
    return out;
}

}  // namespace chopmark::keys
