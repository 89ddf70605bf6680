import Statistics

/// The difference of two results on the same examples, the second minus the first, in nats.
///
/// Pairing takes out what examples have in common (some are hard for any model), so the error of the difference is
/// commonly far smaller than the errors of both means suggest.
public struct PairedDifference: Sendable {
  /// One example under both.
  public struct Change: Sendable, Equatable {
    /// The example's number in the dataset.
    public let index: Int
    /// Its log-likelihoods.
    public let first, second: Double
    /// The second minus the first.
    public var difference: Double { second - first }

    /// An example.
    public init(index: Int, first: Double, second: Double) {
      self.index = index
      self.first = first
      self.second = second
    }
  }

  private var differences = RunningMoments()
  private var firsts = RunningMoments()
  private var seconds = RunningMoments()
  private var monteCarloVariance = 0.0
  /// Examples with a NaN, which is neither higher nor lower nor the same.
  private var undefined = 0
  private let largestCount: Int

  /// Examples that the second gives a higher log-likelihood.
  public private(set) var improved = 0
  /// Examples that the second gives a lower log-likelihood.
  public private(set) var worsened = 0
  /// Examples whose difference is infinite or not a number. They count, so the mean isn't finite either.
  public private(set) var nonFinite = 0
  /// The examples that changed most, in either direction, the largest change first; what is not finite before all others.
  public private(set) var largestChanges: [Change] = []

  /// No examples yet; the `largest` changes are kept.
  public init(largest: Int = 10) { largestCount = largest }

  /// Adds an example under both.
  public mutating func add(_ first: LogLikelihoodMeasurement, _ second: LogLikelihoodMeasurement) {
    let change = Change(index: first.index, first: first.logLikelihood, second: second.logLikelihood)
    differences.add(change.difference)
    firsts.add(change.first)
    seconds.add(change.second)
    monteCarloVariance += first.monteCarloStandardError * first.monteCarloStandardError
    monteCarloVariance += second.monteCarloStandardError * second.monteCarloStandardError
    if change.second > change.first { improved += 1 }
    if change.second < change.first { worsened += 1 }
    if change.first.isNaN || change.second.isNaN { undefined += 1 }
    if !change.difference.isFinite { nonFinite += 1 }
    keep(change)
  }

  /// Examples added.
  public var count: Int { differences.count }
  /// Examples that both give the same log-likelihood.
  public var unchanged: Int { count - improved - worsened - undefined }
  /// Mean log-likelihood by the first.
  public var firstMean: Double { firsts.mean }
  /// Mean log-likelihood by the second.
  public var secondMean: Double { seconds.mean }
  /// Mean of the differences.
  public var mean: Double { differences.mean }
  /// sd(difference) / √N: how much another test set would change the mean. NaN for a single example.
  public var standardError: Double { differences.standardError }
  /// √Σ(se₁² + se₂²) / N: how much other draws would change the mean, where both took theirs independently. Results of
  /// one seed share their normals; their errors commonly cancel in part, and this is then too large.
  public var monteCarloStandardError: Double { monteCarloVariance.squareRoot() / Double(count) }

  private mutating func keep(_ change: Change) {
    guard largestCount > 0, change.difference != 0 else { return }
    let size = PairedDifference.size(change)
    // Among equals the first stays.
    let place = largestChanges.firstIndex { PairedDifference.size($0) < size } ?? largestChanges.endIndex
    guard place < largestCount else { return }
    largestChanges.insert(change, at: place)
    if largestChanges.count > largestCount { largestChanges.removeLast() }
  }

  private static func size(_ change: Change) -> Double {
    change.difference.isNaN ? .infinity : abs(change.difference)
  }
}
