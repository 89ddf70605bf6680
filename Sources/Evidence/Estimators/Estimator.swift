/// Measures each example under a model, and summarises the measurements over the dataset.
///
/// These two methods are all that an estimator writes. Reading, batching the encoder, threads, random streams, progress,
/// cancellation, the results file and resuming belong to `Evaluation`.
public protocol Estimator<Measurement, Accumulator>: Sendable {
  /// What one example yields.
  associatedtype Measurement: Sendable
  /// What gathers the measurements.
  associatedtype Accumulator: MeasurementAccumulator<Measurement, Summary>
  /// What the dataset yields.
  associatedtype Summary: Sendable

  /// Measures one example of the batch that the model encoded last.
  ///
  /// An estimator that needs more of a model than sampled log-weights asks for it:
  /// `model.requireGradients(for: "Laplace importance sampling")`.
  func measure<Model: LatentVariableModel>(
    _ example: Example, under model: Model, scratch: inout Scratch<Model>
  ) throws -> Measurement

  /// The same estimator, made ready for a model before any data are seen: what it tunes is a function of the model, of its
  /// own settings and of the seed. An estimator that is ready already returns itself, which is the default.
  ///
  /// - Throws: What the model doesn't offer, settings that have no meaning, `CancellationError`.
  func prepared(for model: some LatentVariableModel, options: Evaluation) throws -> Self

  /// An accumulator of no measurements. It is made before anything is measured.
  ///
  /// - Throws: `EvidenceError` (`invalidSetting`) where the estimator's settings have no meaning.
  func makeAccumulator() throws -> Accumulator

  /// What stands for an example that the model can't be evaluated on: `measure` threw an `EvidenceError` (`invalidModel`), as
  /// where a network's scale overflows. Nil, the default, ends the evaluation with that error.
  ///
  /// The first example of a range is never stood for: a model that fails there is more likely wrong throughout.
  func placeholder(for example: Example) -> Measurement?
}

/// Gathers the measurements of examples into what the dataset yields, in memory that doesn't grow with the dataset.
///
/// Measurements of one run are added in the order of the dataset; adding the same ones in the same order gives the same
/// bits. Accumulators of different examples merge. Merging may round differently from adding: whoever needs the bits of one
/// run out of several adds the rows again, in order (`Estimator.summarize`).
public protocol MeasurementAccumulator<Measurement, Summary>: Sendable {
  /// What one example yields.
  associatedtype Measurement: Sendable
  /// What the dataset yields.
  associatedtype Summary: Sendable

  /// Adds the measurement of the next example.
  mutating func add(_ measurement: Measurement)

  /// Adds the measurements of another accumulator of the same estimator: those of later examples.
  mutating func merge(_ other: Self)

  /// Takes what the evaluation saw of model and data, after the last measurement. By default it is not kept.
  mutating func note(_ profile: EvaluationProfile)

  /// What the measurements come to.
  ///
  /// - Throws: `EvidenceError` where there are too few of them.
  func summary() throws -> Summary
}

extension MeasurementAccumulator {
  /// Keeps nothing.
  public mutating func note(_ profile: EvaluationProfile) {}
}

extension Estimator {
  /// Itself: nothing is to be tuned.
  public func prepared(for model: some LatentVariableModel, options: Evaluation) throws -> Self { self }

  /// Nothing.
  public func placeholder(for example: Example) -> Measurement? { nil }

  /// Measures every example of a dataset and summarises: `ImportanceSampling(samples: 5000).estimate(model, on: data)`.
  ///
  /// - Throws: `EvidenceError` where data or model are not what they should be, `CancellationError` when cancelled.
  public func estimate(
    _ model: some LatentVariableModel, on data: Dataset, options: Evaluation = Evaluation()
  ) throws -> Summary {
    try options.run(self, under: model, on: data)
  }

  /// Summarises measurements that were made before, in the order of the dataset.
  ///
  /// - Throws: As `makeAccumulator` and the accumulator's `summary`.
  public func summarize(_ measurements: some Sequence<Measurement>) throws -> Summary {
    var accumulator = try makeAccumulator()
    for measurement in measurements { accumulator.add(measurement) }
    return try accumulator.summary()
  }
}
