// Prints how many single-precision operations a second the processor does at most: fused multiply-adds on independent
// registers, nothing else. usage: fma_peak THREADS
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifndef VECTOR_BYTES
#define VECTOR_BYTES 32
#endif
// As many chains as the latency of a fused multiply-add takes on two units, each in a register of its own.
#define CHAINS(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)
enum { CHAIN_COUNT = 12, LANES = VECTOR_BYTES / sizeof(float), ROUNDS = 2000000, TRIALS = 12 };
typedef float vector __attribute__((vector_size(VECTOR_BYTES)));

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static volatile float sink;

static double trial(void) {
  vector factor, term;
  for (int l = 0; l < (int)LANES; l++) factor[l] = 0.999f, term[l] = 0.001f;
#define BEGIN(i) vector sum##i = term * (float)i;
#define STEP(i) sum##i = sum##i * factor + term;
#define ADD(i) total += sum##i;
  CHAINS(BEGIN)
  double start = seconds();
  for (int round = 0; round < ROUNDS; round++) {
    CHAINS(STEP)
  }
  double elapsed = seconds() - start;
  vector total = term;
  CHAINS(ADD)
  sink = total[0];
  return 2.0 * LANES * CHAIN_COUNT * ROUNDS / elapsed;
}

static pthread_barrier_t together;

static void *work(void *best) {
  for (int t = 0; t < TRIALS; t++) {
    pthread_barrier_wait(&together);
    ((double *)best)[t] = trial();
  }
  return NULL;
}

int main(int count, char **arguments) {
  int threads = count > 1 ? atoi(arguments[1]) : 1;
  pthread_t handles[threads];
  double rates[threads][TRIALS];
  pthread_barrier_init(&together, NULL, threads);
  for (int i = 0; i < threads; i++) pthread_create(&handles[i], NULL, work, rates[i]);
  for (int i = 0; i < threads; i++) pthread_join(handles[i], NULL);
  double best = 0;
  for (int t = 0; t < TRIALS; t++) {
    double sum = 0;
    for (int i = 0; i < threads; i++) sum += rates[i][t];
    if (sum > best) best = sum;
  }
  printf("%.6g\n", best);
}
