package import Evidence

/// Which model and which data, and what happens to an example before the model sees it.
package struct InputsRequest: Sendable {
  /// The model file.
  package let model: String
  /// The file of data.
  package let data: String
  /// The dataset in it; nil where there is only one.
  package let dataset: String?
  /// The examples; nil for all.
  package let examples: ExampleRange?
  /// What is chosen of the preparation; the model file says the rest.
  package let preparation: PreparationChoice
  /// The digest of the file of data: requests that share it have the file read for it once.
  package var dataDigest: FileDigest

  package init(
    model: String, data: String, dataset: String? = nil, examples: ExampleRange? = nil,
    preparation: PreparationChoice = PreparationChoice()
  ) {
    self.model = model
    self.data = data
    self.dataset = dataset
    self.examples = examples
    self.preparation = preparation
    dataDigest = FileDigest(data)
  }
}

/// How an evaluation runs. Neither the threads nor the range change a result.
package struct EvaluationRequest: Sendable {
  /// The seed of all randomness.
  package let seed: UInt64
  /// Worker threads; nil for the processors that this process may use.
  package let threads: Int?

  package init(seed: UInt64 = 0, threads: Int? = nil) {
    self.seed = seed
    self.threads = threads
  }

  /// The driver with these settings.
  func evaluation(of examples: Range<Int>, events: RunEvents, host: any RunHost) -> Evaluation {
    let wanted = threads ?? Processors.count
    host.expect(threads: min(wanted, examples.count))
    var evaluation = Evaluation(
      seed: seed, threads: wanted, examples: examples, cancellation: host.cancellation)
    events.observe(&evaluation)
    return evaluation
  }
}
