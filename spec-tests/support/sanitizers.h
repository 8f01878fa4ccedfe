// Which sanitizers a test runs under, because some tests are not possible with them.
#pragma once

#if defined(__SANITIZE_ADDRESS__)  // GCC
#define MW_ADDRESS_SANITIZER 1
#elif defined(__SANITIZE_THREAD__)
#define MW_THREAD_SANITIZER 1
#elif defined(__has_feature)  // clang
#if __has_feature(address_sanitizer)
#define MW_ADDRESS_SANITIZER 1
#elif __has_feature(thread_sanitizer)
#define MW_THREAD_SANITIZER 1
#endif
#endif

namespace mini_wasm::testing {

#ifdef MW_ADDRESS_SANITIZER
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif
#ifdef MW_THREAD_SANITIZER
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif
// These two need terabytes of addresses, install their own handlers for SIGSEGV, and restrict where mappings may be.
inline constexpr bool kSanitizerOwnsProcess = kAddressSanitizer || kThreadSanitizer;

}  // namespace mini_wasm::testing

#undef MW_ADDRESS_SANITIZER
#undef MW_THREAD_SANITIZER
