// Two wrappers that make carelessness visible. Sensitive<T> holds personal data or a secret: it
// cannot be printed, streamed or formatted, and is opened only by the word reveal(). Untrusted<T>
// holds bytes read back from disk or network: they are used only after a check has passed.
#pragma once

#include <ostream>
#include <utility>

namespace chopmark {

template <class T>
class Sensitive {
  public:
    Sensitive() = default;
    explicit Sensitive(T value) : value_(std::move(value)) {}

    [[nodiscard]] const T& reveal() const { return value_; }

    friend bool operator==(const Sensitive&, const Sensitive&) = default;
    friend std::ostream& operator<<(std::ostream&, const Sensitive&) = delete;

  private:
    T value_{};
};

template <class T>
class Untrusted {
  public:
    explicit Untrusted(T value) : value_(std::move(value)) {}

    /// The value, if `check(value)` holds; otherwise null.
    template <class Check>
    [[nodiscard]] const T* accept_if(Check&& check) const {
        return std::forward<Check>(check)(value_) ? &value_ : nullptr;
    }

  private:
    T value_;
};

}  // namespace chopmark
