#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cprocess.h"

static int end_status;
static char advice[512], unfinished[4096];
static _Atomic size_t refused;

static void copy(char *to, size_t room, const char *from) {
  to[0] = 0;
  if (from) strncat(to, from, room - 1);
}

void cp_set_memory_advice(const char *line) { copy(advice, sizeof advice, line); }
void cp_set_unfinished_file(const char *path) { copy(unfinished, sizeof unfinished, path); }

size_t cp_refused_bytes(void) { return refused; }

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)

// The functions below run where nothing can be allocated, and in signal handlers.

static void say(const char *text) { (void)!write(STDERR_FILENO, text, strlen(text)); }

static void say_megabytes(uint64_t bytes) {
  char digits[24];
  size_t at = sizeof digits - 1;
  digits[at] = 0;
  uint64_t tenths = bytes / 100000 + 1;
  digits[--at] = (char)('0' + tenths % 10);
  digits[--at] = '.';
  tenths /= 10;
  do digits[--at] = (char)('0' + tenths % 10);
  while (tenths /= 10);
  say(digits + at);
  say(" MB");
}

static void say_limit(int resource, const char *name) {
  struct rlimit limit;
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  say("; at most ");
  say_megabytes(limit.rlim_cur);
  say(name);
}

static void end(size_t bytes) {
  static int ending;
  // The first to get here speaks; others wait for the end.
  if (__atomic_exchange_n(&ending, 1, __ATOMIC_SEQ_CST)) {
    while (1) pause();
  }
  if (isatty(STDERR_FILENO)) say("\r\033[K");
  say("evidence: out of memory: ");
  say_megabytes(bytes);
  say(" more were refused");
  say_limit(RLIMIT_AS, " of addresses are allowed (ulimit -v)");
  say_limit(RLIMIT_DATA, " of data are allowed");
  say("\n  ");
  say(advice);
  say("\n");
  if (unfinished[0]) unlink(unfinished);
  _exit(end_status);
}

// A crash that follows from a refusal. A library that goes on without terabytes that a damaged file asks for is another
// matter.
static void after_crash(int number) {
  if (refused > 0 && refused < (size_t)1 << 30) end(refused);
  signal(number, SIG_DFL);
  raise(number);
}

void cp_end_without_memory(int status) {
  end_status = status;
  const int signals[] = {SIGABRT, SIGILL, SIGTRAP, SIGSEGV, SIGBUS};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = after_crash;
    action.sa_flags = SA_NODEFER;
    sigaction(signals[i], &action, NULL);
  }
}

// The C library's own functions, which it exports under these names as well.
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *memory, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);

// Whether a call is from libhdf5, or a compression that it calls.
static int is_library(void *from) {
  Dl_info info;
  if (!dladdr(from, &info) || !info.dli_fname) return 0;
  const char *names[] = {"libhdf5", "libz.", "libsz.", "libaec."};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strstr(info.dli_fname, names[i])) return 1;
  }
  return 0;
}

static inline void *allocated(void *memory, size_t bytes, void *from) {
  if (__builtin_expect(memory != NULL || bytes == 0, 1)) return memory;
  if (is_library(from)) {
    refused = bytes;
  } else if (end_status) {
    end(bytes);
  }
  errno = ENOMEM;
  return NULL;
}

// Taken at once: the compiler may move what is rarely done, and this with it, into a function of its own, whose caller is
// here.
static inline __attribute__((always_inline)) void *caller(void) {
  void *address = __builtin_extract_return_addr(__builtin_return_address(0));
  __asm__ volatile("" : "+r"(address));
  return address;
}

void *malloc(size_t bytes) {
  void *from = caller();
  return allocated(__libc_malloc(bytes), bytes, from);
}

void *calloc(size_t count, size_t bytes) {
  void *from = caller();
  size_t total;
  if (__builtin_mul_overflow(count, bytes, &total)) total = SIZE_MAX;
  return allocated(__libc_calloc(count, bytes), total, from);
}

void *realloc(void *memory, size_t bytes) {
  void *from = caller();
  return allocated(__libc_realloc(memory, bytes), bytes, from);
}

void *memalign(size_t alignment, size_t bytes) {
  void *from = caller();
  return allocated(__libc_memalign(alignment, bytes), bytes, from);
}

void *aligned_alloc(size_t alignment, size_t bytes) {
  void *from = caller();
  return allocated(__libc_memalign(alignment, bytes), bytes, from);
}

int posix_memalign(void **memory, size_t alignment, size_t bytes) {
  if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
  void *from = caller();
  void *result = allocated(__libc_memalign(alignment, bytes), bytes, from);
  if (!result && bytes) return ENOMEM;
  *memory = result;
  return 0;
}

#else

void cp_end_without_memory(int status) { end_status = status; }

#endif
