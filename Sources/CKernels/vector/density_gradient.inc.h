// The gradients of the log-densities by x and by the parameters, in doubles but for the Bernoulli density of logits.

// What an element's density changes by with x, a location, or the logarithm of a positive parameter.
typedef struct {
  doubles x, parameter[3];
} slopes;

INLINE doubles sigmoid_wide(doubles x) {
  doubles e = exp_wide(-absolute_wide(x));
  return (x > 0 ? all_wide(1) : e) / (1 + e);
}

INLINE doubles digamma_remainder_wide(doubles z) {
  doubles inverse = 1 / z, w = inverse * inverse;
  doubles sum = all_wide(1.0 / 132);
  sum = sum * w - 1.0 / 240;
  sum = sum * w + 1.0 / 252;
  sum = sum * w - 1.0 / 120;
  sum = sum * w + 1.0 / 12;
  return -0.5 * inverse - sum * w;
}

// psi(z + x) - psi(z), the slope of log_rising_wide by z.
INLINE doubles digamma_rising_wide(doubles z, doubles x) {
  longs small = z < 8;
  doubles lowered = all_wide(0);
  for (int i = 0; i < 8; i++) lowered += x / ((z + i) * (z + x + i));
  doubles raised = small ? z + 8 : z;
  return (small ? lowered : all_wide(0)) + log1p_of_positive(x / raised) + digamma_remainder_wide(raised + x) -
         digamma_remainder_wide(raised);
}

// 1 / l - 1 / (1 - exp(-l)): minus the mean of a continuous Bernoulli variable. Mirrored where l < 0.
INLINE doubles continuous_bernoulli_term(doubles logit) {
  doubles size = absolute_wide(logit);
  doubles term = 1 / size + 1 / expm1_of_negative(-size);
  doubles series = -0.5 - size * (1.0 / 12) + size * size * size * (1.0 / 720);
  term = size < 0.05 ? series : term;
  return logit < 0 ? -1 - term : term;
}

// The slopes of the logarithm of a bin's probability by the mean and by the logarithm of the scale.
typedef struct {
  doubles mean, log_scale;
} bin_slopes;

INLINE bin_slopes discretized_logistic_slopes(doubles x, doubles mean, doubles inverse_scale, double bins) {
  double half = 0.5 / (bins - 1);
  doubles above = (mean - (x + half)) * inverse_scale, below = ((x - half) - mean) * inverse_scale;
  doubles width = inverse_scale * (1 / (bins - 1));
  longs lowest = x <= 0, highest = x >= 1;
  doubles up = highest ? all_wide(0) : sigmoid_wide(above), down = lowest ? all_wide(0) : sigmoid_wide(below);
  doubles left = exp_wide(-width), closing = width * left / -expm1_of_negative(-width);
  return (bin_slopes){
      .mean = (down - up) * inverse_scale,
      .log_scale = times(up, above) + times(down, below) - ((lowest | highest) ? all_wide(0) : closing),
  };
}

// A positive parameter with all that a slope may ask for.
INLINE positive whole_parameter(const ck_density_arguments *arguments, int i, size_t row, size_t lane) {
  longs ignored = (longs)0, extreme = (longs)0;
  return positive_of(take_wide(arguments->parameters[i], row, lane), arguments->parameters[i].form, 1, 1, &ignored,
                     &extreme);
}

// A slope by a logarithm, as that by what is stored.
INLINE doubles by_stored(doubles slope, ck_operand operand, size_t row, size_t lane) {
  switch (operand.form) {
    case CK_DIRECT: return slope / take_wide(operand, row, lane);
    case CK_LOG: return slope;
    case CK_SQUARE: return 0.5 * slope / take_wide(operand, row, lane);
    case CK_LOG_SQUARE: return 0.5 * slope;
  }
  return slope;
}

