// core/result.h: Result<T> is a T or an Error; Result<void> is a success or an Error.
//
// Named like std::expected, so that changing to it later is mechanical; ours because std::expected
// is C++23 and clang 14, which runs our static analysis, has neither it nor a nodiscard substitute.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "core/check.h"
#include "core/error.h"

namespace certbroker {

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  // Implicit on purpose: `return value;` and `return Error(…);` are how functions end.
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  // Precondition of value access: has_value(). Of error(): !has_value(). Checked.
  T& value() & {
    CERTBROKER_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    CERTBROKER_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  // By value: a reference into a temporary would dangle in `for (… : *F())`.
  T value() && {
    CERTBROKER_CHECK(has_value());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& {
    CERTBROKER_CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    CERTBROKER_CHECK(!has_value());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Error error) : error_(std::move(error)) {}

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }

  const Error& error() const& {
    CERTBROKER_CHECK(error_.has_value());
    return *error_;
  }
  Error&& error() && {
    CERTBROKER_CHECK(error_.has_value());
    return *std::move(error_);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace certbroker

#define CERTBROKER_CONCAT_INNER(a, b) a##b
#define CERTBROKER_CONCAT(a, b) CERTBROKER_CONCAT_INNER(a, b)

// ASSIGN_OR_RETURN(const auto csr, Csr::Parse(der)): declares `csr`, or returns the error to the
// caller.
#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_INNER(CERTBROKER_CONCAT(result_, __LINE__), declaration, expression)
#define ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                   \
  if (!result.has_value()) return std::move(result).error();    \
  declaration = *std::move(result)

#define RETURN_IF_ERROR(expression)                          \
  do {                                                       \
    if (auto result_ = (expression); !result_.has_value()) { \
      return std::move(result_).error();                     \
    }                                                        \
  } while (false)
