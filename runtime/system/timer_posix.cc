#include <signal.h>

#include <algorithm>
#include <new>

#include "runtime/system/timer.h"

namespace mini_wasm::runtime {

Timer::Timer()
    : ForkHandler([](ForkHandler& timer, Moment moment) { static_cast<Timer&>(timer).at_fork(moment); }), changed_() {
  add();
}

Timer::~Timer() {
  remove();
  bool running;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    running = running_;
    changed_.notify_all();
  }
  if (running) pthread_join(thread_, nullptr);
  changed_.~condition_variable();
}

bool Timer::set(Alarm& alarm, Clock::time_point at) {
  const std::lock_guard lock(mutex_);
  if (!running_ && !start_thread()) return false;
  alarm.owner_ = pthread_self();
  alarm.at_ = at;
  const bool first = alarms_.empty() || at < alarms_.begin()->first;
  alarms_.emplace(at, &alarm);
  if (first) changed_.notify_all();
  return true;
}

void Timer::cancel(Alarm& alarm) {
  std::unique_lock lock(mutex_);
  const auto [first, last] = alarms_.equal_range(alarm.at_);
  const auto found = std::find_if(first, last, [&](const auto& entry) { return entry.second == &alarm; });
  if (found != last) alarms_.erase(found);
  changed_.wait(lock, [&] { return ringing_ != &alarm; });
}

void* Timer::run(void* timer) {
  static_cast<Timer*>(timer)->look_after_alarms();
  return nullptr;
}

void Timer::look_after_alarms() {
  // The clock of some systems cannot wait for the most distant points in time.
  constexpr std::chrono::hours kLongest{1};
  std::unique_lock lock(mutex_);
  while (!stop_) {
    const Clock::time_point now = Clock::now();
    if (alarms_.empty()) {
      changed_.wait(lock);
    } else if (const auto first = alarms_.begin(); first->first > now) {
      changed_.wait_until(lock, std::min(first->first, now + kLongest));
    } else {
      Alarm& alarm = *first->second;
      alarms_.erase(first);
      ringing_ = &alarm;
      lock.unlock();
      alarm.ring();
      lock.lock();
      ringing_ = nullptr;
      changed_.notify_all();
    }
  }
}

bool Timer::start_thread() {
  sigset_t all, before;
  sigfillset(&all);
  if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) return false;
  running_ = pthread_create(&thread_, nullptr, &Timer::run, this) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return running_;
}

void Timer::at_fork(Moment moment) {
  if (moment == Moment::before) {
    mutex_.lock();
    // The child must not find in the middle of its work what rings.
    std::unique_lock lock(mutex_, std::adopt_lock);
    changed_.wait(lock, [&] { return ringing_ == nullptr; });
    static_cast<void>(lock.release());
    return;
  }
  if (moment == Moment::after_in_child) {
    new (&changed_) std::condition_variable();
    running_ = false;
    std::erase_if(alarms_, [](const auto& entry) { return !pthread_equal(entry.second->owner_, pthread_self()); });
    if (!alarms_.empty()) start_thread();
  }
  mutex_.unlock();
}

}  // namespace mini_wasm::runtime
