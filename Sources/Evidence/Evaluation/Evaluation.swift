public import Foundation

/// How a dataset is evaluated: the driver of every estimator.
///
/// Neither the number of threads, nor the range, nor the block size changes a result: every example is measured alone, by
/// draws that are functions of (seed, example, draw).
public struct Evaluation: Sendable {
  /// The seed of every random number.
  public var seed: UInt64
  /// The seed of the data's random preprocessing (binarization, dequantization); that of the draws by default. Replicates
  /// keep it, so that they differ in their draws alone.
  public var dataSeed: UInt64?
  /// Worker threads; all cores by default.
  public var threads: Int
  /// The examples evaluated; all by default.
  public var examples: Range<Int>?
  /// Examples read and encoded together; chosen by default.
  public var blockSize: Int?
  /// The first example of the run that `examples` are a part of; that of `examples` by default. A model that can't be
  /// evaluated on it is a mistake, and not one bad example.
  public var firstOfRun: Int?
  /// Data whose covariates examples that are simulated take in turn, for a model that is given any; by default, those that
  /// are evaluated.
  public var dataOfCovariates: Dataset?
  /// Stops the evaluation when cancelled.
  public var cancellation: Cancellation
  /// Where to look while it goes on at what it saw.
  public var watch = EvaluationWatch()
  /// Called where the system refuses threads beyond the first, with how many there are and its reason.
  public var onFewerThreads: (@Sendable (_ started: Int, _ reason: String) -> Void)?
  /// Called for each example with a count that no float holds, with the first of its counts that are so.
  public var onRoundedCount: (@Sendable (_ example: Int, _ value: RoundedValue) -> Void)?

  /// Options.
  public init(
    seed: UInt64 = 0, threads: Int = ProcessInfo.processInfo.activeProcessorCount, examples: Range<Int>? = nil,
    blockSize: Int? = nil, cancellation: Cancellation = Cancellation()
  ) {
    self.seed = seed
    self.threads = threads
    self.examples = examples
    self.blockSize = blockSize
    self.cancellation = cancellation
  }

  /// Evaluates.
  ///
  /// `restored`: measurements of the first examples of the range, from an earlier run; they are not made again.
  ///
  /// `observe`: called for each new measurement on the calling thread, in the order of the dataset. What it throws stops
  /// the evaluation.
  ///
  /// - Throws: The error of the first example that could not be measured, and for which the estimator has no placeholder,
  ///   after every example before it was observed.
  public func run<E: Estimator>(
    _ estimator: E, under model: some LatentVariableModel, on data: Dataset,
    restored: RestoredMeasurements<E.Measurement> = RestoredMeasurements(),
    observe: (_ index: Int, _ measurement: E.Measurement) throws -> Void = { _, _ in }
  ) throws -> E.Summary {
    try accumulate(estimator, under: model, on: data, restored: restored, observe: observe).summary()
  }

  /// Evaluates, and returns what was gathered instead of its summary: accumulators of different ranges merge.
  ///
  /// - Throws: As `run`.
  public func accumulate<E: Estimator>(
    _ estimator: E, under model: some LatentVariableModel, on data: Dataset,
    restored: RestoredMeasurements<E.Measurement> = RestoredMeasurements(),
    observe: (_ index: Int, _ measurement: E.Measurement) throws -> Void = { _, _ in }
  ) throws -> E.Accumulator {
    let range = try checkedRange(data, model.inputCount)
    guard threads > 0 else { throw EvidenceError(.invalidSetting, "threads: expected at least 1, found \(threads)") }
    guard restored.count <= range.count else {
      throw EvidenceError(
        .invalidResults, "\(restored.count) measurements to go on with, but the range holds \(range.count) examples")
    }
    var preparing = self
    if preparing.dataOfCovariates == nil { preparing.dataOfCovariates = data }
    let estimator = try estimator.prepared(for: model, options: preparing)
    var accumulator = try estimator.makeAccumulator()
    let remaining = range.lowerBound + restored.count..<range.upperBound
    var options = self
    options.cancellation = Cancellation(parent: cancellation)
    let workers = try startWorkers(remaining) { [options] in
      BlockWorker(estimator: estimator, model: model, data: data, options: options, blockCapacity: $0).measure
    }
    // Workers end before this returns, whatever happens.
    defer {
      options.cancellation.cancel()
      workers.stop()
    }
    for _ in 0..<restored.count {
      try options.cancellation.check()
      accumulator.add(try restored.next())
    }
    var profile = try profile(of: range.lowerBound..<remaining.lowerBound, under: model, on: data)
    while let (index, measured) = try workers.next() {
      if let examples = measured.block {
        profile.add(examples)
        watch.isCrossEntropy = profile.isCrossEntropy
      }
      try observe(index, measured.measurement)
      accumulator.add(measured.measurement)
    }
    accumulator.note(profile)
    return accumulator
  }

  /// What examples that are not evaluated again are like.
  private func profile(
    of rows: Range<Int>, under model: some LatentVariableModel, on data: Dataset
  ) throws -> EvaluationProfile {
    var profile = EvaluationProfile(model, on: data)
    guard profile.looksAtExamples else { return profile }
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: 256) {
      try cancellation.check()
      profile.add(try data.batch(start..<min(start + 256, rows.upperBound), seed: dataSeed ?? seed))
    }
    watch.isCrossEntropy = profile.isCrossEntropy
    return profile
  }

  private func startWorkers<Measurement: Sendable>(
    _ range: Range<Int>, _ makeWorker: @escaping @Sendable (_ blockCapacity: Int) -> BlockPipeline<Measurement>.Measure
  ) throws -> BlockPipeline<Measurement> {
    let workers: BlockPipeline<Measurement>
    do {
      workers = try BlockPipeline(
        range: range, blockSize: blockSize ?? preferredBlockSize(range.count), workers: threads, makeWorker: makeWorker)
    } catch {
      throw EvidenceError(
        .noResources,
        "no thread can be started to evaluate on: \(error); "
          + "raise the limits of processes and of memory (ulimit -u, -v, -d), or end other programs")
    }
    if let shortage = workers.shortage { onFewerThreads?(shortage.started, "\(shortage.reason)") }
    return workers
  }

  private func checkedRange(_ data: Dataset, _ inputCount: Int) throws -> Range<Int> {
    guard data.elementCount == inputCount else {
      throw EvidenceError(
        .invalidData,
        "an example has \(data.elementCount) elements (shape \(data.source.exampleShape)); the model takes \(inputCount)"
      )
    }
    let range = examples ?? 0..<data.count
    guard range.lowerBound >= 0, range.upperBound <= data.count else {
      throw EvidenceError(
        .invalidSetting,
        "examples \(range.lowerBound)..\(range.upperBound): the dataset holds \(data.count) examples")
    }
    guard !range.isEmpty else { throw EvidenceError(.invalidSetting, "no examples to evaluate: the range is empty") }
    return range
  }

  /// Blocks small enough that the workers end together, large enough that the encoder is a matrix product.
  private func preferredBlockSize(_ count: Int) -> Int { max(1, min(64, count / (4 * threads))) }
}
