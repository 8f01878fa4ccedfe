// The host's signal handlers and signal masks together with ours.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <csetjmp>
#include <functional>
#include <optional>
#include <thread>

#include "spec-tests/embedding/fiber.h"
#include "spec-tests/support/sanitizers.h"

namespace mini_wasm::embedding {
namespace {

using namespace mini_wasm::testing;
using signals = OnTiers;
using signals_without_guard_pages = OnTiers;
INSTANTIATE_TEST_SUITE_P(tiers, signals, ::testing::ValuesIn(spec::kTiers), testing::tier_name);
INSTANTIATE_TEST_SUITE_P(tiers, signals_without_guard_pages, ::testing::ValuesIn(tiers_with_guard_pages(false)),
                         testing::tier_name);

constexpr const char* kGuest = R"((module (import "h" "look" (func $look))
  (memory 1)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "look_and_load") (param i32) (result i32) (call $look) (i32.load (local.get 0)))
  (func $forever (export "forever") (param i32) (result i32)
    (i32.add (i32.const 1) (call $forever (local.get 0)))))
)";
const auto kOutOfBounds = Traps(TrapCode::out_of_bounds_memory_access);

struct Tenant {
  Guest guest;
  std::function<void()> look = [] {};
  std::optional<Instance> instance;
  explicit Tenant(const Config& config) : guest(config) {
    guest.linker.func("h", "look", [this] { look(); });
    instance = guest.load(kGuest);
  }
  Result<std::vector<Val>> call(const char* name, int32_t argument) {
    return guest.call(*instance, name, {i32(argument)});
  }
  void fault_in_many_ways() {
    for (int round = 0; round < 4; ++round) {
      EXPECT_THAT(call("load", 0), Returns(i32(0)));
      EXPECT_THAT(call("load", -1), kOutOfBounds);
      EXPECT_THAT(call("look_and_load", -1), kOutOfBounds);
      EXPECT_THAT(call("forever", 0), Traps(TrapCode::call_stack_exhausted));
    }
  }
};

bool is_blocked(int signal) {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return sigismember(&mask, signal) == 1;
}

struct sigaction action_of(int signal) {
  struct sigaction action;
  sigaction(signal, nullptr, &action);
  return action;
}

bool same_handler(const struct sigaction& a, const struct sigaction& b) {
  const bool with_info = (a.sa_flags & SA_SIGINFO) != 0;
  if (with_info != ((b.sa_flags & SA_SIGINFO) != 0)) return false;
  return with_info ? a.sa_sigaction == b.sa_sigaction : a.sa_handler == b.sa_handler;
}

// A thread that starts with all signals blocked, as in programs that handle signals on a single thread.
TEST_P(signals, a_host_that_blocks_them) {
  Tenant first(GetParam().config()), second(GetParam().config());
  for (Tenant* tenant : {&first, &second}) {
    tenant->look = [] { EXPECT_TRUE(is_blocked(SIGSEGV) && is_blocked(SIGBUS)); };
  }
  std::thread([&] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    first.fault_in_many_ways();
    second.fault_in_many_ways();
    EXPECT_TRUE(is_blocked(SIGSEGV) && is_blocked(SIGBUS) && is_blocked(SIGUSR1));
  }).join();
  first.look = second.look = [] { EXPECT_FALSE(is_blocked(SIGSEGV)); };
  first.fault_in_many_ways();
  EXPECT_FALSE(is_blocked(SIGSEGV) || is_blocked(SIGBUS));
}

// Each thread has its own signal mask.
TEST_P(signals, a_suspended_guest_goes_on_where_they_are_blocked) {
  Tenant tenant(GetParam().config());
  std::optional<Fiber> fiber;
  tenant.look = [&] { fiber->suspend(); };
  fiber.emplace(256 * kKiB, false, [&] { EXPECT_THAT(tenant.call("look_and_load", -1), kOutOfBounds); });
  fiber->resume();
  std::thread([&] {
    sigset_t faults;
    sigemptyset(&faults);
    sigaddset(&faults, SIGSEGV);
    pthread_sigmask(SIG_BLOCK, &faults, nullptr);
    fiber->resume();
    EXPECT_TRUE(is_blocked(SIGSEGV));
    EXPECT_FALSE(is_blocked(SIGBUS));
  }).join();
}

// --- Handlers ------------------------------------------------------------------------------------------------------

sigjmp_buf host_goes_on;
struct sigaction below_host;
int host_faults = 0;
const volatile int* host_fault_address = nullptr;

