// What xz's configure would find out about wasm32-wasi: no threads, every filter, check and format.
#pragma once
#define PACKAGE "xz"
#define PACKAGE_NAME "XZ Utils"
#define PACKAGE_BUGREPORT "nobody"
#define PACKAGE_URL ""
#define TUKLIB_SYMBOL_PREFIX lzma_
#define ASSUME_RAM 128
#define STDC_HEADERS 1
#define HAVE_STDBOOL_H 1
#define HAVE__BOOL 1
#define HAVE_STDINT_H 1
#define HAVE_INTTYPES_H 1
#define HAVE_LIMITS_H 1
#define HAVE_STRING_H 1
#define HAVE_FCNTL_H 1
#define HAVE_GETOPT_H 1
#define HAVE_GETOPT_LONG 1
#define HAVE_MBRTOWC 1
#define HAVE_WCWIDTH 1
#define HAVE_CLOCK_GETTIME 1
#define HAVE_FUTIMENS 1
#define HAVE_STRUCT_STAT_ST_ATIM_TV_NSEC 1
#define HAVE_VISIBILITY 0
#define HAVE_CHECK_CRC32 1
#define HAVE_CHECK_CRC64 1
#define HAVE_CHECK_SHA256 1
#define HAVE_ENCODERS 1
#define HAVE_DECODERS 1
#define HAVE_ENCODER_LZMA1 1
#define HAVE_ENCODER_LZMA2 1
#define HAVE_ENCODER_DELTA 1
#define HAVE_ENCODER_X86 1
#define HAVE_ENCODER_ARM64 1
#define HAVE_DECODER_LZMA1 1
#define HAVE_DECODER_LZMA2 1
#define HAVE_DECODER_DELTA 1
#define HAVE_DECODER_X86 1
#define HAVE_DECODER_ARM64 1
#define HAVE_LZIP_DECODER 1
#define HAVE_MF_HC3 1
#define HAVE_MF_HC4 1
#define HAVE_MF_BT2 1
#define HAVE_MF_BT3 1
#define HAVE_MF_BT4 1
#define HAVE_SMALL_ALTERNATIVE 0
#define SIZEOF_SIZE_T 4
#define TUKLIB_FAST_UNALIGNED_ACCESS 1

// xz removes a half-written file on a signal. WASI delivers none.
#include <__typedef_sigset_t.h>
#include <signal.h>
struct sigaction {
  void (*sa_handler)(int);
  sigset_t sa_mask;
  int sa_flags;
};
static inline unsigned alarm(unsigned seconds) { return 0; }
#define SIG_BLOCK 0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2
static inline int sigfillset(sigset_t *set) { return 0; }
static inline int sigemptyset(sigset_t *set) { return 0; }
static inline int sigaddset(sigset_t *set, int signal) { return 0; }
static inline int sigprocmask(int how, const sigset_t *set, sigset_t *old) { return 0; }
static inline int sigaction(int signal, const struct sigaction *action, struct sigaction *old) { return 0; }

// The pipe by which a signal would interrupt a wait: it only has to be something that can be polled.
#define pipe(fds) ((fds)[0] = (fds)[1] = 0)
