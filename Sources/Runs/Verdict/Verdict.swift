import Evidence

/// What may be said of a log-likelihood: what the number is, how far it can be believed, and what would settle the rest.
///
/// Facts only; `sentences(in:)` puts them into words.
package struct Verdict: Sendable {
  /// How far the number can be believed.
  package enum Status: String, Sendable {
    /// Other draws, or more of them, would change it by no more than 0.1 nat (`TunedAnnealing.gapTarget`).
    case settled
    /// The errors can be believed, and are larger than that.
    case rough
    /// Estimates may be too low by more than any error says.
    case unsettled
    /// A bound of another quantity than log p(x), whatever the draws.
    case bound
    /// Grey data under a Bernoulli likelihood.
    case crossEntropy = "cross-entropy"
    /// The model looks as if it was not fed as in training.
    case suspect
    /// Some example has no finite estimate.
    case notFinite = "not-finite"
  }

  /// How much other draws would change the mean.
  package struct DrawError: Sendable, Equatable {
    package enum Source: String, Sendable {
      case analytic, replicates
    }
    package let value: Double
    package let source: Source
    /// Runs that it comes from.
    package let runs: Int
  }

  /// What to run where the number isn't enough.
  package enum NextStep: Sendable, Equatable {
    case estimator(String)
    case samples(Int)
    case temperatures(Int)
    case binarize
    case evaluateAlone(example: Int)
  }

  package let status: Status
  /// What the figures are of.
  let subject: Subject
  let nll: Double
  /// The NLL is at most this with probability 0.95 over the draws; nil where the estimator is not unbiased.
  let upperBound: Double?
  let dataStandardError: Double
  let drawError: DrawError?
  /// Nats that the NLL still falls by with ten times the draws, at the end of the curve; nil without a curve.
  let fallPerTenfold: Double?
  /// Examples whose k̂ is past its threshold, whose chains disagree, or whose estimate is not finite.
  let doubtful: Int
  let isShapeDefined: Bool
  let nextStep: NextStep?
  /// About how long the next step takes.
  let nextSeconds: Double?
  /// Whether that is the time of one processor.
  let isOfOneProcessor: Bool

  /// What the figures are of, as the sentences have it.
  package struct Subject: Sendable {
    package var symbol: String
    package var examples: Int
    /// File and dataset.
    package var data: String
  }
}

/// What a run took, to say what another would.
package struct RunCost: Sendable {
  /// Seconds of a draw of one example.
  package var secondsPerDraw: Double
  /// Seconds of the whole run.
  package var seconds: Double
  /// Whether they are a processor's, where it isn't known how many there were.
  package var ofOneProcessor = false
  /// Stochastic layers of the model; nil where that isn't known.
  package var layers: Int?

  package init(secondsPerDraw: Double, seconds: Double, ofOneProcessor: Bool = false, layers: Int? = nil) {
    self.layers = layers
    self.secondsPerDraw = secondsPerDraw
    self.seconds = seconds
    self.ofOneProcessor = ofOneProcessor
  }
}
