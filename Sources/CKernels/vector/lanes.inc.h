// Vectors of lanes, as wide as VECTOR_BYTES says.

#define INLINE static inline __attribute__((always_inline))
// A multiplication and an addition become one instruction where the processor has it, and only within an expression,
// so that each lane is rounded alike in every tile.
#pragma STDC FP_CONTRACT ON

enum {
  WIDTH = VECTOR_BYTES / sizeof(float),
  HALF = VECTOR_BYTES / sizeof(double),
};

typedef float floats __attribute__((ext_vector_type(WIDTH)));
typedef int32_t ints __attribute__((ext_vector_type(WIDTH)));
typedef uint32_t words __attribute__((ext_vector_type(WIDTH)));
typedef double doubles __attribute__((ext_vector_type(HALF)));
typedef int64_t longs __attribute__((ext_vector_type(HALF)));
typedef uint64_t long_words __attribute__((ext_vector_type(HALF)));
typedef int32_t half_ints __attribute__((ext_vector_type(HALF)));
typedef float half_floats __attribute__((ext_vector_type(HALF)));

INLINE floats load(const float *from) {
  floats value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

INLINE void store(float *to, floats value) { __builtin_memcpy(to, &value, sizeof value); }

INLINE doubles load_doubles(const double *from) {
  doubles value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

INLINE void store_doubles(double *to, doubles value) { __builtin_memcpy(to, &value, sizeof value); }

// HALF floats, as doubles.
INLINE doubles load_wide(const float *from) {
  half_floats value;
  __builtin_memcpy(&value, from, sizeof value);
  return __builtin_convertvector(value, doubles);
}

// The lower (0) or upper (1) lanes.
INLINE doubles widen(floats value, int half) {
  half_floats halves[2];
  __builtin_memcpy(halves, &value, sizeof value);
  return __builtin_convertvector(halves[half], doubles);
}

INLINE floats narrow(doubles lower, doubles upper) {
  half_floats halves[2] = {__builtin_convertvector(lower, half_floats), __builtin_convertvector(upper, half_floats)};
  floats value;
  __builtin_memcpy(&value, halves, sizeof value);
  return value;
}

// HALF doubles, as floats.
INLINE void store_narrow(float *to, doubles value) {
  half_floats narrowed = __builtin_convertvector(value, half_floats);
  __builtin_memcpy(to, &narrowed, sizeof narrowed);
}

INLINE floats all(float value) { return (floats)value; }
INLINE doubles all_wide(double value) { return (doubles)value; }

// The bounds come second, so that NaN stays.
INLINE floats at_least(floats value, float bound) { return value < bound ? all(bound) : value; }
INLINE floats at_most(floats value, float bound) { return value > bound ? all(bound) : value; }
INLINE doubles at_least_wide(doubles value, double bound) { return value < bound ? all_wide(bound) : value; }
INLINE doubles at_most_wide(doubles value, double bound) { return value > bound ? all_wide(bound) : value; }

INLINE floats absolute(floats value) { return (floats)((words)value & 0x7fffffffu); }
INLINE floats minus_absolute(floats value) { return (floats)((words)value | 0x80000000u); }
INLINE floats sign_bit(floats value) { return (floats)((words)value & 0x80000000u); }
INLINE floats with_sign(floats size, floats sign) { return (floats)((words)size | (words)sign); }
INLINE doubles absolute_wide(doubles value) { return (doubles)((long_words)value & 0x7fffffffffffffffu); }

// The value at (row, lane) for WIDTH lanes, or for HALF as doubles.
INLINE floats take(ck_operand operand, size_t row, size_t lane) {
  const float *from = operand.data + row * operand.row_step;
  return operand.lane_step ? load(from + lane) : all(*from);
}

INLINE doubles take_wide(ck_operand operand, size_t row, size_t lane) {
  const float *from = operand.data + row * operand.row_step;
  return operand.lane_step ? load_wide(from + lane) : all_wide(*from);
}

INLINE size_t sum_of(longs counts) {
  int64_t sum = 0;
  for (int i = 0; i < HALF; i++) sum += counts[i];
  return (size_t)sum;
}
