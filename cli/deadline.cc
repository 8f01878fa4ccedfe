#include "cli/deadline.h"

#include <utility>

namespace mini_wasm::cli {
namespace {

using Clock = std::chrono::steady_clock;

std::optional<Clock::time_point> time_after(std::optional<std::chrono::nanoseconds> after) {
  const Clock::time_point now = Clock::now();
  if (!after || *after > Clock::time_point::max() - now) return std::nullopt;
  return now + *after;
}

}  // namespace

Deadline::Deadline(std::optional<std::chrono::nanoseconds> after) : at_(time_after(after)) {
  if (at_) thread_ = std::thread([this] { wait(); });
}

Deadline::~Deadline() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

bool Deadline::passed() const {
  const std::lock_guard lock(mutex_);
  return passed_;
}

void Deadline::wait() {
  std::unique_lock lock(mutex_);
  passed_ = !changed_.wait_until(lock, *at_, [this] { return over_; });
  if (passed_ && interrupt_) interrupt_();
}

Deadline::Scope::Scope(Deadline& deadline, std::function<void()> interrupt) : deadline_(deadline) {
  const std::lock_guard lock(deadline_.mutex_);
  deadline_.interrupt_ = std::move(interrupt);
  if (deadline_.passed_) deadline_.interrupt_();
}

Deadline::Scope::~Scope() {
  const std::lock_guard lock(deadline_.mutex_);
  deadline_.interrupt_ = nullptr;
}

}  // namespace mini_wasm::cli
