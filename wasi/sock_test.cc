// Sockets that the guest has inherited: accepting, receiving, sending, shutting down.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

class SockTest : public ::testing::Test {
 protected:
  void connect(int type) {
    ASSERT_EQ(::socketpair(AF_UNIX, type, 0, pair), 0);
    WasiConfig config;
    config.sockets = {pair[0]};
    guest = std::make_unique<Guest>(config);
  }
  ~SockTest() override {
    for (const int fd : pair) {
      if (fd >= 0) ::close(fd);
    }
  }
  Errno receive(Size size, RiFlags flags = 0, uint32_t fd = 3) {
    buffer = guest->alloc(size), count = guest->alloc(4), roflags = guest->alloc(2);
    const Errno error = guest->call("sock_recv", {fd, guest->put_iovecs({{buffer, size}}), 1, flags, count, roflags});
    EXPECT_TRUE(guest->wrote_only({{buffer, size}, {count, 4}, {roflags, 2}}));
    return error;
  }
  std::string received() { return guest->text(buffer, guest->get<Size>(count)); }
  Errno send(std::string_view text, SiFlags flags = 0, uint32_t fd = 3) {
    const uint32_t list = guest->put_iovecs({{guest->put_text(text), static_cast<Size>(text.size())}});
    return guest->call("sock_send", {fd, list, 1, flags, guest->alloc(4)});
  }

  int pair[2] = {-1, -1};
  uint32_t buffer = 0, count = 0, roflags = 0;
  std::unique_ptr<Guest> guest;
};

TEST_F(SockTest, receives_and_sends) {
  connect(SOCK_STREAM);
  ASSERT_EQ(::write(pair[1], "hello", 5), 5);
  ASSERT_EQ(receive(3), Errno::success);
  EXPECT_EQ(received(), "hel");
  EXPECT_EQ(guest->get<RoFlags>(roflags), 0);
  ASSERT_EQ(send("answer"), Errno::success);
  char text[16];
  EXPECT_EQ(::read(pair[1], text, sizeof(text)), 6);
  EXPECT_EQ(guest->read(3, 10), "lo");  // fd_read works on sockets
}

TEST_F(SockTest, peeks_and_waits_for_all) {
  connect(SOCK_STREAM);
  ASSERT_EQ(::write(pair[1], "abcdef", 6), 6);
  ASSERT_EQ(receive(3, ri_flags::kPeek), Errno::success);
  EXPECT_EQ(received(), "abc");
  ASSERT_EQ(receive(6, ri_flags::kWaitall), Errno::success);
  EXPECT_EQ(received(), "abcdef");
}

TEST_F(SockTest, tells_when_a_datagram_was_cut_off) {
  connect(SOCK_DGRAM);
  ASSERT_EQ(::write(pair[1], "abcdef", 6), 6);
  ASSERT_EQ(receive(4), Errno::success);
  EXPECT_EQ(received(), "abcd");
  EXPECT_EQ(guest->get<RoFlags>(roflags), kRoDataTruncated);
  const uint32_t out = guest->alloc(24);
  ASSERT_EQ(guest->call("fd_fdstat_get", {3, out}), Errno::success);
  EXPECT_EQ(guest->get<Fdstat>(out).filetype, FileType::socket_dgram);
}

TEST_F(SockTest, unknown_flags_are_inval) {
  connect(SOCK_STREAM);
  EXPECT_EQ(receive(1, 4), Errno::inval);
  EXPECT_EQ(send("x", 1), Errno::inval);
  EXPECT_EQ(guest->call("sock_shutdown", {3, 0}), Errno::inval);
  EXPECT_EQ(guest->call("sock_shutdown", {3, 4}), Errno::inval);
  EXPECT_EQ(guest->call("sock_accept", {3, 1, guest->alloc(4)}), Errno::inval);
}

