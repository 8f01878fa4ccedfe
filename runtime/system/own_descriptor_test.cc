#include "runtime/system/own_descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <mini_wasm/mini_wasm.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <thread>

#include "runtime/memory/page_template.h"
#include "scripts/temporary_directory.h"
#include "spec-tests/support/closed_streams.h"
#include "spec-tests/support/wat.h"

namespace mini_wasm::runtime {
namespace {

using namespace mini_wasm::testing;

TEST(own_descriptor, never_takes_the_number_of_a_standard_stream) {
  for (int closed = 0; closed < kStreamSets; ++closed) {
    EXPECT_EQ(with_closed_streams(closed,
                                  [&] {
                                    const auto null = [] { return open("/dev/null", O_RDONLY | O_CLOEXEC); };
                                    int ends[2];
                                    const auto pair = [](int(&two)[2]) { return pipe2(two, O_CLOEXEC); };
                                    bool right = open_own_descriptors(ends, pair);
                                    const int all[] = {open_own_descriptor(null), open_own_descriptor(null), ends[0],
                                                       ends[1], duplicate_descriptor(ends[0])};
                                    for (int fd : all) {
                                      right &= fd >= 3 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
                                    }
                                    char c = 0;
                                    right &= write(ends[1], "x", 1) == 1 && read(all[4], &c, 1) == 1 && c == 'x';
                                    return right && closed_now() == closed ? 0 : 1;
                                  }),
              0)
        << closed;
  }
}

TEST(own_descriptor, errors_are_those_of_the_call) {
  errno = 0;
  EXPECT_LT(open_own_descriptor([] { return open("/nowhere/at/all", O_RDONLY | O_CLOEXEC); }), 0);
  EXPECT_EQ(errno, ENOENT);
  int ends[2];
  EXPECT_FALSE(open_own_descriptors(ends, [](int(&)[2]) { return errno = EMFILE, -1; }));
  EXPECT_EQ(errno, EMFILE);
}

// When there is no higher descriptor number, the file that was opened is closed again.
TEST(own_descriptor, no_number_left) {
  EXPECT_EQ(with_closed_streams(7,
                                [] {
                                  while (open("/dev/null", O_RDONLY) >= 0) {
                                  }
                                  close(0);
                                  const auto null = [] { return open("/dev/null", O_RDONLY | O_CLOEXEC); };
                                  const bool none = open_own_descriptor(null) < 0 && errno == EMFILE;
                                  return none && closed_now() == 1 ? 0 : 1;
                                }),
            0);
}

TEST(own_descriptor, a_stream_of_the_hosts_is_open_for_good_however_it_was_opened) {
  for (const int flags : {0, O_CLOEXEC}) {
    EXPECT_EQ(
        with_closed_streams(2,
                            [&] {
                              const bool closed = !is_open_for_good(1);
                              return closed && open("/dev/null", O_WRONLY | flags) == 1 && is_open_for_good(1) ? 0 : 1;
                            }),
        0);
  }
}

TEST(own_descriptor, what_another_thread_opens_is_never_taken_for_a_stream) {
  EXPECT_EQ(with_closed_streams(3,
                                [] {
                                  std::atomic<bool> stop{false}, wrong{false};
                                  std::thread opens([&] {
                                    while (!stop) {
                                      const auto null = [] { return open("/dev/null", O_RDONLY | O_CLOEXEC); };
                                      const int fd = open_own_descriptor(null);
                                      if (fd < 3) wrong = true;
                                      close(fd);
                                    }
                                  });
                                  for (int i = 0; i < 50'000 && !wrong; ++i) wrong = wrong || is_open_for_good(i & 1);
                                  stop = true;
                                  opens.join();
                                  return wrong ? 1 : 0;
                                }),
            0);
}

// Everything in the library that opens files, except for WASI (wasi/closed_streams_test.cc).
TEST(own_descriptor, engines_and_modules_leave_closed_streams_closed) {
  const TemporaryDirectory directory;
  const std::vector<uint8_t> bytes = wat(R"((module (memory 3) (data (i32.const 70000) "x")
    (func (export "f") (result i32) (i32.store (i32.const 130000) (i32.const 1)) (i32.load8_u (i32.const 70000)))))");
  const std::string file = (directory.path() / "m.wasm").string();
  std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
  const auto work = [&] {
    for (const Tier tier : {Tier::interpreter, Tier::jit, Tier::automatic}) {
      Config config;
      config.tier = tier;
      config.hot_after = 1;
      config.cache_dir = (directory.path() / "cache").string();
      config.cache_key_file = (directory.path() / "key").string();
      const mini_wasm::Engine engine(config);
      const auto filled = PageTemplate::make(1 << 16, [](uint8_t*) {});
      for (int i = 0; i < 4; ++i) {
        const Result<Module> module = Module::from_file(engine, file);
        mini_wasm::Store store(engine);
        const Result<Instance> instance = Instance::make(store, *module, {});
        for (int k = 0; k < 3; ++k) {
          if (instance->func("f")->call({})->front().i32() != 'x') return -2;
        }
      }
    }
    return closed_now();
  };
  for (int closed = 0; closed < kStreamSets; ++closed) EXPECT_EQ(with_closed_streams(closed, work), closed);
}

}  // namespace
}  // namespace mini_wasm::runtime
