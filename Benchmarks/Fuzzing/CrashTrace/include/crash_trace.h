#ifndef CRASH_TRACE_H
#define CRASH_TRACE_H

// From now on, what ends the process (a crash, or SIGALRM) prints the innermost frames to standard error before.
void report_where_it_ends(void);

#endif
