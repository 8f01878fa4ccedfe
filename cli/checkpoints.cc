#include "cli/checkpoints.h"

#include <mini_wasm/checkpoint.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <utility>

#include "cli/input.h"
#include "runtime/compiled_module.h"

namespace mini_wasm::cli {
namespace {

constexpr std::array<uint8_t, 8> kMagic = {0, 'm', 'w', '-', 'p', 'r', 'o', 'g'};
constexpr size_t kHead = kMagic.size() + 2 * sizeof(uint64_t);

std::array<uint8_t, 8> little_endian(uint64_t number) {
  std::array<uint8_t, 8> bytes{};
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(std::exchange(number, number >> 8));
  return bytes;
}

uint64_t number_at(const uint8_t* bytes) {
  uint64_t number = 0;
  for (size_t i = 8; i-- > 0;) number = number << 8 | bytes[i];
  return number;
}

// A file that takes the place of another one when it is complete.
class NewFile {
 public:
  explicit NewFile(std::string path)
      : path_(std::move(path)), temporary_(path_ + ".part"), file_(std::fopen(temporary_.c_str(), "wbe")) {}
  ~NewFile() {
    if (file_ == nullptr) return;
    std::fclose(file_);
    std::remove(temporary_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  Result<void> write(std::span<const uint8_t> bytes) {
    if (file_ == nullptr || std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) return failed();
    size_ += bytes.size();
    return {};
  }
  Result<uint64_t> finish() {
    if (std::fclose(std::exchange(file_, nullptr)) != 0 || std::rename(temporary_.c_str(), path_.c_str()) != 0) {
      Error error = failed();
      std::remove(temporary_.c_str());
      return error;
    }
    return size_;
  }

 private:
  Error failed() const { return Error::make(ErrorKind::io, "cannot write " + path_ + ": " + std::strerror(errno)); }

  const std::string path_, temporary_;
  std::FILE* file_;
  uint64_t size_ = 0;
};

Result<uint64_t> write_checkpoint(Store& store, const Module& module, const Program& program, AsyncCall& call,
                                  const std::string& path) {
  Result<std::vector<uint8_t>> wasi = program.save();
  if (!wasi) return std::move(wasi).error();
  const std::span<const uint8_t> bytes = module.impl()->module().bytes;
  const auto module_size = little_endian(bytes.size()), wasi_size = little_endian(wasi->size());
  NewFile file(path);
  for (const std::span<const uint8_t> part :
       {std::span<const uint8_t>(kMagic), std::span<const uint8_t>(module_size), std::span<const uint8_t>(wasi_size),
        bytes, std::span<const uint8_t>(*wasi)}) {
    if (Result<void> r = file.write(part); !r) return std::move(r).error();
  }
  AsyncCall* const calls[] = {&call};
  CheckpointOptions options;
  options.calls = calls;
  if (Result<void> r = checkpoint(
          store, [&](std::span<const uint8_t> next) { return file.write(next); }, options);
      !r) {
    return std::move(r).error();
  }
  return file.finish();
}

}  // namespace

Result<SavedProgram> read_saved_program(const std::string& file) {
  Result<std::vector<uint8_t>> bytes = read_input(file);
  if (!bytes) return std::move(bytes).error();
  SavedProgram saved;
  saved.bytes = *std::move(bytes);
  const std::span<const uint8_t> all = saved.bytes;
  if (all.size() < kHead || std::memcmp(all.data(), kMagic.data(), kMagic.size()) != 0) {
    return Error::make(ErrorKind::malformed, "not a checkpoint of a program (run --checkpoint-file writes them)");
  }
  const uint64_t module = number_at(&all[kMagic.size()]), wasi = number_at(&all[kMagic.size() + sizeof(uint64_t)]);
  const size_t rest = all.size() - kHead;
  if (module > rest || wasi > rest - module) return Error::make(ErrorKind::malformed, "the checkpoint is cut off");
  saved.module = all.subspan(kHead, module);
  saved.wasi = all.subspan(kHead + module, wasi);
  saved.store = all.subspan(kHead + module + wasi);
  return saved;
}

CheckpointSignal::CheckpointSignal(int signal) : signal_(signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal_);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

CheckpointSignal::~CheckpointSignal() {
  if (!thread_.joinable()) return;
  over_ = true;
  pthread_kill(thread_.native_handle(), signal_);
  thread_.join();
}

void CheckpointSignal::begin(InterruptHandle store) {
  thread_ = std::thread([this, store = std::move(store)] {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal_);
    for (int got; sigwait(&set, &got) == 0 && !over_;) store.ask_to_yield();
  });
}

std::optional<int> CheckpointSignal::from_name(std::string name) {
  if (name.starts_with("SIG")) name.erase(0, 3);
  static const std::map<std::string, int> signals = {{"HUP", SIGHUP}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2}};
  const auto found = signals.find(name);
  return found == signals.end() ? std::nullopt : std::optional(found->second);
}

Result<int32_t> run_with_checkpoints(Store& store, const Module& module, const Program& program, AsyncCall call,
                                     const std::string& file, bool verbose) {
  call.set_yields(true);
  for (;;) {
    Result<AsyncCall::State> state = call.resume();
    if (!state && state.error().kind == ErrorKind::exit) return state.error().exit_code;
    if (!state) return std::move(state).error();
    if (*state == AsyncCall::State::finished) return 0;
    const Result<uint64_t> size = write_checkpoint(store, module, program, call, file);
    if (!size) {
      print_error("no checkpoint: " + size.error().message);
    } else if (verbose) {
      print_error("checkpoint of " + std::to_string(*size) + " bytes in " + file);
    }
  }
}

}  // namespace mini_wasm::cli
