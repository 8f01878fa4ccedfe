// Standard streams that are bytes, buffers and functions of the embedder, and the maximum of what a guest may write.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

Guest guest_of(WasiInput in, WasiOutput out, uint64_t max_written = ~uint64_t{0}) {
  WasiConfig config;
  config.in = std::move(in);
  config.out = std::move(out);
  config.max_written = max_written;
  return Guest(std::move(config));
}

Errno read_error(Guest& guest, uint32_t fd) {
  return guest.call("fd_read", {fd, guest.put_iovecs({{guest.alloc(8), 8}}), 1, guest.alloc(4)});
}

// fd_write of several buffers; the number of bytes that were written.
Size write_all(Guest& guest, uint32_t fd, const std::vector<std::string>& texts) {
  const uint32_t list = guest.alloc(texts.size() * sizeof(Iovec)), count = guest.alloc(4);
  for (size_t i = 0; i < texts.size(); ++i) {
    const Iovec one{guest.put_text(texts[i]), static_cast<Size>(texts[i].size())};
    std::memcpy(guest.memory().data() + list + i * sizeof(Iovec), &one, sizeof(one));
  }
  EXPECT_EQ(guest.call("fd_write", {fd, list, texts.size(), count}), Errno::success);
  return guest.get<Size>(count);
}

// --- Input

TEST(streams, input_of_bytes_ends_after_them) {
  Guest guest = guest_of(std::string("a\0bc", 4), std::monostate());
  EXPECT_EQ(guest.read(0, 3), std::string("a\0b", 3));
  EXPECT_EQ(guest.read(0, 3), "c");
  EXPECT_EQ(guest.read(0, 3), "");
  EXPECT_EQ(guest.write(0, "x"), Errno::notcapable);
}

TEST(streams, input_of_a_function_is_asked_for_once_each_time) {
  std::vector<size_t> sizes;
  Guest guest = guest_of(WasiRead([&](std::span<uint8_t> buffer) -> Result<size_t> {
                           sizes.push_back(buffer.size());
                           if (sizes.size() == 3) return Error::host("broken");
                           if (sizes.size() == 4) return buffer.size() + 1;  // a lie
                           if (sizes.size() == 5) return 0;
                           std::fill(buffer.begin(), buffer.end(), 'x');
                           return std::min<size_t>(buffer.size(), 5);
                         }),
                         std::monostate());
  EXPECT_EQ(guest.read(0, 3), "xxx");
  EXPECT_EQ(guest.read(0, 8), "xxxxx");
  EXPECT_EQ(read_error(guest, 0), Errno::io);
  EXPECT_EQ(read_error(guest, 0), Errno::io);
  EXPECT_EQ(guest.read(0, 8), "");
  EXPECT_EQ(sizes, (std::vector<size_t>{3, 8, 8, 8, 8}));
  // What may wait is asked for the first byte only, and not for nothing.
  const uint32_t a = guest.alloc(4), b = guest.alloc(4), count = guest.alloc(4);
  ASSERT_EQ(guest.call("fd_read", {0, guest.put_iovecs({{a, 0}, {a, 4}, {b, 4}}), 3, count}), Errno::success);
  EXPECT_EQ(guest.get<Size>(count), 4u);
  ASSERT_EQ(guest.call("fd_read", {0, guest.put_iovecs({{a, 0}}), 1, count}), Errno::success);
  EXPECT_EQ(sizes.size(), 6u);
}

// --- Output

TEST(streams, output_to_a_buffer) {
  WasiBuffer out;
  Guest guest = guest_of("", out);
  EXPECT_EQ(write_all(guest, 1, {"one ", "", "two"}), 7u);
  EXPECT_EQ(out.text(), "one two");
  EXPECT_EQ(out.take(), "one two");
  EXPECT_EQ(guest.write(1, "more"), Errno::success);
  EXPECT_EQ(out.text(), "more");
  EXPECT_FALSE(out.overflowed());
  EXPECT_EQ(read_error(guest, 1), Errno::notcapable);
}

