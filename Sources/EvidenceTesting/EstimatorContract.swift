import Evidence

/// What every estimator of the log-likelihood must satisfy, checked on a model whose likelihood is known exactly.
///
///     let contract = EstimatorContract { ImportanceSampling(samples: $0) } logLikelihood: { $0.mean } …
///     #expect(try contract.violations() == [])
///
/// - With the exact posterior for q, every estimate is log p(x): the log-weights have no variance.
/// - With a posterior 1.5 times too wide, the mean is within four standard errors (a bound may be lower).
/// - Threads, block size and range change no measurement, to the last bit; another seed changes every one.
/// - Summaries see every measurement, in order; one example is enough; none is an error; cancelling throws.
public struct EstimatorContract<E: Estimator> where E.Measurement: Equatable {
  private let makeEstimator: (_ samples: Int) -> E
  private let logLikelihood: (E.Summary) -> Double
  private let standardError: (E.Summary) -> Double
  private let isBound: Bool
  private let exact = LinearGaussian(sizes: [6, 3], seed: 3)
  private let count = 21

  /// A contract for estimators that take a number of draws.
  ///
  /// - Parameters:
  ///   - isBound: Whether the estimate stays below the log-likelihood however many draws are taken.
  public init(
    isBound: Bool = false, _ makeEstimator: @escaping (_ samples: Int) -> E,
    logLikelihood: @escaping (E.Summary) -> Double, monteCarloStandardError: @escaping (E.Summary) -> Double
  ) {
    self.isBound = isBound
    self.makeEstimator = makeEstimator
    self.logLikelihood = logLikelihood
    standardError = monteCarloStandardError
  }

  /// The clauses that the estimator breaks, in words; empty when it keeps the contract.
  public func violations() throws -> [String] {
    let examples = exact.sample(count)
    let data = Dataset(examples.flatMap { $0 }, count: count)
    let truth = examples.reduce(0) { $0 + exact.logLikelihood($1.map(Double.init)) } / Double(count)
    return try exactness(data, truth) + accuracy(data, truth) + invariance(data) + edges(data)
  }

  private func exactness(_ data: Dataset, _ truth: Double) throws -> [String] {
    try [1, 100].compactMap { samples in
      let model = LinearGaussianModel(exact)
      let value = logLikelihood(try makeEstimator(samples).estimate(model, on: data))
      // Sums of a few hundred Doubles of the size of the truth.
      return abs(value - truth) <= 1e-12 * abs(truth)
        ? nil : "with the exact posterior and \(samples) draws: expected \(truth), found \(value)"
    }
  }

  private func accuracy(_ data: Dataset, _ truth: Double) throws -> [String] {
    let summary = try makeEstimator(2000).estimate(LinearGaussianModel(exact, widening: 1.5), on: data)
    let distance = logLikelihood(summary) - truth
    let limit = 4 * standardError(summary)
    let isRight = isBound ? distance <= limit : abs(distance) <= limit
    return isRight ? [] : ["with a wide posterior: \(distance) from the truth, four standard errors are \(limit)"]
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
    if zip(other, reference).contains(where: ==) { broken.append("another seed leaves a measurement as it was") }
    return broken
  }

  private func edges(_ data: Dataset) throws -> [String] {
    var broken: [String] = []
    let model = LinearGaussianModel(exact, widening: 1.5)
    _ = try makeEstimator(10).estimate(model, on: data, options: Evaluation(examples: 3..<4))
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
