// Which sanitizers a test runs under, for what they do not allow.
#pragma once

#if defined(__SANITIZE_ADDRESS__)  // GCC
#define MW_ADDRESS_SANITIZER 1
#elif defined(__has_feature)  // clang
#if __has_feature(address_sanitizer)
#define MW_ADDRESS_SANITIZER 1
#endif
#endif

namespace mini_wasm::testing {

#ifdef MW_ADDRESS_SANITIZER
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

}  // namespace mini_wasm::testing

#undef MW_ADDRESS_SANITIZER