// Works like a crash reporter: handles its own faults, and passes all others to the handler that was there before.
void host_handler(int signal, siginfo_t* info, void* context) {
  if (info->si_addr == host_fault_address) {
    ++host_faults;
    siglongjmp(host_goes_on, 1);
  }
  if ((below_host.sa_flags & SA_SIGINFO) != 0) return below_host.sa_sigaction(signal, info, context);
  _exit(3);
}

struct sigaction host_action() {
  struct sigaction action = {};
  action.sa_sigaction = host_handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  return action;
}

__attribute__((no_sanitize("undefined", "address"))) void fault_in_host() {
  host_fault_address = reinterpret_cast<const volatile int*>(64);
  if (sigsetjmp(host_goes_on, 1) == 0) static_cast<void>(*host_fault_address);
}

TEST_P(signals, a_handler_that_chains_to_ours) {
  if (kSanitizerOwnsProcess) GTEST_SKIP() << "the sanitizer has a handler of its own";
  Tenant tenant(GetParam().config());
  const struct sigaction action = host_action();
  sigaction(SIGSEGV, &action, &below_host);
  tenant.fault_in_many_ways();
  const int before = host_faults;
  fault_in_host();
  tenant.look = fault_in_host;
  tenant.fault_in_many_ways();
  EXPECT_EQ(host_faults, before + 5);
  sigaction(SIGSEGV, &below_host, nullptr);
}

TEST_P(signals, a_handler_that_was_there_before) {
  if (kSanitizerOwnsProcess) GTEST_SKIP() << "the sanitizer has a handler of its own";
  const struct sigaction action = host_action();
  struct sigaction before;
  sigaction(SIGSEGV, &action, &before);
  {
    Tenant tenant(GetParam().config());
    const int faults = host_faults;
    tenant.look = fault_in_host;
    tenant.fault_in_many_ways();
    fault_in_host();
    EXPECT_EQ(host_faults, faults + 5);
  }
  EXPECT_TRUE(same_handler(action_of(SIGSEGV), action));
  sigaction(SIGSEGV, &before, nullptr);
}

TEST_P(signals, handlers_are_what_they_were_when_the_last_engine_is_gone) {
  const struct sigaction segv = action_of(SIGSEGV), bus = action_of(SIGBUS);
  for (int round = 0; round < 3; ++round) {
    std::optional<Tenant> first(GetParam().config()), second(GetParam().config());
    EXPECT_EQ(same_handler(action_of(SIGSEGV), segv), !GetParam().guard_pages);
    first.reset();
    second->fault_in_many_ways();
    second.reset();
    EXPECT_TRUE(same_handler(action_of(SIGSEGV), segv));
    EXPECT_TRUE(same_handler(action_of(SIGBUS), bus));
  }
}

// Another handler was installed on top of ours and removed only after the engine was destroyed.
TEST_P(signals, a_handler_on_top_of_ours_stays) {
  if (kSanitizerOwnsProcess) GTEST_SKIP() << "the sanitizer has a handler of its own";
  const struct sigaction first = action_of(SIGSEGV), action = host_action();
  {
    Tenant tenant(GetParam().config());
    sigaction(SIGSEGV, &action, &below_host);
  }
  EXPECT_TRUE(same_handler(action_of(SIGSEGV), action));
  if (GetParam().guard_pages) {
    Tenant tenant(GetParam().config());  // our handler is still installed, below the other one
    tenant.fault_in_many_ways();
    EXPECT_TRUE(same_handler(action_of(SIGSEGV), action));
    sigaction(SIGSEGV, &below_host, nullptr);
  } else {
    sigaction(SIGSEGV, &below_host, nullptr);
  }
  if (GetParam().guard_pages) Tenant(GetParam().config()).fault_in_many_ways();
  EXPECT_TRUE(same_handler(action_of(SIGSEGV), first));
}

// A host that does not want our handler, or that has one which does not chain, must do without guard pages.
void end_process(int) { _exit(9); }

TEST_P(signals_without_guard_pages, no_handler_is_needed) {
  struct sigaction end = {}, before[2];
  end.sa_handler = end_process;
  const struct sigaction segv = action_of(SIGSEGV);
  {
    Tenant tenant(GetParam().config());
    EXPECT_TRUE(same_handler(action_of(SIGSEGV), segv));
    sigaction(SIGSEGV, &end, &before[0]);
    sigaction(SIGBUS, &end, &before[1]);
    tenant.fault_in_many_ways();
    tenant.look = [&] { tenant.guest.store.collect_garbage(); };
    tenant.fault_in_many_ways();
  }
  sigaction(SIGSEGV, &before[0], nullptr);
  sigaction(SIGBUS, &before[1], nullptr);
}

}  // namespace
}  // namespace mini_wasm::embedding
