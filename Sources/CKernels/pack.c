#include "ckernels.h"

size_t ck_packed_count(size_t outputs, size_t inputs) {
  size_t blocks = (outputs + CK_PACK - 1) / CK_PACK;
  return blocks * CK_PACK * (inputs + 1);
}

void ck_pack(size_t outputs, size_t inputs, const float *weight, size_t output_step, size_t input_step,
             const float *bias, float *packed) {
  for (size_t first = 0; first < outputs; first += CK_PACK) {
    for (size_t i = 0; i < CK_PACK; i++) {
      *packed++ = bias && first + i < outputs ? bias[first + i] : 0;
    }
    for (size_t k = 0; k < inputs; k++) {
      for (size_t i = 0; i < CK_PACK; i++) {
        *packed++ = first + i < outputs ? weight[(first + i) * output_step + k * input_step] : 0;
      }
    }
  }
}
