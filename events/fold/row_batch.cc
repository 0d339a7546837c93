#include "events/fold/row_batch.h"

#include <algorithm>

namespace chopmark::fold {
namespace {

std::size_t size_of(const std::optional<Bytes>& value) { return value ? value->size() : 0; }

}  // namespace

KeyRange KeyRange::prefix(ByteView prefix) {
    KeyRange range{Bytes(prefix), Bytes(prefix)};
    while (!range.end.empty() && range.end.back() == '\xff') {
        range.end.pop_back();
    }
    if (!range.end.empty()) {
        range.end.back() = static_cast<char>(static_cast<std::uint8_t>(range.end.back()) + 1);
    }
    return range;
}

bool RowBatch::hidden(ByteView key) const {
    return std::any_of(erased_.begin(), erased_.end(),
                       [&](const KeyRange& range) { return range.contains(key); });
}

Result<std::optional<Bytes>> RowBatch::get(ByteView key) const {
    if (const auto row = rows_.find(key); row != rows_.end()) {
        return row->second;
    }
    if (below_ == nullptr || hidden(key)) {
        return std::optional<Bytes>();
    }
    return below_->get(*table_, key);
}

Result<void> RowBatch::scan(const KeyRange& range, const Visit& visit) const {
    auto row = rows_.lower_bound(range.begin);
    const auto rows_end = range.end.empty() ? rows_.end() : rows_.lower_bound(range.end);
    const auto cursor = below_ == nullptr ? nullptr : below_->scan(*table_, range);
    while (true) {
        const bool more_below = cursor != nullptr && cursor->valid();
        if (more_below && (row == rows_end || cursor->key() < row->first)) {
            if (!hidden(cursor->key()) && !visit(cursor->key(), cursor->value())) {
                return {};
            }
            cursor->next();
            continue;
        }
        if (row == rows_end) {
            break;
        }
        if (more_below && cursor->key() == row->first) {
            cursor->next();
        }
        if (row->second && !visit(row->first, *row->second)) {
            return {};
        }
        ++row;
    }
    return cursor == nullptr ? Result<void>() : cursor->status();
}

void RowBatch::write(ByteView key, std::optional<Bytes> value) {
    auto row = rows_.lower_bound(key);
    const bool is_new = row == rows_.end() || row->first != key;
    if (is_new) {
        row = rows_.emplace_hint(row, Bytes(key), std::nullopt);
        bytes_ += key.size();
    }
    bytes_ += size_of(value);
    bytes_ -= size_of(row->second);
    remember({row, is_new, std::exchange(row->second, std::move(value))});
}

void RowBatch::remember(Change change) {
    if (marked_) {
        changes_.push_back(std::move(change));
    }
}

void RowBatch::put(ByteView key, Bytes value) { write(key, std::move(value)); }

void RowBatch::erase(ByteView key) { write(key, std::nullopt); }

void RowBatch::erase_range(const KeyRange& range) {
    const auto end = range.end.empty() ? rows_.end() : rows_.lower_bound(range.end);
    for (auto row = rows_.lower_bound(range.begin); row != end; ++row) {
        bytes_ -= size_of(row->second);
        remember({row, false, std::exchange(row->second, std::nullopt)});
    }
    if (below_ != nullptr) {
        erased_.push_back(range);
    }
}

void RowBatch::mark() {
    marked_ = true;
    changes_.clear();
    erased_at_mark_ = erased_.size();
}

void RowBatch::undo() {
    for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
        bytes_ -= size_of(change->row->second);
        bytes_ += size_of(change->before);
        if (change->was_new) {
            bytes_ -= change->row->first.size();
            rows_.erase(change->row);
        } else {
            change->row->second = std::move(change->before);
        }
    }
    changes_.clear();
    erased_.resize(erased_at_mark_);
    marked_ = false;
}

void RowBatch::clear() {
    rows_.clear();
    erased_.clear();
    changes_.clear();
    erased_at_mark_ = 0;
    bytes_ = 0;
    marked_ = false;
}

}  // namespace chopmark::fold
