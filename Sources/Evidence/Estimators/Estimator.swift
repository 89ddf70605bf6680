/// Measures each example under a model, and summarises the measurements over the dataset.
///
/// These two methods are all that an estimator writes. Reading, batching the encoder, threads, random streams, progress,
/// cancellation, the results file and resuming belong to `Evaluation`.
public protocol Estimator<Measurement, Summary>: Sendable {
  /// What one example yields.
  associatedtype Measurement: Sendable
  /// What the dataset yields.
  associatedtype Summary: Sendable

  /// Measures one example of the batch that the model encoded last.
  func measure<Model: LatentVariableModel>(
    _ example: Example, under model: Model, scratch: inout Scratch<Model>
  ) throws -> Measurement

  /// What stands for an example that the model can't be evaluated on: `measure` threw an `EvidenceError` (`invalidModel`), as
  /// where a network's scale overflows. Nil, the default, ends the evaluation with that error.
  ///
  /// The first example of a range is never stood for: a model that fails there is more likely wrong throughout.
  func placeholder(for example: Example) -> Measurement?

  /// Summarises the measurements, which come in the order of the dataset, once.
  ///
  /// They arrive while others are still being made: keep what the summary needs, not the measurements.
  func summarize(_ measurements: some Sequence<Measurement>) throws -> Summary
}

extension Estimator {
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
}
