package import Evidence

/// An estimator that yields a log-likelihood, or a bound of it, for each example.
package typealias LogLikelihoodEstimator = any Estimator<LogLikelihoodMeasurement, LogLikelihoodAccumulator>

/// The estimators that yield a log-likelihood, by name. A new estimator adds its entry to `all`.
package enum EstimatorCatalog {
  /// An estimator: what it is called, what it is, and how it is made.
  package struct Entry: Sendable {
    /// As a results file has it.
    package let name: String
    /// One line.
    package let summary: String
    /// What its mean over examples is, in formulas of the headline.
    package let symbol: String
    /// Whether its expectation is below log p(x) by more than the number of draws explains.
    package let isBound: Bool
    /// Whether it reweights draws, so that effective sample sizes and k̂ exist.
    package let hasWeights: Bool
    /// Whether the delta method says what the finite number of draws takes off; of L_K it does.
    package var hasBias = true
    /// Whether every example has a curve L_1, L_5, ….
    package var hasCurve = false
    /// Whether its exponential is an unbiased estimate of p(x), so that a lower confidence bound holds.
    package var isUnbiased = false
    /// Whether it anneals, and so takes its settings.
    package var hasChains = false
    /// Makes it.
    package let make: @Sendable (EstimatorOptions) throws -> LogLikelihoodEstimator
    /// What it depends on besides the number of draws, for the results file.
    package var options: @Sendable (EstimatorOptions) -> [String: String] = { _ in [:] }

    /// What the results file calls the number of draws of an example: chains where there is nothing else.
    package func samples(_ options: EstimatorOptions) -> Int {
      hasChains && !hasWeights ? options.annealing.chains : options.samples
    }
  }

  /// Every estimator; the first is the default.
  package static let all: [Entry] = [
    Entry(
      name: "importance-sampling", summary: "log 1/K Σ p(x,z)/q(z|x): tends to log p(x) with K",
      symbol: "log p(x)", isBound: false, hasWeights: true, hasCurve: true, isUnbiased: true,
      make: { ImportanceSampling(samples: $0.samples) }),
    Entry(
      name: "elbo", summary: "the evidence lower bound, KL in closed form where possible",
      symbol: "ELBO", isBound: true, hasWeights: false, make: { EvidenceLowerBound(samples: $0.samples) }),
    Entry(
      name: "renyi", summary: "the Rényi bound of order α, between these two",
      symbol: "L_α", isBound: true, hasWeights: true, hasBias: false, hasCurve: true,
      make: { RenyiBound(alpha: $0.alpha, samples: $0.samples) },
      options: { ["alpha": "\($0.alpha)"] }),
    Entry(
      name: "jackknife", summary: "importance sampling without its bias of order 1/K",
      symbol: "log p(x)", isBound: false, hasWeights: true, hasBias: false, hasCurve: true,
      make: { Jackknife(samples: $0.samples) }),
    Entry(
      name: "laplace", summary: "importance sampling from modes that a search finds",
      symbol: "log p(x)", isBound: false, hasWeights: true, hasCurve: true, isUnbiased: true,
      make: { LaplaceImportanceSampling(samples: $0.samples) }),
    Entry(
      name: "annealed", summary: "annealed importance sampling from these modes",
      symbol: "log p(x)", isBound: false, hasWeights: false, isUnbiased: true, hasChains: true,
      make: { $0.annealing }, options: annealing),
    ladder,
  ]

  /// What a check looks at by default, and what warnings advise.
  package static let ladder =
    Entry(
      name: "ladder", summary: "for each example the cheapest of these three that holds",
      symbol: "log p(x)", isBound: false, hasWeights: true, isUnbiased: true, hasChains: true,
      make: { Ladder(samples: $0.samples, annealing: $0.annealing) }, options: annealing)

  private static let annealing: @Sendable (EstimatorOptions) -> [String: String] = { options in
    [
      "chains": "\(options.annealing.chains)", "leapfrogs": "\(options.annealing.leapfrogs)",
      "temperatures": options.annealing.temperatures.map(String.init) ?? "auto",
    ]
  }
}

/// What estimators are made from.
package struct EstimatorOptions: Sendable {
  /// Draws for each example.
  package let samples: Int
  /// The order of a Rényi bound.
  package let alpha: Double
  /// How `annealed` and `ladder` anneal.
  package let annealing: AnnealedImportanceSampling

  package init(
    samples: Int = EstimatorOptions.defaultSamples, alpha: Double = EstimatorOptions.defaultAlpha,
    annealing: AnnealedImportanceSampling = AnnealedImportanceSampling()
  ) {
    self.samples = samples
    self.alpha = alpha
    self.annealing = annealing
  }

  /// The number of draws that papers report.
  package static let defaultSamples = 5000
  /// Half way between the log-likelihood and the evidence lower bound.
  package static let defaultAlpha = 0.5
}
