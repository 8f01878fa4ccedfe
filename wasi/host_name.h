// Names of files as guests see them. The host's are bytes, preview1's are UTF-8. Bytes that are not UTF-8 are shown to
// guests as characters of a private plane, U+10FF80 to U+10FFFF for the bytes 80 to ff, and turned back where a guest
// uses the name: so whatever is listed can be opened and removed, and a directory that looks empty is. A name that has
// such characters already is shown as its bytes, so that no two names of the host look alike.
#pragma once

#include <string>
#include <string_view>

namespace mini_wasm::wasi {

std::string name_for_guest(std::string_view host);
// `guest` is UTF-8. Nothing that it may become is a slash or a NUL.
std::string name_for_host(std::string_view guest);

}  // namespace mini_wasm::wasi
