#include "internal.h"

// Those whose slope is simplest in terms of what they give. All others' is taken from what they are given.
int ck_slope_takes_output(ck_activation activation) {
  switch (activation.kind) {
    case CK_RELU:
    case CK_TANH:
    case CK_SIGMOID:
    case CK_SQRT:
    case CK_EXP: return 1;
    default: return 0;
  }
}
