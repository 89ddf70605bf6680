public import Evidence

/// What every estimator must satisfy, checked on a model whose likelihood is known exactly.
///
///     let contract = EstimatorContract { ImportanceSampling(samples: $0) } logLikelihood: { $0.mean } …
///     #expect(try contract.violations() == [])
///
/// Of any estimator:
///
/// - Threads, block size and range change no measurement, to the last bit; another seed changes every one.
/// - Summaries see every measurement, in order; measurements added again in order give the same bits; accumulators of
///   parts, merged, give the same numbers but for rounding.
/// - The fewest examples are enough; none is an error; cancelling throws.
///
/// Of an estimator of log p(x) besides:
///
/// - With the exact posterior for q, every estimate is log p(x): the log-weights have no variance.
/// - With a posterior 1.5 times too wide, the mean is within four standard errors (a bound may be lower).
public struct EstimatorContract<E: Estimator> where E.Measurement: Equatable {
  /// What holds of estimators of log p(x) alone.
  private struct Likelihood {
    let mean: (E.Summary) -> Double
    let standardError: (E.Summary) -> Double
    let isBound: Bool
  }

  private let makeEstimator: (_ samples: Int) -> E
  private let numbers: (E.Summary) -> [Double]
  private let likelihood: Likelihood?
  private let leastExamples: Int
  private let dependsOnSeed: Bool
  private let exact = LinearGaussian(sizes: [6, 3], seed: 3)
  private let count = 21

  /// A contract for estimators of log p(x), or of a bound of it, that take a number of draws.
  ///
  /// `isBound`: whether the estimate stays below the log-likelihood however many draws are taken.
  public init(
    isBound: Bool = false, _ makeEstimator: @escaping (_ samples: Int) -> E,
    logLikelihood: @escaping (E.Summary) -> Double, monteCarloStandardError: @escaping (E.Summary) -> Double
  ) {
    self.makeEstimator = makeEstimator
    numbers = { [logLikelihood($0), monteCarloStandardError($0)] }
    likelihood = Likelihood(mean: logLikelihood, standardError: monteCarloStandardError, isBound: isBound)
    leastExamples = 1
    dependsOnSeed = true
  }

  /// A contract for estimators of anything else.
  ///
  /// - Parameters:
  ///   - leastExamples: The fewest examples that a summary can be made of.
  ///   - dependsOnSeed: Whether measurements are random.
  ///   - makeEstimator: Makes it for a number of draws, where it takes one.
  ///   - numbers: What the summary says, for comparison.
  public init(
    leastExamples: Int = 1, dependsOnSeed: Bool = true, _ makeEstimator: @escaping (_ samples: Int) -> E,
    numbers: @escaping (E.Summary) -> [Double]
  ) {
    self.makeEstimator = makeEstimator
    self.numbers = numbers
    likelihood = nil
    self.leastExamples = leastExamples
    self.dependsOnSeed = dependsOnSeed
  }

  /// The clauses that the estimator breaks, in words; empty when it keeps the contract.
  public func violations() throws -> [String] {
    let examples = exact.sample(count)
    let data = Dataset(examples.flatMap { $0 }, count: count)
    let truth = examples.reduce(0) { $0 + exact.logLikelihood($1.map(Double.init)) } / Double(count)
    return try (likelihood.map { try exactness($0, data, truth) + accuracy($0, data, truth) } ?? [])
      + invariance(data) + merging(data) + edges(data)
  }

  private func exactness(_ likelihood: Likelihood, _ data: Dataset, _ truth: Double) throws -> [String] {
    try [1, 100].compactMap { samples in
      let model = LinearGaussianModel(exact)
      let value = likelihood.mean(try makeEstimator(samples).estimate(model, on: data))
      // Sums of a few hundred Doubles of the size of the truth.
      return abs(value - truth) <= 1e-12 * abs(truth)
        ? nil : "with the exact posterior and \(samples) draws: expected \(truth), found \(value)"
    }
  }

