import Foundation

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
  /// Stops the evaluation when cancelled.
  public var cancellation: Cancellation

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
  /// - Parameters:
  ///   - restored: Measurements of the first examples of the range, from an earlier run; they are not made again.
  ///   - observe: Called for each new measurement on the calling thread, in the order of the dataset. What it throws stops
  ///     the evaluation.
  /// - Throws: The error of the first example that could not be measured, and for which the estimator has no placeholder,
  ///   after every example before it was observed.
  public func run<E: Estimator>(
    _ estimator: E, under model: some LatentVariableModel, on data: Dataset,
    restored: RestoredMeasurements<E.Measurement> = RestoredMeasurements(),
    observe: (_ index: Int, _ measurement: E.Measurement) throws -> Void = { _, _ in }
  ) throws -> E.Summary {
    let range = try checkedRange(data, model.inputCount)
    guard threads > 0 else { throw EvidenceError(.invalidSetting, "threads: expected at least 1, found \(threads)") }
    guard restored.count <= range.count else {
      throw EvidenceError(
        .invalidResults, "\(restored.count) measurements to go on with, but the range holds \(range.count) examples")
    }
    let remaining = range.lowerBound + restored.count..<range.upperBound
    var options = self
    options.cancellation = Cancellation(parent: cancellation)
    let workers = BlockPipeline(
      range: remaining, blockSize: blockSize ?? preferredBlockSize(remaining.count), workers: threads
    ) { [options] in
      BlockWorker(estimator: estimator, model: model, data: data, options: options, blockCapacity: $0).measure
    }
    return try withoutActuallyEscaping(observe) { observe in
      let stream = MeasurementStream(
        restored: restored, workers: workers, cancellation: options.cancellation, observe: observe)
      // Workers end before this returns, whatever happens.
      defer {
        options.cancellation.cancel()
        workers.stop()
      }
      let summary = Result { try estimator.summarize(stream) }
      if let failure = stream.failure { throw failure }
      return try summary.get()
    }
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

/// Measures blocks of examples on one thread.
private final class BlockWorker<E: Estimator, Model: LatentVariableModel> {
  private let estimator: E
  private let model: Model
  private let data: Dataset
  private let options: Evaluation
  private var scratch: Scratch<Model>

  init(estimator: E, model: Model, data: Dataset, options: Evaluation, blockCapacity: Int) {
    self.estimator = estimator
    self.model = model
    self.data = data
    self.options = options
    scratch = Scratch(model, examples: blockCapacity, cancellation: options.cancellation)
  }

  /// Hands each measurement to `deliver` and returns what stopped it, if anything did.
  func measure(_ rows: Range<Int>, deliver: (E.Measurement) -> Void) -> (any Error)? {
    do {
      try options.cancellation.check()
      let batch = try data.batch(rows, seed: options.dataSeed ?? options.seed)
      let invalid = firstInvalidExample(batch)
      try model.encode(batch, scratch: &scratch.model)
      for (position, index) in rows.enumerated() {
        // An invalid example is an error when its turn comes: those before it are finished first.
        if position == invalid { throw invalidValue(batch, position) }
        try options.cancellation.check()
        let example = Example(index: index, position: position, seed: options.seed)
        deliver(try measure(example))
      }
      return nil
    } catch {
      return error
    }
  }

  private func measure(_ example: Example) throws -> E.Measurement {
    do {
      return try estimator.measure(example, under: model, scratch: &scratch)
    } catch let error as EvidenceError where error.code == .invalidModel {
      // The first of the range, not of what remains of it: going on with a run must not change what it yields.
      guard example.index != options.examples?.lowerBound ?? 0, let placeholder = estimator.placeholder(for: example)
      else { throw error }
      return placeholder
    }
  }

  private func firstInvalidExample(_ batch: ExampleBatch) -> Int? {
    let size = batch.values.count / max(1, batch.count)
    // Asked for once: it is worked out anew each time.
    let support = model.support
    return batch.values.firstIndex { !support.contains($0) }.map { $0 / size }
  }

  private func invalidValue(_ batch: ExampleBatch, _ position: Int) -> EvidenceError {
    let values = batch.values(at: position)
    let element = values.firstIndex { !model.support.contains($0) } ?? values.startIndex
    let value = values[element]
    var hint = ""
    if model.support == .unitInterval || model.support == .openUnitInterval, value > 1 {
      hint = value <= 255 ? "; if the data are 8-bit, divide them: --divide-by 255" : "; should it be divided?"
    }
    return EvidenceError(
      .invalidData,
      "example \(batch.indices.lowerBound + position), element \(element - values.startIndex): "
        + "found \(value), but the likelihood takes \(model.support.words)\(hint)")
  }
}
