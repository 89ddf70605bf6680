#ifndef FMA_PEAK_H
#define FMA_PEAK_H

// How many single-precision operations a second the processor does at most on so many threads: fused multiply-adds on
// independent registers, nothing else. Takes about two seconds.
double fma_peak(int threads);

#endif