  private func accuracy(_ likelihood: Likelihood, _ data: Dataset, _ truth: Double) throws -> [String] {
    let summary = try makeEstimator(2000).estimate(LinearGaussianModel(exact, widening: 1.5), on: data)
    let distance = likelihood.mean(summary) - truth
    let limit = 4 * likelihood.standardError(summary)
    let isRight = likelihood.isBound ? distance <= limit : abs(distance) <= limit
    return isRight ? [] : ["with a wide posterior: \(distance) from the truth, four standard errors are \(limit)"]
  }

  private func merging(_ data: Dataset) throws -> [String] {
    let model = LinearGaussianModel(exact, widening: 1.5)
    let estimator = makeEstimator(50)
    var measurements: [E.Measurement] = []
    let whole = try Evaluation(threads: 1).accumulate(estimator, under: model, on: data) { measurements.append($1) }
    let expected = numbers(try whole.summary())
    var broken: [String] = []
    let again = numbers(try estimator.summarize(measurements))
    if again.map(\.bitPattern) != expected.map(\.bitPattern) {
      broken.append("the measurements added again: expected \(expected) to the last bit, found \(again)")
    }
    for parts in [[0..<8, 8..<15, 15..<21], [0..<0, 0..<20, 20..<21]] {
      var merged = try estimator.makeAccumulator()
      for part in parts {
        var accumulator = try estimator.makeAccumulator()
        for measurement in measurements[part] { accumulator.add(measurement) }
        merged.merge(accumulator)
      }
      let found = numbers(try merged.summary())
      // Merging adds the same few Doubles in another order: a few dozen units in the last place.
      let isClose = zip(found, expected).allSatisfy {
        $0 == $1 || ($0.isNaN && $1.isNaN) || abs($0 - $1) <= 1e-12 * max(1, abs($1))
      }
      if found.count != expected.count || !isClose {
        broken.append("merged of the examples \(parts): expected \(expected) but for rounding, found \(found)")
      }
    }
    return broken
  }

  private func invariance(_ data: Dataset) throws -> [String] {
    let model = LinearGaussianModel(exact, widening: 1.5)
    let estimator = makeEstimator(50)
    func measurements(_ options: Evaluation) throws -> [E.Measurement] {
      var result: [E.Measurement] = []
      _ = try options.run(estimator, under: model, on: data) { _, measurement in result.append(measurement) }
      return result
    }
    let reference = try measurements(Evaluation(seed: 5, threads: 1, blockSize: 64))
    var broken: [String] = reference.count == count ? [] : ["\(reference.count) measurements for \(count) examples"]
    for (threads, blockSize) in [(1, 1), (2, 1), (2, 4), (3, 64)] {
      let found = try measurements(Evaluation(seed: 5, threads: threads, blockSize: blockSize))
      if found != reference { broken.append("\(threads) threads and blocks of \(blockSize) change the measurements") }
    }
    let part = try measurements(Evaluation(seed: 5, threads: 2, examples: 8..<15))
    if part != Array(reference[8..<15]) { broken.append("a range of examples changes their measurements") }
    let other = try measurements(Evaluation(seed: 6, threads: 1))
    if dependsOnSeed, zip(other, reference).contains(where: ==) {
      broken.append("another seed leaves a measurement as it was")
    }
    return broken
  }

  private func edges(_ data: Dataset) throws -> [String] {
    var broken: [String] = []
    let model = LinearGaussianModel(exact, widening: 1.5)
    _ = try makeEstimator(10).estimate(model, on: data, options: Evaluation(examples: 3..<3 + leastExamples))
    do {
      _ = try makeEstimator(10).estimate(model, on: data, options: Evaluation(examples: 3..<3))
      broken.append("no examples: expected an error")
    } catch is EvidenceError {}
    let cancellation = Cancellation()
    cancellation.cancel()
    do {
      _ = try makeEstimator(10).estimate(model, on: data, options: Evaluation(cancellation: cancellation))
      broken.append("cancelled: expected a CancellationError")
    } catch is CancellationError {}
    return broken
  }
}
