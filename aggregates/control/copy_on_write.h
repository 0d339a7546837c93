// A part of the control state that copies share until one of them edits it. Control has few
// commands and many readers: every record makes a new State, and only the noun it touches is
// copied.
#pragma once

#include <memory>

#include "events/fold/row_codec.h"

namespace chopmark::control {

template <class T>
class CopyOnWrite {
  public:
    CopyOnWrite() : value_(std::make_shared<const T>()) {}

    const T& operator*() const { return *value_; }
    const T* operator->() const { return value_.get(); }
    /// A part of one's own, to change. The state that holds it MUST NOT be shared yet.
    T& edit() {
        auto copy = std::make_shared<T>(*value_);
        T& out = *copy;
        value_ = std::move(copy);
        return out;
    }

    static void fields(auto& archive, CopyOnWrite& part) {
        if constexpr (requires { archive.finished(); }) {  // a reader fills it
            archive(part.edit());
        } else {
            archive(*part.value_);
        }
    }
    friend bool operator==(const CopyOnWrite& a, const CopyOnWrite& b) { return *a == *b; }

  private:
    std::shared_ptr<const T> value_;
};

}  // namespace chopmark::control