TEST(streams, a_buffer_has_a_maximum) {
  WasiBuffer out(5);
  Guest guest = guest_of("", out);
  EXPECT_EQ(guest.write(1, "abc"), Errno::success);
  EXPECT_FALSE(out.overflowed());
  EXPECT_EQ(write_all(guest, 1, {"d", "ef", "g"}), 2u);
  EXPECT_TRUE(out.overflowed());
  EXPECT_EQ(guest.write(1, "h"), Errno::nospc);
  EXPECT_EQ(guest.write(1, ""), Errno::success);
  EXPECT_EQ(out.take(), "abcde");
  EXPECT_EQ(guest.write(1, "h"), Errno::success);
  EXPECT_EQ(out.text(), "h");
  WasiBuffer none(0);
  Guest mute = guest_of("", none);
  EXPECT_EQ(mute.write(1, "x"), Errno::nospc);
}

TEST(streams, one_buffer_for_two_streams_and_two_programs) {
  WasiBuffer all;
  WasiConfig config;
  config.out = config.err = all;
  Guest a(config), b(config);
  for (Guest* guest : {&a, &b}) {
    EXPECT_EQ(guest->write(1, "o"), Errno::success);
    EXPECT_EQ(guest->write(2, "e"), Errno::success);
  }
  EXPECT_EQ(all.text(), "oeoe");
}

