// Wasi::save and Wasi::load: what a program has open is open again in another one, and never more than that.
#include <algorithm>

#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

class SavedState : public EveryStorage {
 protected:
  SavedState() {
    dir.write("file", "0123456789");
    dir.mkdir("sub");
    dir.write("sub/inner", "inner");
  }
  Guest another(bool read_only = false) { return Guest::in(dir, GetParam(), read_only); }
  std::vector<uint8_t> save() {
    Result<std::vector<uint8_t>> state = guest.context().save();
    EXPECT_TRUE(state);
    return state ? *std::move(state) : std::vector<uint8_t>();
  }
  static std::string outcome(const Result<void>& result) { return result ? "success" : result.error().to_string(); }
  Fdstat stat_of(Guest& of, uint32_t fd) {
    const uint32_t out = of.alloc(sizeof(Fdstat));
    EXPECT_EQ(of.call("fd_fdstat_get", {fd, out}), Errno::success);
    return of.get<Fdstat>(out);
  }

  TempDir dir{GetParam()};
  Guest guest = Guest::in(dir, GetParam());
};
INSTANTIATE_EVERY_STORAGE(SavedState);

TEST_P(SavedState, files_with_their_positions_flags_and_rights) {
  const uint32_t file = guest.opened("file");
  EXPECT_EQ(guest.read(file, 4), "0123");
  const uint32_t sub = guest.opened("sub", {.oflags = o_flags::kDirectory});
  const uint32_t inner = guest.opened("inner", {.base = rights::kFile & ~rights::fd_write, .dir = sub});
  EXPECT_EQ(guest.read(inner, 2), "in");
  const uint32_t log = guest.opened("log", {.oflags = o_flags::kCreat, .fdflags = fd_flags::kAppend});
  EXPECT_EQ(guest.write(log, "one "), Errno::success);
  ASSERT_EQ(guest.call("fd_close", {sub}), Errno::success);  // its number stays free
  ASSERT_EQ(guest.call("fd_fdstat_set_rights", {file, rights::fd_read, 0}), Errno::success);

  Guest again = another();
  ASSERT_EQ(outcome(again.context().load(save())), "success");
  EXPECT_EQ(again.read(file, 4), "4567");
  EXPECT_EQ(again.read(inner, 9), "ner");
  EXPECT_EQ(again.write(log, "two"), Errno::success);
  EXPECT_EQ(dir.read("log"), "one two");
  EXPECT_EQ(stat_of(again, log).flags, fd_flags::kAppend);
  EXPECT_EQ(stat_of(again, file).rights_base, rights::fd_read);
  EXPECT_EQ(stat_of(again, inner).rights_base, stat_of(guest, inner).rights_base);
  EXPECT_EQ(again.opened("sub", {.oflags = o_flags::kDirectory}), sub);
}

TEST_P(SavedState, descriptors_that_were_moved_or_closed) {
  const uint32_t file = guest.opened("file");
  ASSERT_EQ(guest.call("fd_renumber", {3, file}), Errno::success);  // the directory has the file's number now
  ASSERT_EQ(guest.call("fd_close", {0}), Errno::success);
  Guest again = another();
  ASSERT_EQ(outcome(again.context().load(save())), "success");
  EXPECT_EQ(again.opened("sub/inner", {.base = rights::fd_read, .dir = file}), 0u);
  EXPECT_EQ(again.call("fd_close", {3}), Errno::badf);
}

TEST_P(SavedState, arguments_and_environment) {
  WasiConfig config;
  config.args = {"program", "--all"};
  config.env = {"A=1", "B="};
  Guest before(std::move(config));
  Guest after;
  const Result<std::vector<uint8_t>> state = before.context().save();
  ASSERT_TRUE(state);
  ASSERT_EQ(outcome(after.context().load(*state)), "success");
  const uint32_t count = after.alloc(4), size = after.alloc(4);
  ASSERT_EQ(after.call("args_sizes_get", {count, size}), Errno::success);
  EXPECT_EQ(after.get<uint32_t>(count), 2u);
  EXPECT_EQ(after.get<uint32_t>(size), 14u);
  ASSERT_EQ(after.call("environ_sizes_get", {count, size}), Errno::success);
  EXPECT_EQ(after.get<uint32_t>(count), 2u);
  EXPECT_EQ(after.get<uint32_t>(size), 7u);
}

