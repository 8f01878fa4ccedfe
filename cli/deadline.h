// Deadline: for --timeout: the moment at which a program is interrupted.
// Thread rule: one thread uses it; `interrupt` is called on a thread of the deadline.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace mini_wasm::cli {

class Deadline {
 public:
  // `after` is counted from now. Empty: never; then the object costs nothing.
  explicit Deadline(std::optional<std::chrono::nanoseconds> after);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  bool passed() const;

  // While it exists, `interrupt` is called when the deadline passes, or at once if it has passed. At most one at a
  // time.
  class Scope {
   public:
    Scope(Deadline& deadline, std::function<void()> interrupt);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Deadline& deadline_;
  };

 private:
  void wait();

  const std::optional<std::chrono::steady_clock::time_point> at_;
  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  std::function<void()> interrupt_;
  bool passed_ = false, over_ = false;
  std::thread thread_;
};

}  // namespace mini_wasm::cli
