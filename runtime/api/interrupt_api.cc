// The public classes InterruptHandle, Deadline and HostBlock.
#include <mini_wasm/store.h>

#include "core/guarded.h"
#include "runtime/store.h"

namespace mini_wasm {

// --- InterruptHandle

bool InterruptHandle::interrupt() const {
  return link_ != nullptr && link_->with([](runtime::Store& store) { store.set_interrupt(true); });
}

bool InterruptHandle::clear_interrupt() const {
  return link_ != nullptr && link_->with([](runtime::Store& store) { store.set_interrupt(false); });
}

bool InterruptHandle::ask_to_yield() const {
  return link_ != nullptr && link_->with([](runtime::Store& store) { store.set_yielding(true); });
}

InterruptHandle Store::interrupt_handle() {
  if (empty()) return {};
  return guarded([&] { return InterruptHandle(impl_->link()); }, [] { return InterruptHandle(); });
}

// --- Deadline

namespace runtime {

// The deadline of a store, which may be gone before it. The engine stays, because it has the timer.
struct DeadlineAlarm final : Timer::Alarm {
  explicit DeadlineAlarm(Store& store) : link(store.link()), engine(store.shared_engine()) {}
  ~DeadlineAlarm() override {
    if (is_set) engine->timer().cancel(*this);
    if (passed) link->with([](Store& store) { store.note_deadlines(-1); });
  }
  void ring() override {
    passed = link->with([](Store& store) { store.note_deadlines(1); });
  }

  std::shared_ptr<StoreLink> link;
  std::shared_ptr<Engine> engine;
  bool is_set = false;
  bool passed = false;  // written by the timer's thread while the alarm is set
};

}  // namespace runtime

namespace {

// Whether the timer is ready to ring. What is so far away is not needed.
Result<void> arm(runtime::DeadlineAlarm& alarm, Deadline::Clock::time_point at) {
  constexpr std::chrono::hours kNever{24 * 365 * 100};
  const Deadline::Clock::time_point now = Deadline::Clock::now();
  if (at <= now) {
    alarm.ring();
  } else if (at - now < kNever) {
    alarm.is_set = alarm.engine->timer().set(alarm, at);
    if (!alarm.is_set) return Error::make(ErrorKind::limit, "the system gives no thread for the engine's timer");
  }
  return {};
}

}  // namespace

Deadline::Deadline(std::unique_ptr<runtime::DeadlineAlarm> alarm) : alarm_(std::move(alarm)) {}
Deadline::~Deadline() = default;
Deadline::Deadline(Deadline&&) noexcept = default;
Deadline& Deadline::operator=(Deadline&&) noexcept = default;

Result<Deadline> Deadline::begin(Store& store, Clock::time_point at) {
  if (store.empty()) return out_of_memory();
  return guarded([&]() -> Result<Deadline> {
    Deadline deadline(std::make_unique<runtime::DeadlineAlarm>(store.impl()));
    if (Result<void> armed = arm(*deadline.alarm_, at); !armed) return std::move(armed).error();
    return deadline;
  });
}

// --- HostBlock

HostBlock::HostBlock(runtime::Interruption& interruption, std::function<void()> wake)
    : interruption_(&interruption), wake_(std::move(wake)) {
  interruption_->add(*this);
}

HostBlock::HostBlock(Store& store, std::function<void()> wake)
    : interruption_(store.empty() ? nullptr : &store.impl().interruption()), wake_(std::move(wake)) {
  if (interruption_ != nullptr) interruption_->add(*this);
}

HostBlock::~HostBlock() {
  if (interruption_ != nullptr) interruption_->remove(*this);
}

bool HostBlock::interrupted() const { return interruption_ != nullptr && interruption_->on(); }
int HostBlock::descriptor() const { return interruption_ != nullptr ? interruption_->descriptor() : -1; }

}  // namespace mini_wasm
