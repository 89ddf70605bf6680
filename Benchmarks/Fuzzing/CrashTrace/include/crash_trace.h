#ifndef CRASH_TRACE_H
#define CRASH_TRACE_H

// From now on, what ends the process (a crash, or SIGPROF) prints the innermost frames to standard error before.
void report_where_it_ends(void);

// From now on, so many seconds of processor time end the process by SIGPROF.
void limit_processor_time(int seconds);

#endif
