// Timer: calls functions at points in time, on a thread of its own. The thread exists from the first alarm on until the
// timer is destroyed. It blocks all signals, so none of the host's handlers runs on it.
// In a child of fork, only the alarms of the thread that forked are left, and another thread looks after them.
// Thread rule: any thread.
#pragma once

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>

#include "runtime/system/fork_handlers.h"

namespace mini_wasm::runtime {

class Timer : private ForkHandler {
 public:
  using Clock = std::chrono::steady_clock;

  // What happens at a point in time. Must be cancelled before it is destroyed, if it was set.
  class Alarm {
   public:
    Alarm() = default;
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

   protected:
    virtual ~Alarm() = default;

   private:
    friend class Timer;
    // Called on the timer's thread. Must not use the timer, and must not wait for a thread that may fork.
    virtual void ring() = 0;
    pthread_t owner_{};
    Clock::time_point at_;
  };

  Timer();
  ~Timer();

  // Lets the alarm ring once. False: the system gives no thread for it.
  bool set(Alarm& alarm, Clock::time_point at);
  // When it returns, the alarm does not ring, and will not.
  void cancel(Alarm& alarm);

 private:
  static void* run(void* timer);
  void look_after_alarms();
  bool start_thread();
  void at_fork(Moment moment);

  std::mutex mutex_;  // guards what follows
  // Waited on by the timer's thread, and by those that wait for the end of a ring. In a union, because in a child of fork
  // a new one takes its place: the old one has waiters that do not exist any more, and its destructor would wait for them.
  union {
    std::condition_variable changed_;
  };
  std::multimap<Clock::time_point, Alarm*> alarms_;
  const Alarm* ringing_ = nullptr;
  bool running_ = false;
  bool stop_ = false;
  pthread_t thread_{};
};

}  // namespace mini_wasm::runtime