TEST(streams, output_to_a_function) {
  std::vector<std::string> said;
  Guest guest = guest_of("", WasiWrite([&](std::string_view bytes) -> Result<void> {
                           if (bytes == "bad") return Error::host("no");
                           said.emplace_back(bytes);
                           return {};
                         }));
  EXPECT_EQ(write_all(guest, 1, {"a", "bc"}), 3u);
  EXPECT_EQ(said, (std::vector<std::string>{"a", "bc"}));
  EXPECT_EQ(guest.write(1, "bad"), Errno::io);
  EXPECT_EQ(write_all(guest, 1, {"d", "bad", "e"}), 1u);
  EXPECT_EQ(guest.write(1, std::string(200'000, 'x')), Errno::success);
  EXPECT_EQ(said.back().size(), 200'000u);
}

TEST(streams, output_to_nowhere) {
  Guest guest = guest_of("", std::monostate());
  EXPECT_EQ(write_all(guest, 1, {"a", "bc"}), 3u);
}

TEST(streams, without_a_function_they_are_closed) {
  Guest guest = guest_of(WasiRead(), WasiWrite());
  EXPECT_EQ(read_error(guest, 0), Errno::badf);
  EXPECT_EQ(guest.write(1, "x"), Errno::badf);
}

// --- As files

TEST(streams, look_like_pipes) {
  Guest guest = guest_of("input", WasiBuffer());
  const uint32_t out = guest.alloc(64);
  for (const uint32_t fd : {0u, 1u}) {
    EXPECT_EQ(guest.call("fd_seek", {fd, 0, 0, out}), Errno::spipe);
    EXPECT_EQ(guest.call("fd_tell", {fd, out}), Errno::spipe);
    ASSERT_EQ(guest.call("fd_filestat_get", {fd, out}), Errno::success);
    EXPECT_EQ(guest.get<Filestat>(out).filetype, FileType::unknown);
    EXPECT_EQ(guest.get<Filestat>(out).ino, fd + 1);
    ASSERT_EQ(guest.call("fd_fdstat_get", {fd, out}), Errno::success);
    EXPECT_EQ(guest.get<Fdstat>(out).rights_base & rights::kPath, 0u);
    EXPECT_EQ(guest.call("fd_fdstat_set_flags", {fd, fd_flags::kNonblock}), Errno::success);
    ASSERT_EQ(guest.call("fd_fdstat_get", {fd, out}), Errno::success);
    EXPECT_EQ(guest.get<Fdstat>(out).flags, fd_flags::kNonblock);
    EXPECT_NE(guest.call("path_open", {fd, 0, guest.put_text("x"), 1, 0, 0, 0, 0, out}), Errno::success);
  }
  const uint32_t list = guest.put_iovecs({{out, 4}});
  EXPECT_EQ(guest.call("fd_pread", {0, list, 1, 0, out}), Errno::spipe);
  EXPECT_EQ(guest.call("fd_pwrite", {1, list, 1, 0, out}), Errno::spipe);
  EXPECT_EQ(guest.call("fd_sync", {1}), Errno::success);
  EXPECT_EQ(guest.read(0, 5), "input");
}

TEST(streams, are_always_ready) {
  Guest guest = guest_of("input", std::monostate());
  Subscription both[2]{};
  both[0].tag = static_cast<uint8_t>(EventType::fd_read);
  both[1].tag = static_cast<uint8_t>(EventType::fd_write);
  both[1].fd = 1;
  const uint32_t events = guest.alloc(2 * sizeof(Event)), count = guest.alloc(4);
  guest.read(0, 2);
  ASSERT_EQ(guest.call("poll_oneoff", {guest.put(both), events, 2, count}), Errno::success);
  ASSERT_EQ(guest.get<Size>(count), 2u);
  EXPECT_EQ(guest.get<Event>(events).nbytes, 3u);
  EXPECT_EQ(guest.get<Event>(events + sizeof(Event)).error, Errno::success);
}

TEST(streams, may_be_closed_and_renumbered) {
  WasiBuffer out;
  Guest guest = guest_of("input", out);
  EXPECT_EQ(guest.call("fd_renumber", {1, 2}), Errno::success);
  EXPECT_EQ(guest.write(2, "x"), Errno::success);
  EXPECT_EQ(guest.write(1, "x"), Errno::badf);
  EXPECT_EQ(guest.call("fd_close", {2}), Errno::success);
  EXPECT_EQ(out.text(), "x");
}

// --- WasiConfig::max_written

class MaxWritten : public EveryStorage {
 protected:
  MaxWritten() {
    WasiConfig config;
    config.out = out;
    config.max_written = 10;
    config.preopens.push_back(dir.preopen());
    guest = std::make_unique<Guest>(std::move(config), strategy_of(GetParam()));
  }
  WasiBuffer out;
  TempDir dir{GetParam()};
  std::unique_ptr<Guest> guest;
};
INSTANTIATE_EVERY_STORAGE(MaxWritten);

TEST_P(MaxWritten, is_for_all_files_and_streams_together) {
  const uint32_t file = guest->created("file");
  EXPECT_EQ(guest->write(1, "abcd"), Errno::success);
  EXPECT_EQ(write_all(*guest, file, {"efg", "hij", "klm"}), 6u);
  EXPECT_EQ(dir.read("file"), "efghij");
  EXPECT_EQ(guest->write(file, "x"), Errno::nospc);
  EXPECT_EQ(guest->write(1, "x"), Errno::nospc);
  EXPECT_EQ(guest->call("fd_pwrite", {file, guest->put_iovecs({{guest->alloc(4), 4}}), 1, 0, guest->alloc(4)}),
            Errno::nospc);
  EXPECT_EQ(guest->call("fd_allocate", {file, 0, 1}), Errno::nospc);
  EXPECT_EQ(guest->write(1, ""), Errno::success);
  EXPECT_EQ(out.text(), "abcd");
}

TEST_P(MaxWritten, counts_what_is_reserved_and_not_what_failed) {
  const uint32_t file = guest->created("file"), readable = guest->opened("file");
  EXPECT_EQ(guest->write(readable, "0123456789"), Errno::badf);
  EXPECT_EQ(guest->call("fd_allocate", {file, 0, 11}), Errno::nospc);
  if (guest->call("fd_allocate", {file, 0, 8}) == Errno::notsup) GTEST_SKIP() << "this file system cannot allocate";
  EXPECT_EQ(write_all(*guest, file, {"abcd"}), 2u);
}

TEST(streams, a_message_is_not_cut_off_at_the_maximum) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
  WasiConfig config;
  config.sockets = {pair[0]};
  config.max_written = 6;
  Guest guest(std::move(config));
  const auto send = [&](std::string_view text) {
    const uint32_t list = guest.put_iovecs({{guest.put_text(text), static_cast<Size>(text.size())}});
    return guest.call("sock_send", {3, list, 1, 0, guest.alloc(4)});
  };
  EXPECT_EQ(send("abcd"), Errno::success);
  EXPECT_EQ(send("efg"), Errno::nospc);
  EXPECT_EQ(guest.write(3, "efg"), Errno::nospc);
  EXPECT_EQ(send("ef"), Errno::success);
  char text[8];
  EXPECT_EQ(::recv(pair[1], text, sizeof(text), 0), 4);
  EXPECT_EQ(::recv(pair[1], text, sizeof(text), 0), 2);
  for (const int fd : pair) ::close(fd);
}

}  // namespace
}  // namespace mini_wasm::wasi
