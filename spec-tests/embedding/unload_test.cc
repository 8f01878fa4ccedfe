// A shared library that contains the engine is loaded and unloaded. Before and after, the host has its own signal
// handlers.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

namespace {

using RunGuest = int (*)(int guard_pages);

constexpr int kExitCode = 77;
void host_handler(int) { _exit(kExitCode); }

struct sigaction action_of(int signal) {
  struct sigaction action;
  sigaction(signal, nullptr, &action);
  return action;
}

struct Plugin {
  void* library = dlopen(PLUGIN, RTLD_NOW | RTLD_LOCAL);
  RunGuest run_guest() const { return reinterpret_cast<RunGuest>(dlsym(library, "run_guest")); }
};

__attribute__((no_sanitize("undefined", "address"))) void crash() { *reinterpret_cast<volatile int*>(64) = 1; }

void load_and_unload() {
  for (int round = 0; round < 3; ++round) {
    const Plugin plugin;
    ASSERT_NE(plugin.library, nullptr) << dlerror();
    ASSERT_NE(plugin.run_guest(), nullptr);
    EXPECT_EQ(plugin.run_guest()(1), 0);
    std::thread([&] { EXPECT_EQ(plugin.run_guest()(1), 0); }).join();
    EXPECT_EQ(dlclose(plugin.library), 0);
  }
}

TEST(unload, the_default_action_is_back) {
  for (const int signal_number : {SIGSEGV, SIGBUS}) signal(signal_number, SIG_DFL);  // removes handlers of a sanitizer
  load_and_unload();
  EXPECT_EQ(action_of(SIGSEGV).sa_handler, SIG_DFL);
  EXPECT_EQ(action_of(SIGBUS).sa_handler, SIG_DFL);
}

TEST(unload, the_hosts_handler_is_back) {
  signal(SIGSEGV, host_handler);
  load_and_unload();
  EXPECT_EQ(action_of(SIGSEGV).sa_handler, host_handler);
  EXPECT_EXIT(crash(), ::testing::ExitedWithCode(kExitCode), "");
}

// Code that might be called after the library has been unloaded must still exist.
struct sigaction below;
void chaining_handler(int signal, siginfo_t* info, void* context) {
  if ((below.sa_flags & SA_SIGINFO) != 0) return below.sa_sigaction(signal, info, context);
  below.sa_handler(signal);
}

TEST(unload, a_handler_that_chains_to_ours_outlives_the_library) {
  signal(SIGSEGV, host_handler);
  const Plugin plugin;
  ASSERT_NE(plugin.library, nullptr) << dlerror();
  // Exists as long as an engine does; the handler is the topmost one when that engine is destroyed.
  static const RunGuest run_guest = plugin.run_guest();
  static bool chained = false;
  using WithEngine = int (*)(void (*)());
  const auto with_engine = reinterpret_cast<WithEngine>(dlsym(plugin.library, "with_engine"));
  ASSERT_NE(with_engine, nullptr);
  EXPECT_EQ(with_engine([] {
              struct sigaction action = {};
              action.sa_sigaction = chaining_handler;
              action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
              sigaction(SIGSEGV, &action, &below);
              chained = true;
              EXPECT_EQ(run_guest(1), 0);
            }),
            0);
  EXPECT_TRUE(chained);
  EXPECT_EQ(dlclose(plugin.library), 0);
  EXPECT_EXIT(crash(), ::testing::ExitedWithCode(kExitCode), "");
}

TEST(unload, without_guard_pages_no_handler_is_installed) {
  const Plugin plugin;
  ASSERT_NE(plugin.library, nullptr) << dlerror();
  signal(SIGSEGV, host_handler);
  EXPECT_EQ(plugin.run_guest()(0), 0);
  EXPECT_EQ(action_of(SIGSEGV).sa_handler, host_handler);
  EXPECT_EQ(dlclose(plugin.library), 0);
}

}  // namespace
