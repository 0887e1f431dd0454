// core/unique_function.h: a callable that owns what it captured and can only be moved; C++23 has it
// as move_only_function.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "core/check.h"

namespace certbroker {

template <class Signature>
class UniqueFunction;

template <class R, class... Args>
class UniqueFunction<R(Args...)> {
 public:
  UniqueFunction() = default;

  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, UniqueFunction> &&
           std::is_invocable_r_v<R, F&, Args...>) UniqueFunction(F&& callable)  // NOLINT
      : target_(std::make_unique<Target<std::remove_cvref_t<F>>>(std::forward<F>(callable))) {}

  explicit operator bool() const { return target_ != nullptr; }

  R operator()(Args... args) {
    CERTBROKER_CHECK(target_ != nullptr);
    return target_->Call(std::forward<Args>(args)...);
  }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual R Call(Args... args) = 0;
  };
  template <class F>
  struct Target final : Base {
    explicit Target(F&& f) : callable(std::move(f)) {}
    explicit Target(const F& f) : callable(f) {}
    R Call(Args... args) override { return callable(std::forward<Args>(args)...); }
    F callable;
  };
  std::unique_ptr<Base> target_;
};

}  // namespace certbroker
