// poll_oneoff: clocks, descriptors, errors in events, limits.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

constexpr Timestamp kMillisecond = 1'000'000;

Subscription clock_subscription(uint64_t userdata, uint32_t clock, Timestamp timeout, SubclockFlags flags = 0) {
  Subscription s{};
  s.userdata = userdata;
  s.tag = static_cast<uint8_t>(EventType::clock);
  s.clock = {clock, 0, timeout, 0, flags, {}};
  return s;
}

Subscription fd_subscription(uint64_t userdata, EventType type, uint32_t fd) {
  Subscription s{};
  s.userdata = userdata;
  s.tag = static_cast<uint8_t>(type);
  s.fd = fd;
  return s;
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class PollTest : public ::testing::Test {
 protected:
  PollTest() {
    EXPECT_EQ(::pipe(pipe_fds), 0);
    dir.write("file", "0123456789");
    WasiConfig config;
    config.in = pipe_fds[0];
    config.out = pipe_fds[1];
    config.preopens = {{dir.path().string(), "/", false}};
    guest = std::make_unique<Guest>(config);
  }
  ~PollTest() override {
    ::close(pipe_fds[0]);
    if (pipe_fds[1] >= 0) ::close(pipe_fds[1]);
  }

  std::vector<Event> poll(const std::vector<Subscription>& subscriptions) {
    const Size n = static_cast<Size>(subscriptions.size());
    const uint32_t in = guest->alloc(n * sizeof(Subscription)), out = guest->alloc(n * sizeof(Event)),
                   count = guest->alloc(4);
    std::memcpy(guest->memory().data() + in, subscriptions.data(), n * sizeof(Subscription));
    EXPECT_EQ(guest->call("poll_oneoff", {in, out, n, count}), Errno::success);
    const Size happened = guest->get<Size>(count);
    EXPECT_LE(happened, n);
    EXPECT_TRUE(guest->wrote_only({{out, happened * sizeof(Event)}, {count, 4}}));
    std::vector<Event> events;
    for (Size i = 0; i < happened; ++i) events.push_back(guest->get<Event>(out + i * static_cast<Size>(sizeof(Event))));
    return events;
  }
  Timestamp time(uint64_t clock) {
    const uint32_t out = guest->alloc(8);
    guest->call("clock_time_get", {clock, 0, out});
    return guest->get<Timestamp>(out);
  }

  int pipe_fds[2];
  TempDir dir;
  std::unique_ptr<Guest> guest;
};

TEST_F(PollTest, waits_for_a_relative_time_on_either_clock) {
  for (const uint32_t clock : {0u, 1u}) {
    std::vector<Event> events;
    const double waited = seconds_of([&] { events = poll({clock_subscription(7, clock, 30 * kMillisecond)}); });
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].userdata, 7u);
    EXPECT_EQ(events[0].error, Errno::success);
    EXPECT_EQ(events[0].type, EventType::clock);
    EXPECT_GE(waited, 0.029);
    EXPECT_LT(waited, 5);
  }
}

TEST_F(PollTest, waits_for_an_absolute_time_on_either_clock) {
  for (const uint32_t clock : {0u, 1u}) {
    const Timestamp target = time(clock) + 30 * kMillisecond;
    ASSERT_EQ(poll({clock_subscription(7, clock, target, kSubclockAbstime)}).size(), 1u);
    EXPECT_GE(time(clock), target);
  }
  EXPECT_EQ(poll({clock_subscription(1, 0, 12345, kSubclockAbstime)}).size(), 1u);  // a time that has passed long ago
}

TEST_F(PollTest, the_earliest_of_several_times_ends_the_wait) {
  const std::vector<Event> events =
      poll({clock_subscription(1, 1, 10'000 * kMillisecond), clock_subscription(2, 1, 10 * kMillisecond),
            clock_subscription(3, 0, ~Timestamp{0}), clock_subscription(4, 1, ~Timestamp{0}, kSubclockAbstime)});
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].userdata, 2u);
}

TEST_F(PollTest, a_deadline_beyond_all_time_does_not_wrap_into_the_past) {
  for (const Timestamp far : {~Timestamp{0}, ~Timestamp{0} - 1, Timestamp{1} << 63}) {
    const std::vector<Event> events = poll(
        {clock_subscription(1, 0, far), clock_subscription(2, 1, far), clock_subscription(3, 1, 5 * kMillisecond)});
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].userdata, 3u);
  }
}

TEST_F(PollTest, unknown_clocks_and_flags_are_errors_in_the_event_and_do_not_wait) {
  const std::vector<Event> events =
      poll({clock_subscription(1, 9, 0), clock_subscription(2, 2, 0), clock_subscription(3, 1, 0, 2),
            clock_subscription(4, 1, 10'000 * kMillisecond)});
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].error, Errno::inval);
  EXPECT_EQ(events[1].error, Errno::notsup);
  EXPECT_EQ(events[2].error, Errno::inval);
}

TEST_F(PollTest, a_pipe_is_readable_once_something_is_in_it) {
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(::write(pipe_fds[1], "abc", 3), 3);
  });
  const std::vector<Event> events =
      poll({fd_subscription(1, EventType::fd_read, 0), clock_subscription(2, 1, 10'000 * kMillisecond)});
  writer.join();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].userdata, 1u);
  EXPECT_EQ(events[0].type, EventType::fd_read);
  EXPECT_EQ(events[0].nbytes, 3u);
  EXPECT_EQ(events[0].flags, 0);
}