TEST_F(SockTest, bad_buffers_are_a_fault) {
  connect(SOCK_STREAM);
  const uint32_t out = guest->alloc(4), flags = guest->alloc(2);
  const uint32_t bad = guest->put_iovecs({{0xffff'fff0, 0x20}});
  EXPECT_EQ(guest->call("sock_recv", {3, bad, 1, 0, out, flags}), Errno::fault);
  EXPECT_EQ(guest->call("sock_send", {3, bad, 1, 0, out}), Errno::fault);
  EXPECT_EQ(guest->call("sock_recv", {3, bad, 0x2000'0001, 0, out, flags}), Errno::fault);
  EXPECT_EQ(guest->call("sock_recv", {3, bad, 1, 0, out, Guest::kMemorySize - 1}), Errno::fault);
}

TEST_F(SockTest, shutting_down_ends_one_direction_or_both) {
  connect(SOCK_STREAM);
  EXPECT_EQ(guest->call("sock_shutdown", {3, sd_flags::kWr}), Errno::success);
  char c;
  EXPECT_EQ(::read(pair[1], &c, 1), 0);
  EXPECT_EQ(send("x"), Errno::pipe);  // and no signal is raised
  EXPECT_EQ(guest->write(3, "x"), Errno::pipe);
  EXPECT_EQ(guest->call("sock_shutdown", {3, sd_flags::kRd}), Errno::success);
  ASSERT_EQ(receive(1), Errno::success);
  EXPECT_EQ(received(), "");
}

TEST_F(SockTest, what_is_no_socket_or_not_open_is_refused) {
  connect(SOCK_STREAM);
  TempDir dir;
  WasiConfig config;
  config.preopens = {{dir.path().string(), "/", false}};
  guest = std::make_unique<Guest>(config);
  EXPECT_EQ(receive(1), Errno::notsock);
  EXPECT_EQ(send("x"), Errno::notsock);
  EXPECT_EQ(guest->call("sock_shutdown", {3, 1}), Errno::notsock);
  EXPECT_EQ(guest->call("sock_accept", {3, 0, guest->alloc(4)}), Errno::notsock);
  EXPECT_EQ(receive(1, 0, 9), Errno::badf);
  EXPECT_EQ(send("x", 0, 9), Errno::badf);
  EXPECT_EQ(guest->call("sock_shutdown", {9, 1}), Errno::badf);
  EXPECT_EQ(guest->call("sock_accept", {9, 0, guest->alloc(4)}), Errno::badf);
}

TEST_F(SockTest, without_the_right_nothing_moves) {
  connect(SOCK_STREAM);
  ASSERT_EQ(guest->call("fd_fdstat_set_rights", {3, 0, 0}), Errno::success);
  EXPECT_EQ(receive(1), Errno::notcapable);
  EXPECT_EQ(send("x"), Errno::notcapable);
  EXPECT_EQ(guest->call("sock_shutdown", {3, 1}), Errno::notcapable);
  EXPECT_EQ(guest->call("sock_accept", {3, 0, guest->alloc(4)}), Errno::notcapable);
}

TEST_F(SockTest, accepts_connections_on_a_listening_socket) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 4), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ASSERT_EQ(::fcntl(listener, F_SETFL, O_NONBLOCK), 0);
  WasiConfig config;
  config.sockets = {listener};
  guest = std::make_unique<Guest>(config);
  const uint32_t out = guest->alloc(4);
  EXPECT_EQ(guest->call("sock_accept", {3, 0, out}), Errno::again);
  EXPECT_TRUE(guest->wrote_only({}));

  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(::connect(client, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(guest->call("sock_accept", {3, fd_flags::kNonblock, out}), Errno::success);
  EXPECT_TRUE(guest->wrote_only({{out, 4}}));
  const uint32_t fd = guest->get<uint32_t>(out);
  EXPECT_EQ(fd, 4u);
  EXPECT_EQ(receive(1, 0, fd), Errno::again);
  EXPECT_EQ(send("hi", 0, fd), Errno::success);
  char text[4];
  EXPECT_EQ(::read(client, text, sizeof(text)), 2);
  ::close(client);
  ::close(listener);
}

// As started by inetd: standard input is the listening socket.
TEST_F(SockTest, a_connection_has_its_rights_when_the_listener_is_standard_input) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 4), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(::connect(client, reinterpret_cast<sockaddr*>(&address), size), 0);
  WasiConfig config;
  config.in = listener;
  guest = std::make_unique<Guest>(config);
  const uint32_t out = guest->alloc(4);
  ASSERT_EQ(guest->call("sock_accept", {0, 0, out}), Errno::success);
  const uint32_t fd = guest->get<uint32_t>(out);
  EXPECT_EQ(send("hi", 0, fd), Errno::success);
  char text[4];
  EXPECT_EQ(::read(client, text, sizeof(text)), 2);
  ASSERT_EQ(::write(client, "yes", 3), 3);
  ASSERT_EQ(receive(3, 0, fd), Errno::success);
  EXPECT_EQ(received(), "yes");
  EXPECT_EQ(guest->write(fd, "x"), Errno::success);
  EXPECT_EQ(guest->call("sock_shutdown", {fd, sd_flags::kAll}), Errno::success);
  ::close(client);
  ::close(listener);
}

TEST_F(SockTest, the_guests_copy_outlives_the_hosts_and_the_other_way_round) {
  connect(SOCK_STREAM);
  EXPECT_EQ(guest->call("fd_close", {3}), Errno::success);
  EXPECT_EQ(::write(pair[0], "x", 1), 1);
}

TEST(wasi_config, something_else_in_place_of_a_socket_is_refused) {
  TempDir dir;
  const int fd = ::open(dir.path().c_str(), O_RDONLY);
  WasiConfig config;
  config.sockets = {fd};
  EXPECT_FALSE(Context::make(config));
  ::close(fd);
}

}  // namespace
}  // namespace mini_wasm::wasi
