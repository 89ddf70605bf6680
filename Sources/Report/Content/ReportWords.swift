package import Evidence

/// What a page says in the words of whoever makes it.
package struct ReportWords: Sendable {
  /// What is known of an estimator besides its name.
  package struct EstimatorFacts: Sendable {
    /// What its mean is called in the headline.
    let symbol: String
    /// Whether it reweights draws, so that effective sample sizes, k̂ and the curve exist.
    let hasWeights: Bool
    /// Whether the delta method says what the finite number of draws takes off.
    let hasBias: Bool
    /// Whether it is an unbiased estimator of p(x), so that its mean has a lower confidence bound.
    let isUnbiased: Bool

    package init(symbol: String, hasWeights: Bool, hasBias: Bool, isUnbiased: Bool) {
      (self.symbol, self.hasWeights, self.hasBias) = (symbol, hasWeights, hasBias)
      self.isUnbiased = isUnbiased
    }
  }

  /// The maker's version.
  let version: String
  /// An estimator by its name; nil for one that is not known.
  let estimator: @Sendable (String) -> EstimatorFacts?
  /// A concern, the number of draws, and the path of the results.
  let warning: @Sendable (Concern, Int, String) -> String
  /// How far a summary can be believed, in sentences; with the seconds that a thread took for an example on average.
  let verdict: @Sendable (LogLikelihoodSummary, ResultsSettings, Double) -> [String]
  /// What makes the results at a path again.
  let reproduction: @Sendable (ResultsSettings, String) -> String

  package init(
    version: String, estimator: @escaping @Sendable (String) -> EstimatorFacts?,
    warning: @escaping @Sendable (Concern, Int, String) -> String,
    verdict: @escaping @Sendable (LogLikelihoodSummary, ResultsSettings, Double) -> [String],
    reproduction: @escaping @Sendable (ResultsSettings, String) -> String
  ) {
    self.version = version
    self.estimator = estimator
    self.warning = warning
    self.verdict = verdict
    self.reproduction = reproduction
  }
}
