#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cprocess.h"

static volatile sig_atomic_t target = -1;

static void pass_on(int number) {
  int error = errno;
  unsigned char byte = (unsigned char)number;
  (void)!write(target, &byte, 1);
  errno = error;
}

void cp_signals_to(int descriptor, int first, int second) {
  target = descriptor;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = pass_on;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(first, &action, NULL);
  sigaction(second, &action, NULL);
}
