#include "runtime/system/read_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "scripts/temporary_directory.h"

namespace mini_wasm::runtime {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ReadFile : public ::testing::Test {
 protected:
  std::string path(const char* name) const { return (directory_.path() / name).string(); }
  std::string write(const char* name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }
  static std::string text(const Result<std::vector<uint8_t>>& bytes) {
    return bytes ? std::string(bytes->begin(), bytes->end()) : bytes.error().to_string();
  }
  // The peak memory use of this process, in bytes.
  static uint64_t peak() {
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<uint64_t>(usage.ru_maxrss) << 10;
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(ReadFile, files_of_every_size_around_a_block) {
  for (const size_t size : {0, 1, 4095, 16383, 16384, 16385, 32768, 300000}) {
    std::string content(size, 'a');
    for (size_t i = 0; i < size; ++i) content[i] = static_cast<char>(i * 7 % 251);
    EXPECT_EQ(text(read_file(write("file", content))), content) << size;
  }
}

// The system reports a size for a directory: the largest possible number.
TEST_F(ReadFile, a_directory_is_an_error_at_once) {
  const uint64_t before = peak();
  for (const std::string& name : {directory_.path().string(), std::string("/"), std::string("/tmp")}) {
    const auto bytes = read_file(name);
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().kind, ErrorKind::io);
    EXPECT_THAT(bytes.error().message, HasSubstr("directory"));
  }
  EXPECT_LT(peak() - before, uint64_t{16} << 20);
}

TEST_F(ReadFile, pipes_have_no_size) {
  const std::string content(200000, 'x');
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(path("fifo"), std::ios::binary) << content; });
  EXPECT_EQ(text(read_file(path("fifo"))), content);
  writer.join();
}

TEST_F(ReadFile, from_where_the_stream_stands) {
  const std::string content = std::string(100, 'a') + std::string(100000, 'b');
  std::FILE* file = std::fopen(write("file", content).c_str(), "rb");
  ASSERT_EQ(std::fseek(file, 50, SEEK_SET), 0);
  EXPECT_EQ(text(read_stream(file, "file")), content.substr(50));
  std::fclose(file);
}

// Refusing a file of many gigabytes takes no memory and no time.
TEST_F(ReadFile, more_than_a_gibibyte_is_refused_before_it_is_read) {
  write("huge", "");
  fs::resize_file(path("huge"), uint64_t{1} << 40);
  const uint64_t before = peak();
  const auto bytes = read_file(path("huge"));
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().kind, ErrorKind::limit);
  EXPECT_LT(peak() - before, uint64_t{16} << 20);
}

TEST_F(ReadFile, the_check_sees_the_beginning_and_may_end_it) {
  size_t calls = 0;
  const BeginCheck refuse = [&](std::span<const uint8_t> begin) -> Result<void> {
    ++calls;
    if (std::all_of(begin.begin(), begin.end(), [](uint8_t b) { return b == 0; })) {
      return Error::make(ErrorKind::malformed, "zeros");
    }
    return {};
  };
  EXPECT_EQ(text(read_file("/dev/zero", refuse)), "malformed module: zeros");
  EXPECT_EQ(text(read_file(write("file", "abc"), refuse)), "abc");
  EXPECT_EQ(calls, 2);
  EXPECT_THAT(text(read_file(path("none"), refuse)), HasSubstr("No such file"));
  EXPECT_THAT(text(read_file(directory_.path().string(), refuse)), HasSubstr("directory"));
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace mini_wasm::runtime
