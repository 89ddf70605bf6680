// Arithmetic on the states of Markov chains and of minimisers, a lane each.

static void multiply_lanes(size_t rows, size_t lanes, const float *factor, float *data) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      size_t i = r * lanes + lane;
      store(data + i, load(data + i) * load(factor + lane));
    }
  }
}

static void rotate(size_t rows, size_t lanes, const float *cosine, const float *sine, float *position,
                   float *momentum) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      size_t i = r * lanes + lane;
      floats u = load(position + i), p = load(momentum + i), c = load(cosine + lane), s = load(sine + lane);
      store(position + i, c * u + s * p);
      store(momentum + i, c * p - s * u);
    }
  }
}

static void replace(size_t rows, size_t lanes, const int32_t *chosen, const float *in, float *out) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      size_t i = r * lanes + lane;
      ints mask;
      __builtin_memcpy(&mask, chosen + lane, sizeof mask);
      store(out + i, mask != 0 ? load(in + i) : load(out + i));
    }
  }
}

static void dot(size_t rows, size_t lanes, const float *a, const float *b, double factor, double *total) {
  for (size_t lane = 0; lane < lanes; lane += HALF) {
    doubles sum = all_wide(0);
    for (size_t r = 0; r < rows; r++) sum += load_wide(a + r * lanes + lane) * load_wide(b + r * lanes + lane);
    store_doubles(total + lane, load_doubles(total + lane) + factor * sum);
  }
}