TEST_F(PollTest, an_empty_pipe_times_out_and_a_full_one_is_not_writable) {
  std::vector<Event> events =
      poll({fd_subscription(1, EventType::fd_read, 0), clock_subscription(2, 1, 10 * kMillisecond)});
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].userdata, 2u);
  EXPECT_EQ(poll({fd_subscription(1, EventType::fd_write, 1)}).size(), 1u);
  ::fcntl(pipe_fds[1], F_SETFL, O_NONBLOCK);
  while (::write(pipe_fds[1], std::string(4096, 'x').data(), 4096) > 0) {
  }
  events = poll({fd_subscription(1, EventType::fd_write, 1), clock_subscription(2, 1, 10 * kMillisecond)});
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].userdata, 2u);
}

TEST_F(PollTest, the_end_of_a_pipe_is_a_hangup) {
  ::close(pipe_fds[1]);
  pipe_fds[1] = -1;
  const std::vector<Event> events = poll({fd_subscription(1, EventType::fd_read, 0)});
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].error, Errno::success);
  EXPECT_EQ(events[0].nbytes, 0u);
  EXPECT_EQ(events[0].flags, kEventHangup);
}

TEST_F(PollTest, a_regular_file_is_always_ready_and_tells_what_is_left) {
  const uint32_t fd = guest->opened("file", {});
  guest->read(fd, 4);
  const std::vector<Event> events =
      poll({fd_subscription(1, EventType::fd_read, fd), fd_subscription(2, EventType::fd_write, fd),
            clock_subscription(3, 1, 10'000 * kMillisecond)});
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].nbytes, 6u);
  EXPECT_EQ(events[1].userdata, 2u);
}

TEST_F(PollTest, bad_descriptors_and_missing_rights_are_errors_in_the_event) {
  const uint32_t blind = guest->opened("file", {.base = rights::fd_read});
  ASSERT_EQ(guest->call("fd_fdstat_set_rights", {blind, rights::fd_read, 0}), Errno::success);
  const std::vector<Event> events =
      poll({fd_subscription(1, EventType::fd_read, 99), fd_subscription(2, EventType::fd_read, blind),
            fd_subscription(3, EventType::fd_write, 0), fd_subscription(4, static_cast<EventType>(3), 0)});
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0].error, Errno::badf);
  EXPECT_EQ(events[1].error, Errno::notcapable);
  EXPECT_EQ(events[2].error, Errno::notcapable);
  EXPECT_EQ(events[3].error, Errno::inval);
}

TEST_F(PollTest, nothing_or_too_much_to_wait_for_is_inval) {
  const uint32_t in = guest->alloc(48), out = guest->alloc(32), count = guest->alloc(4);
  EXPECT_EQ(guest->call("poll_oneoff", {in, out, 0, count}), Errno::inval);
  // Multiplied by 48, the size of a subscription, the first one would be 32 modulo 2^32.
  for (const uint64_t n : {0x0555'5556u, 0x0800'0000u, 0xffff'ffffu, 4097u}) {
    EXPECT_EQ(guest->call("poll_oneoff", {in, out, n, count}), Errno::inval) << n;
  }
  EXPECT_TRUE(guest->wrote_only({}));
}

TEST_F(PollTest, events_may_be_written_over_the_subscriptions) {
  const uint32_t both = guest->alloc(96), count = guest->alloc(4);
  const Subscription two[] = {clock_subscription(1, 1, 0), clock_subscription(2, 1, 0)};
  std::memcpy(guest->memory().data() + both, two, sizeof(two));
  ASSERT_EQ(guest->call("poll_oneoff", {both, both, 2, count}), Errno::success);
  EXPECT_EQ(guest->get<Size>(count), 2u);
  EXPECT_EQ(guest->get<Event>(both).userdata, 1u);
  EXPECT_EQ(guest->get<Event>(both + 32).userdata, 2u);
}

TEST_F(PollTest, an_event_list_that_does_not_fit_is_a_fault_without_waiting) {
  const uint32_t in = guest->put(clock_subscription(1, 1, 10'000 * kMillisecond));
  EXPECT_EQ(guest->call("poll_oneoff", {in, Guest::kMemorySize - 16, 1, guest->alloc(4)}), Errno::fault);
  EXPECT_EQ(guest->call("poll_oneoff", {Guest::kMemorySize - 16, in, 1, guest->alloc(4)}), Errno::fault);
}

TEST_F(PollTest, a_signal_does_not_cut_a_sleep_short) {
  struct sigaction action = {}, old;
  action.sa_handler = [](int) {};
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &old), 0);
  const pthread_t self = pthread_self();
  std::thread disturber([self] {
    for (int i = 0; i < 5; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(4));
      pthread_kill(self, SIGUSR1);
    }
  });
  const double waited = seconds_of([&] { EXPECT_EQ(poll({clock_subscription(1, 1, 40 * kMillisecond)}).size(), 1u); });
  disturber.join();
  EXPECT_GE(waited, 0.039);
  ::sigaction(SIGUSR1, &old, nullptr);
}

}  // namespace
}  // namespace mini_wasm::wasi
