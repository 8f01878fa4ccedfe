// A plugin for qemu's user-mode emulation: counts how often each translated block is executed, for bench/counts.
//
// Option `out=FILE`. When the program ends, FILE gets a line for each block that was executed: its address in hexadecimal,
// how often, and how many instructions it has. A block that was translated more than once has more than one line. A block
// that was left in the middle, by a fault, counts as a whole.
#include <glib.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

extern "C" {
#include <qemu-plugin.h>

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;
}

namespace {

struct Block {
  uint64_t address;
  size_t instructions;
};

constexpr size_t kMostBlocks = 1 << 21;

std::vector<Block> blocks;  // their positions are those of their counts, too
std::mutex blocks_mutex;
qemu_plugin_scoreboard* counts;
std::string path;

qemu_plugin_u64 count_of(size_t block) { return {counts, block * sizeof(uint64_t)}; }

void on_translation(qemu_plugin_id_t, qemu_plugin_tb* translated) {
  const std::lock_guard lock(blocks_mutex);
  if (blocks.size() == kMostBlocks) return;
  qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(translated, QEMU_PLUGIN_INLINE_ADD_U64, count_of(blocks.size()), 1);
  blocks.push_back({qemu_plugin_tb_vaddr(translated), qemu_plugin_tb_n_insns(translated)});
}

// With too many blocks there is no file, because the counts would be too small.
void on_exit(qemu_plugin_id_t, void*) {
  const std::lock_guard lock(blocks_mutex);
  std::FILE* const out = blocks.size() == kMostBlocks ? nullptr : std::fopen(path.c_str(), "w");
  if (out == nullptr) return;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const uint64_t count = qemu_plugin_u64_sum(count_of(i));
    if (count != 0)
      std::fprintf(out, "%" PRIx64 " %" PRIu64 " %zu\n", blocks[i].address, count, blocks[i].instructions);
  }
  std::fclose(out);
}

}  // namespace

extern "C" QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t*, int argc, char** argv) {
  for (int i = 0; i < argc; ++i) {
    if (std::strncmp(argv[i], "out=", 4) == 0) path = argv[i] + 4;
  }
  if (path.empty()) return 1;
  counts = qemu_plugin_scoreboard_new(kMostBlocks * sizeof(uint64_t));
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  qemu_plugin_register_atexit_cb(id, on_exit, nullptr);
  return 0;
}