INLINE slopes slopes_of(ck_density density, const ck_density_arguments *arguments, size_t row, size_t lane) {
  const ck_operand *parameters = arguments->parameters;
  doubles x = take_wide(arguments->x, row, lane);
  slopes result = {.x = all_wide(NAN)};
  switch (density) {
    case CK_STANDARD_NORMAL: result.x = -x; return result;
    case CK_STANDARD_LAPLACE: result.x = x > 0 ? all_wide(-1) : (x < 0 ? all_wide(1) : x); return result;
    case CK_NORMAL:
    case CK_LAPLACE: {
      doubles inverse = whole_parameter(arguments, 1, row, lane).inverse;
      doubles standard = (x - take_wide(parameters[0], row, lane)) * inverse;
      doubles pull = standard;
      if (density == CK_LAPLACE) pull = standard > 0 ? all_wide(1) : (standard < 0 ? all_wide(-1) : standard);
      result.x = -pull * inverse;
      result.parameter[0] = pull * inverse;
      result.parameter[1] = by_stored(standard * pull - 1, parameters[1], row, lane);
      return result;
    }
    case CK_BERNOULLI_LOGITS:
      result.parameter[0] = x - sigmoid_wide(take_wide(parameters[0], row, lane));
      return result;
    case CK_BERNOULLI_PROBABILITIES: {
      longs ignored = (longs)0;
      doubles p = in_unit_interval(take_wide(parameters[0], row, lane), &ignored);
      result.parameter[0] = (x == 0 ? all_wide(0) : x / p) - (x == 1 ? all_wide(0) : (1 - x) / (1 - p));
      return result;
    }
    case CK_CONTINUOUS_BERNOULLI_LOGITS:
      result.parameter[0] = x + continuous_bernoulli_term(take_wide(parameters[0], row, lane));
      return result;
    case CK_CONTINUOUS_BERNOULLI_PROBABILITIES: {
      doubles p = take_wide(parameters[0], row, lane);
      result.parameter[0] = (x + continuous_bernoulli_term(log_wide(p) - log_wide(1 - p))) / (p * (1 - p));
      return result;
    }
    case CK_DISCRETIZED_LOGISTIC: {
      doubles inverse = whole_parameter(arguments, 1, row, lane).inverse;
      bin_slopes bin = discretized_logistic_slopes(x, take_wide(parameters[0], row, lane), inverse, arguments->bins);
      result.parameter[0] = bin.mean;
      result.parameter[1] = by_stored(bin.log_scale, parameters[1], row, lane);
      return result;
    }
    case CK_BETA: {
      doubles a = whole_parameter(arguments, 0, row, lane).value, b = whole_parameter(arguments, 1, row, lane).value;
      doubles first = a * (log_wide(x) + digamma_rising_wide(a, b));
      doubles second = b * (log_wide(1 - x) + digamma_rising_wide(b, a));
      result.parameter[0] = by_stored(first, parameters[0], row, lane);
      result.parameter[1] = by_stored(second, parameters[1], row, lane);
      return result;
    }
    case CK_POISSON:
      result.parameter[0] =
          by_stored(x - whole_parameter(arguments, 0, row, lane).value, parameters[0], row, lane);
      return result;
    case CK_NEGATIVE_BINOMIAL:
    case CK_ZERO_INFLATED_NEGATIVE_BINOMIAL: {
      positive dispersion = whole_parameter(arguments, 1, row, lane);
      doubles r = dispersion.value;
      positive mean = whole_parameter(arguments, 0, row, lane);
      doubles kept_mean = all_wide(1), kept_dispersion = all_wide(1);
      if (arguments->epsilon != 0) {
        kept_mean = mean.value / (mean.value + arguments->epsilon);
        kept_dispersion = r / (r + arguments->epsilon);
        dispersion.log = log_wide(r + arguments->epsilon);
      }
      doubles t = mean.log - hold(dispersion.log);
      doubles pull = (x + r) * sigmoid_wide(t), share = all_wide(1);
      if (density == CK_ZERO_INFLATED_NEGATIVE_BINOMIAL) {
        // How likely the value comes from the negative binomial; its density at zero is (1 + exp(t))^-r.
        doubles logit = take_wide(parameters[2], row, lane);
        share = x > 0 ? share : sigmoid_wide(-r * softplus_wide(t) - logit);
        result.parameter[2] = 1 - share - sigmoid_wide(logit);
      }
      doubles by_dispersion = r * (digamma_rising_wide(r, x) - softplus_wide(t)) - x * kept_dispersion + pull * kept_dispersion;
      result.parameter[0] = by_stored(share * (x * kept_mean - pull), parameters[0], row, lane);
      result.parameter[1] = by_stored(share * by_dispersion, parameters[1], row, lane);
      return result;
    }
    default: return result;
  }
}

INLINE void gradient_rows(ck_density density, size_t rows, size_t lanes, const ck_density_arguments *arguments,
                          float *const *gradients) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      slopes lower = slopes_of(density, arguments, r, lane), upper = slopes_of(density, arguments, r, lane + HALF);
      if (gradients[0]) store(gradients[0] + r * lanes + lane, narrow(lower.x, upper.x));
      for (int i = 0; i < parameter_count(density); i++) {
        float *to = gradients[i + 1];
        if (to) store(to + r * lanes + lane, narrow(lower.parameter[i], upper.parameter[i]));
      }
    }
  }
}

// x - sigmoid(l): its error is absolute, a few units in the last place of 1.
INLINE floats bernoulli_slope(floats x, floats logit) {
  floats e = falling_power(-absolute(logit));
  return x - (logit > 0 ? all(1) : e) / (1 + e);
}

static void bernoulli_gradient(size_t rows, size_t lanes, const ck_density_arguments *arguments, float *gradient) {
  ck_operand logits = arguments->parameters[0], x = arguments->x;
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      store(gradient + r * lanes + lane, bernoulli_slope(take(x, r, lane), take(logits, r, lane)));
    }
  }
}
