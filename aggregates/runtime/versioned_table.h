// Documents of one kind with their versions: the accepted one, and those of records in flight. The
// executor decides on the newest; when a record is accepted its version becomes the accepted one,
// and when a term ends all versions in flight are dropped (design 3, overlay). Accepted documents
// that changed are written back by flush(), several changes of one document as one row; hot ones
// stay in memory, the rest is read from rows. A null document is one that does not exist.
//
// A table may keep the sum of its rows (events/fold/row_sum.h), brought up to date only when it is
// asked for: a document that changed a thousand times since costs two hashes.
// Not thread-safe: the executor's strand owns it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "events/core/ensure.h"
#include "events/fold/row_codec.h"
#include "events/fold/row_sum.h"

namespace chopmark::runtime {

enum class Summing : std::uint8_t { off, on };

template <class Key, class Document>
class VersionedTable {
  public:
    using Ptr = std::shared_ptr<const Document>;
    /// The row under an encoded key, from the store.
    using Load = std::function<Result<std::optional<Bytes>>(ByteView key)>;

    explicit VersionedTable(Load load, Summing summing = Summing::off)
        : load_(std::move(load)), summing_(summing) {}

    /// The newest version, in flight included. fold.bad_row or the store's error.
    Result<Ptr> current(const Key& key) {
        CHOPMARK_ASSIGN(Entry * entry, find(key));
        return entry->flying.empty() ? entry->accepted : entry->flying.back();
    }
    Result<Ptr> accepted(const Key& key) {
        CHOPMARK_ASSIGN(Entry * entry, find(key));
        return entry->accepted;
    }

    /// A version of a record in flight.
    Result<void> stage(const Key& key, Ptr version) {
        CHOPMARK_ASSIGN(Entry * entry, find(key));
        entry->flying.push_back(std::move(version));
        return {};
    }
    /// The oldest version in flight of this key was accepted.
    void land(const Key& key) {
        const auto at = entries_.find(key);
        ensure(at != entries_.end() && !at->second.flying.empty(), "only what was staged lands");
        Ptr version = std::move(at->second.flying.front());
        at->second.flying.pop_front();
        accept(key, at->second, std::move(version));
    }
    /// A version that was accepted without having been staged here.
    Result<void> put(const Key& key, Ptr version) {
        CHOPMARK_ASSIGN(Entry * entry, find(key));
        accept(key, *entry, std::move(version));
        return {};
    }
    void drop_staged() {
        for (auto& [key, entry] : entries_) {
            entry.flying.clear();
        }
    }

    [[nodiscard]] std::size_t dirty() const { return dirty_.size(); }

    /// What the rows in the store add up to, before anything is read from here.
    void begin_sum(const fold::RowSum& stored) { sum_ = stored; }
    /// Of the accepted documents, as rows.
    const fold::RowSum& sum() {
        ensure(summing_ == Summing::on, "a table that sums");
        for (const Key& key : unsummed_) {
            Entry& entry = entries_.at(key);
            entry.unsummed = false;
            const Term term = term_of(key, entry.accepted);
            replace_term(sum_, entry.term, term);
            entry.term = term;
        }
        unsummed_.clear();
        return sum_;
    }
    /// Of the newest versions, as rows: what sum() will be when all in flight are accepted.
    fold::RowSum newest_sum() {
        fold::RowSum newest = sum();
        for (const auto& [key, entry] : entries_) {
            if (!entry.flying.empty()) {
                replace_term(newest, entry.term, term_of(key, entry.flying.back()));
            }
        }
        return newest;
    }

    /// Calls put(key bytes, row bytes) or erase(key bytes) for every document that changed since
    /// the last flushed().
    template <class Put, class Erase>
    void flush(Put&& put, Erase&& erase) {
        if (summing_ == Summing::on) {
            sum();  // a document may be forgotten after this, and with it what it had added
        }
        for (const Key& key : dirty_) {
            const Entry& entry = entries_.at(key);
            if (entry.accepted) {
                put(fold::encode_row(key), fold::encode_row(*entry.accepted));
            } else {
                erase(fold::encode_row(key));
            }
        }
    }
    /// What flush() gave is stored: forgets clean documents beyond `keep`, oldest change first. Not
    /// before, or a write that failed would bring an older document back.
    void flushed(std::size_t keep) {
        for (const Key& key : dirty_) {
            Entry& entry = entries_.at(key);
            entry.dirty = false;
            queue(key, entry);
        }
        dirty_.clear();
        while (entries_.size() > keep && !recent_.empty()) {
            const auto at = entries_.find(recent_.front());
            recent_.pop_front();
            ensure(at != entries_.end(), "what is queued is in memory");
            at->second.queued = false;  // a busy document is queued again when it is flushed
            if (!at->second.dirty && at->second.flying.empty()) {
                entries_.erase(at);
            }
        }
    }

  private:
    using Term = std::optional<Digest>;
    struct Entry {
        Ptr accepted;
        std::deque<Ptr> flying;
        Term term;              // in the sum
        bool unsummed = false;  // changed since; stands in unsummed_
        bool dirty = false;
        bool queued = false;  // stands in recent_
    };

    Result<Entry*> find(const Key& key) {
        const auto at = entries_.find(key);
        if (at != entries_.end()) {
            return &at->second;
        }
        CHOPMARK_ASSIGN(const std::optional<Bytes> row, load_(fold::encode_row(key)));
        Entry entry;
        if (row) {
            if (summing_ == Summing::on) {
                entry.term = fold::RowSum::term_of(fold::encode_row(key), *row);
            }
            CHOPMARK_ASSIGN(Document document, fold::decode_row<Document>(*row));
            entry.accepted = std::make_shared<const Document>(std::move(document));
        }
        Entry& kept = entries_.emplace(key, std::move(entry)).first->second;
        queue(key, kept);
        return &kept;
    }

    void queue(const Key& key, Entry& entry) {
        if (!entry.queued) {
            entry.queued = true;
            recent_.push_back(key);
        }
    }

    void accept(const Key& key, Entry& entry, Ptr version) {
        entry.accepted = std::move(version);
        if (!entry.dirty) {
            entry.dirty = true;
            dirty_.push_back(key);
        }
        if (summing_ == Summing::on && !entry.unsummed) {
            entry.unsummed = true;
            unsummed_.push_back(key);
        }
    }

    static Term term_of(const Key& key, const Ptr& document) {
        return document
                   ? Term(fold::RowSum::term_of(fold::encode_row(key), fold::encode_row(*document)))
                   : Term();
    }
    static void replace_term(fold::RowSum& sum, const Term& old, const Term& next) {
        if (old) {
            sum.remove(*old);
        }
        if (next) {
            sum.add(*next);
        }
    }

    Load load_;
    Summing summing_;
    fold::RowSum sum_;
    std::unordered_map<Key, Entry> entries_;
    std::vector<Key> dirty_;
    std::vector<Key> unsummed_;
    std::deque<Key> recent_;  // candidates to forget, oldest first
};

}  // namespace chopmark::runtime
