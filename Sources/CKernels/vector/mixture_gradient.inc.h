// Gradients of sums of densities, and the choice of a density's gradient.

// [x = c] - softmax(logits)[c].
static void categorical_gradient(size_t rows, size_t lanes, const ck_density_arguments *arguments, float *gradient) {
  ck_operand logits = arguments->parameters[0];
  size_t classes = arguments->components;
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      floats largest = take(logits, r * classes, lane), sum = all(0), x = take(arguments->x, r, lane);
      for (size_t c = 1; c < classes; c++) {
        floats logit = take(logits, r * classes + c, lane);
        largest = logit > largest ? logit : largest;
      }
      for (size_t c = 0; c < classes; c++) sum += exp_lanes(take(logits, r * classes + c, lane) - largest);
      for (size_t c = 0; c < classes; c++) {
        floats share = exp_lanes(take(logits, r * classes + c, lane) - largest) / sum;
        store(gradient + (r * classes + c) * lanes + lane, (x == (float)c ? all(1) : all(0)) - share);
      }
    }
  }
}

// A component's part in the density: its logit less the exponent of its bin's probability, and one over the divisor.
INLINE bin_probability component_bin(const ck_density_arguments *arguments, size_t row, size_t i, size_t lane,
                                     doubles inverse_scale) {
  doubles x = take_wide(arguments->x, row, lane), mean = take_wide(arguments->parameters[1], i, lane);
  return discretized_logistic(x, mean, inverse_scale, bin_divisor(inverse_scale, arguments->bins), arguments->bins);
}

INLINE void logistic_mixture_gradient_half(const ck_density_arguments *arguments, size_t row, size_t lane,
                                           size_t lanes, float *const *gradients) {
  const ck_operand *parameters = arguments->parameters;
  log_sum joint = empty_sum(), weights = empty_sum();
  for (size_t c = 0; c < arguments->components; c++) {
    size_t i = row * arguments->components + c;
    bin_probability p = component_bin(arguments, row, i, lane, whole_parameter(arguments, 2, i, lane).inverse);
    doubles logit = take_wide(parameters[0], i, lane);
    include(&weights, logit, all_wide(1));
    include(&joint, logit - p.exponent, 1 / p.divisor);
  }
  doubles log_joint = log_of(joint), log_weights = log_of(weights), x = take_wide(arguments->x, row, lane);
  for (size_t c = 0; c < arguments->components; c++) {
    size_t i = row * arguments->components + c;
    doubles inverse = whole_parameter(arguments, 2, i, lane).inverse, logit = take_wide(parameters[0], i, lane);
    bin_probability p = component_bin(arguments, row, i, lane, inverse);
    doubles share = exp_wide(logit - p.exponent - log_joint) / p.divisor;
    bin_slopes bin = discretized_logistic_slopes(x, take_wide(parameters[1], i, lane), inverse, arguments->bins);
    doubles slope[3] = {share - exp_wide(logit - log_weights), share * bin.mean,
                        by_stored(share * bin.log_scale, parameters[2], i, lane)};
    for (int parameter = 0; parameter < 3; parameter++) {
      float *to = gradients[parameter + 1];
      if (to) store_narrow(to + i * lanes + lane, slope[parameter]);
    }
  }
}

static void logistic_mixture_gradient(size_t rows, size_t lanes, const ck_density_arguments *arguments,
                                      float *const *gradients) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane += HALF) {
      logistic_mixture_gradient_half(arguments, r, lane, lanes, gradients);
    }
  }
}

static void log_density_gradient(size_t rows, size_t lanes, const ck_density_arguments *arguments,
                                 float *const gradients[4]) {
#define CASE(density) \
  case density: gradient_rows(density, rows, lanes, arguments, gradients); return;
  switch (arguments->density) {
    case CK_BERNOULLI_LOGITS:
      if (gradients[1]) bernoulli_gradient(rows, lanes, arguments, gradients[1]);
      return;
    case CK_CATEGORICAL:
      if (gradients[1]) categorical_gradient(rows, lanes, arguments, gradients[1]);
      return;
    case CK_LOGISTIC_MIXTURE: logistic_mixture_gradient(rows, lanes, arguments, gradients); return;
    FOR_EACH_ELEMENT_DENSITY(CASE)
  }
#undef CASE
}

static void mixture_shares(size_t components, size_t lanes, const double *log_weights,
                           const double *component_densities, float *share) {
  for (size_t lane = 0; lane < lanes; lane += HALF) {
    log_sum sum = empty_sum();
    for (size_t c = 0; c < components; c++) {
      include(&sum, log_weights[c] + load_doubles(component_densities + c * lanes + lane), all_wide(1));
    }
    doubles total = log_of(sum);
    for (size_t c = 0; c < components; c++) {
      doubles term = log_weights[c] + load_doubles(component_densities + c * lanes + lane);
      store_narrow(share + c * lanes + lane, exp_wide(term - total));
    }
  }
}
