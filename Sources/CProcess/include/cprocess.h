#ifndef CPROCESS_H
#define CPROCESS_H

#include <stddef.h>
#include <stdint.h>

// What a process can't do in Swift: end in plain words where memory is refused, and turn signals into bytes.

// From here on an allocation that is refused ends the process with `status` and two lines on standard error: what was
// wanted, the limit, and the advice. Does nothing where malloc is not ours to stand in for (another C library, a sanitizer).
void cp_end_without_memory(int status);

// The line that says what to do about it; copied, and cut at 500 bytes.
void cp_set_memory_advice(const char *line);

// A file that is removed where the process ends so; NULL for none. Copied.
void cp_set_unfinished_file(const char *path);

// The bytes of the last allocation that was refused to libhdf5 or a library that it calls; 0 where none was. These are
// given NULL, since damaged files make them ask for terabytes and they tell. The process still ends as above where it is
// stopped by a signal of its own doing (SIGABRT and the like) after less than 1 GiB was refused.
size_t cp_refused_bytes(void);

// From here on each of the two signals is written to the descriptor, as one byte.
void cp_signals_to(int descriptor, int first, int second);

#endif
