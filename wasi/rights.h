// The rights of a descriptor (preview1 `rights`): what may be done with it (base), and what descriptors that are opened
// through it may inherit. Rights can only be removed, never added.
#pragma once

#include <cstdint>

#include "wasi/abi.h"

namespace mini_wasm::wasi {

using Rights = uint64_t;

namespace rights {

inline constexpr Rights fd_datasync = 1 << 0, fd_read = 1 << 1, fd_seek = 1 << 2, fd_fdstat_set_flags = 1 << 3,
                        fd_sync = 1 << 4, fd_tell = 1 << 5, fd_write = 1 << 6, fd_advise = 1 << 7, fd_allocate = 1 << 8,
                        path_create_directory = 1 << 9, path_create_file = 1 << 10, path_link_source = 1 << 11,
                        path_link_target = 1 << 12, path_open = 1 << 13, fd_readdir = 1 << 14, path_readlink = 1 << 15,
                        path_rename_source = 1 << 16, path_rename_target = 1 << 17, path_filestat_get = 1 << 18,
                        path_filestat_set_size = 1 << 19, path_filestat_set_times = 1 << 20, fd_filestat_get = 1 << 21,
                        fd_filestat_set_size = 1 << 22, fd_filestat_set_times = 1 << 23, path_symlink = 1 << 24,
                        path_remove_directory = 1 << 25, path_unlink_file = 1 << 26, poll_fd_readwrite = 1 << 27,
                        sock_shutdown = 1 << 28, sock_accept = 1 << 29;

inline constexpr Rights kAll = (Rights{1} << 30) - 1;

// All rights that apply to the descriptor of a file or directory.
inline constexpr Rights kFile = fd_datasync | fd_read | fd_seek | fd_fdstat_set_flags | fd_sync | fd_tell | fd_write |
                                fd_advise | fd_allocate | fd_filestat_get | fd_filestat_set_size |
                                fd_filestat_set_times | poll_fd_readwrite;
inline constexpr Rights kPath = path_create_directory | path_create_file | path_link_source | path_link_target |
                                path_open | path_readlink | path_rename_source | path_rename_target |
                                path_filestat_get | path_filestat_set_size | path_filestat_set_times | path_symlink |
                                path_remove_directory | path_unlink_file;
inline constexpr Rights kDirectory = kPath | fd_datasync | fd_fdstat_set_flags | fd_sync | fd_advise | fd_readdir |
                                     fd_filestat_get | fd_filestat_set_times | poll_fd_readwrite;
inline constexpr Rights kSocket =
    fd_read | fd_write | fd_fdstat_set_flags | fd_filestat_get | poll_fd_readwrite | sock_shutdown | sock_accept;

// Rights that change files, directories or their metadata; a read-only preopen has none of them. Linking is one of them
// because it would give a read-only file a second name in a writable directory.
inline constexpr Rights kChanging = fd_write | fd_allocate | fd_filestat_set_size | fd_filestat_set_times |
                                    path_create_directory | path_create_file | path_link_source | path_link_target |
                                    path_rename_source | path_rename_target | path_filestat_set_size |
                                    path_filestat_set_times | path_symlink | path_remove_directory | path_unlink_file;

}  // namespace rights

// The rights that apply to a descriptor of that type: "fewer rights than specified, if and only if those rights do not
// apply to the type of file being opened" (path_open).
constexpr Rights rights_of_type(FileType type) {
  switch (type) {
    case FileType::directory: return rights::kDirectory;
    case FileType::socket_dgram:
    case FileType::socket_stream: return rights::kSocket;
    default: return rights::kFile;
  }
}

}  // namespace mini_wasm::wasi
