// A value or the reason there is none. Functions that can fail return it; nothing in this code
// base throws across a function of its own, and foreign exceptions are caught in the adapter that
// calls the library.
#pragma once

#include <tl/expected.hpp>
#include <utility>

#include "events/core/error.h"

namespace chopmark {

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  public:
    using tl::expected<T, Error>::expected;
    Result(tl::expected<T, Error> value) : tl::expected<T, Error>(std::move(value)) {}
    Result(Error error) : tl::expected<T, Error>(tl::unexpect, std::move(error)) {}
    Result(Reason reason) : Result(Error(reason)) {}
};

template <>
class [[nodiscard]] Result<void> : public tl::expected<void, Error> {
  public:
    using tl::expected<void, Error>::expected;
    Result() = default;
    Result(Error error) : tl::expected<void, Error>(tl::unexpect, std::move(error)) {}
    Result(Reason reason) : Result(Error(reason)) {}
};

}  // namespace chopmark

/// Leaves the function with the error of `expression`, which must be a Result.
#define CHOPMARK_TRY(expression)                       \
    do {                                               \
        if (auto outcome_ = (expression); !outcome_) { \
            return std::move(outcome_).error();        \
        }                                              \
    } while (false)

#define CHOPMARK_CONCAT_(a, b) a##b
#define CHOPMARK_CONCAT(a, b) CHOPMARK_CONCAT_(a, b)
#define CHOPMARK_ASSIGN_(holder, target, expression) \
    auto holder = (expression);                      \
    if (!holder) {                                   \
        return std::move(holder).error();            \
    }                                                \
    target = *std::move(holder)

/// CHOPMARK_ASSIGN(auto value, expression): the value, or leave the function with the error.
#define CHOPMARK_ASSIGN(target, expression) \
    CHOPMARK_ASSIGN_(CHOPMARK_CONCAT(result_, __LINE__), target, expression)
