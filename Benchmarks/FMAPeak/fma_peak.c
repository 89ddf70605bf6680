// To be compiled for the processor it runs on (-march=native -ffp-contract=fast); with -DFMA_PEAK_MAIN a program that
// prints the peak of as many threads as it is told.

#include "include/fma_peak.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CHAIN_COUNT = 12, ROUNDS = 1000000, TRIALS = 16, MOST_THREADS = 256 };
// As many chains as the latency of a fused multiply-add takes on two units, each in a register of its own.
#define CHAINS(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)
#define BEGIN(i) vector sum##i = term * (float)i;
#define STEP(i) sum##i = sum##i * factor + term;
#define ADD(i) total += sum##i;

static volatile float sink;

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

#define TRIAL(BYTES)                                                                \
  static double trial##BYTES(void) {                                                \
    typedef float vector __attribute__((vector_size(BYTES)));                       \
    enum { LANES = BYTES / sizeof(float) };                                         \
    vector factor, term;                                                            \
    for (int l = 0; l < LANES; l++) factor[l] = 0.999f, term[l] = 0.001f;           \
    CHAINS(BEGIN)                                                                   \
    double start = seconds();                                                       \
    for (int round = 0; round < ROUNDS; round++) {                                  \
      CHAINS(STEP)                                                                  \
    }                                                                               \
    double elapsed = seconds() - start;                                             \
    vector total = term;                                                            \
    CHAINS(ADD)                                                                     \
    sink = total[0];                                                                \
    return 2.0 * LANES * CHAIN_COUNT * ROUNDS / elapsed;                            \
  }
// What is wider than a register takes several, and loses.
TRIAL(16)
TRIAL(32)
TRIAL(64)

static double (*const trials[])(void) = {trial16, trial32, trial64};
enum { WIDTHS = sizeof trials / sizeof *trials };

static pthread_barrier_t together;

static void *work(void *rates) {
  for (int i = 0; i < WIDTHS * TRIALS; i++) {
    pthread_barrier_wait(&together);
    ((double *)rates)[i] = trials[i % WIDTHS]();
  }
  return NULL;
}

double fma_peak(int threads) {
  static double rates[MOST_THREADS][WIDTHS * TRIALS];
  pthread_t handles[MOST_THREADS];
  if (threads > MOST_THREADS) threads = MOST_THREADS;
  pthread_barrier_init(&together, NULL, (unsigned)threads);
  for (int i = 0; i < threads; i++) pthread_create(&handles[i], NULL, work, rates[i]);
  for (int i = 0; i < threads; i++) pthread_join(handles[i], NULL);
  pthread_barrier_destroy(&together);
  double best = 0;
  for (int t = 0; t < WIDTHS * TRIALS; t++) {
    double sum = 0;
    for (int i = 0; i < threads; i++) sum += rates[i][t];
    if (sum > best) best = sum;
  }
  return best;
}

#ifdef FMA_PEAK_MAIN
int main(int count, char **arguments) { printf("%.6g\n", fma_peak(count > 1 ? atoi(arguments[1]) : 1)); }
#endif
