#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "core/process_value.h"
#include "runtime/system/image.h"

// Weak: a statically linked program has no dlopen.
#pragma weak dlopen

namespace mini_wasm::runtime {
namespace {

// Looks for the build id in a block of notes (gABI, "Note Section"; written by the linker with --build-id).
void read_notes(const uint8_t* at, size_t bytes, size_t alignment, std::vector<uint8_t>& build_id) {
  const auto aligned = [&](size_t n) { return (n + alignment - 1) & ~(alignment - 1); };
  while (bytes >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, at, sizeof(note));
    const size_t content = aligned(sizeof(note) + note.n_namesz), next = aligned(content + note.n_descsz);
    if (next > bytes) return;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(at + sizeof(note), "GNU", 4) == 0) {
      build_id.assign(at + content, at + content + note.n_descsz);
    }
    at += next;
    bytes -= next;
  }
}

// The end address of the image if it contains this code; 0 for other images.
uintptr_t own_end(const dl_phdr_info& info) {
  const auto here = reinterpret_cast<uintptr_t>(&Image::own);
  bool ours = false;
  uintptr_t end = 0;
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    const auto& part = info.dlpi_phdr[i];
    if (part.p_type != PT_LOAD) continue;
    const uintptr_t begin = info.dlpi_addr + part.p_vaddr;
    ours |= here - begin < part.p_memsz;
    end = std::max(end, begin + part.p_memsz);
  }
  return ours ? end : 0;
}

int visit(dl_phdr_info* info, size_t, void* data) {
  Image& image = *static_cast<Image*>(data);
  const uintptr_t end = own_end(*info);
  if (end == 0) return 0;
  image.base = info->dlpi_addr;
  image.end = end;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& part = info->dlpi_phdr[i];
    if (part.p_type != PT_NOTE) continue;
    read_notes(reinterpret_cast<const uint8_t*>(info->dlpi_addr + part.p_vaddr), part.p_memsz,
               std::max<size_t>(part.p_align, 4), image.build_id);
  }
  return 1;
}

}  // namespace

const Image& Image::own() {
  static constinit ProcessValue<const Image> image;
  return image.get([] {
    Image found;
    dl_iterate_phdr(&visit, &found);
    return found;
  });
}

// The program itself has an empty name; it is never unloaded.
void Image::stay_loaded() {
  const auto keep = [](dl_phdr_info* info, size_t, void* name) -> int {
    if (own_end(*info) == 0) return 0;
    *static_cast<std::string*>(name) = info->dlpi_name;
    return 1;
  };
  std::string name;
  dl_iterate_phdr(keep, &name);
  if (!name.empty() && dlopen != nullptr) dlopen(name.c_str(), RTLD_NOLOAD | RTLD_NODELETE | RTLD_LAZY);
}

}  // namespace mini_wasm::runtime