// The new program's directories decide what may be done.
TEST_P(SavedState, no_more_than_the_new_program_may_do) {
  const uint32_t file = guest.opened("file", {.oflags = 0});
  const std::vector<uint8_t> writing = save();
  Guest again = another(/*read_only=*/true);
  EXPECT_THAT(outcome(again.context().load(writing)), ::testing::HasSubstr("cannot open file in / again: rofs"));
  EXPECT_EQ(again.call("fd_close", {file}), Errno::badf) << "nothing has changed";
  EXPECT_EQ(again.read(again.opened("file", {.base = rights::fd_read}), 3), "012");

  ASSERT_EQ(guest.call("fd_close", {file}), Errno::success);
  Guest reading = another(/*read_only=*/true);
  ASSERT_EQ(outcome(reading.context().load(save())), "success");
  EXPECT_EQ(reading.open_error("new", {.oflags = o_flags::kCreat}), Errno::rofs);
}

TEST_P(SavedState, what_is_not_there_any_more) {
  guest.opened("file");
  const std::vector<uint8_t> state = save();
  dir.remove("file");
  Guest again = another();
  EXPECT_THAT(outcome(again.context().load(state)), ::testing::HasSubstr("cannot open file in / again: noent"));
  EXPECT_FALSE(dir.exists("file"));
  Guest without{WasiConfig()};
  EXPECT_THAT(outcome(without.context().load(state)), ::testing::HasSubstr("these directories: /; now it has: none"));
}

// Whatever the state says, it is an error, or gives the program what it was given before.
TEST_P(SavedState, damaged_states) {
  guest.opened("sub/inner", {.base = rights::fd_read});
  guest.opened("sub", {.oflags = o_flags::kDirectory, .base = rights::fd_readdir});
  const std::vector<uint8_t> state = save();
  ASSERT_EQ(outcome(another(/*read_only=*/true).context().load(state)), "success");
  for (size_t size = 0; size < state.size(); ++size) {
    Guest again = another();
    const Result<void> loaded = again.context().load(std::span(state).first(size));
    ASSERT_FALSE(loaded) << size;
    EXPECT_EQ(loaded.error().kind, ErrorKind::malformed) << size;
  }
  for (size_t at = 0; at < state.size(); ++at) {
    for (const uint8_t byte : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      std::vector<uint8_t> wrong = state;
      wrong[at] = byte;
      Guest again = another(/*read_only=*/true);
      (void)again.context().load(wrong);
      const auto& all = again.context().fds().all();
      for (const auto& descriptor : all) {
        EXPECT_TRUE(descriptor == nullptr || std::count(all.begin(), all.end(), descriptor) == 1) << at;
        if (descriptor != nullptr && descriptor->origin->begin == Fd{3}) {
          EXPECT_EQ(descriptor->base & rights::kChanging, 0u) << at;
          EXPECT_TRUE(descriptor->read_only) << at;
        }
      }
    }
  }
}

// A path in a state leads out of the directory no more than one of the guest does.
TEST_P(SavedState, paths_that_lead_out) {
  guest.opened("sub/inner");
  std::vector<uint8_t> state = save();
  const std::string_view path = "sub/inner", out = "../../../";
  const auto at = std::search(state.begin(), state.end(), path.begin(), path.end());
  ASSERT_NE(at, state.end());
  std::copy(out.begin(), out.end(), at);
  Guest again = another();
  EXPECT_THAT(outcome(again.context().load(state)), ::testing::HasSubstr("again: "));
}

}  // namespace
}  // namespace mini_wasm::wasi
