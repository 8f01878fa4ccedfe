// File names as guests see them. Names of the host are bytes; names in preview1 are UTF-8. A byte that is not UTF-8 is
// shown to guests as a character of a private plane: U+10FF80 to U+10FFFF for the bytes 80 to ff. It is converted back
// when the guest uses the name. So everything that is listed can be opened and removed, and a directory without visible
// entries is really empty. A name that already contains such a character is shown as its bytes, so that two names of
// the host never look the same.
#pragma once

#include <string>
#include <string_view>

namespace mini_wasm::wasi {

std::string name_for_guest(std::string_view host);
// `guest` must be UTF-8. The result contains no slash or NUL that was not in `guest`.
std::string name_for_host(std::string_view guest);

}  // namespace mini_wasm::wasi
