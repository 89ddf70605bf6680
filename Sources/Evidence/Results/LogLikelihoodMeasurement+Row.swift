extension LogLikelihoodMeasurement: ResultRow {
  /// An example of which nothing is known.
  public init(index: Int) {
    self.init(index: index, logLikelihood: .nan, elbo: .nan, monteCarloStandardError: .nan)
  }

  /// The columns of docs/results-file.md.
  public static var columns: [ResultColumn<LogLikelihoodMeasurement>] {
    [
      .count("zero_weights", \.zeroWeights, isOptional: true),
      .count("non_finite_weights", \.nonFiniteWeights, isOptional: true),
      .number("log_likelihood", \.logLikelihood),
      .number("elbo", \.elbo),
      .number("monte_carlo_standard_error", \.monteCarloStandardError),
      .number("effective_sample_size", \.effectiveSampleSize),
      .number("largest_weight_share", \.largestWeightShare),
      .number("pareto_k", \.paretoK),
      .number("kl_posterior", \.posteriorDivergence, isOptional: true),
      .count("rung", \.rung, isOptional: true),
      .count("modes", \.modes, isOptional: true),
      .number("acceptance", \.acceptance, isOptional: true),
      .number("chain_deviation", \.chainDeviation, isOptional: true),
      .number("seconds", \.seconds, isOptional: true),
      .numbers("curve", \.curve),
    ]
  }
}
