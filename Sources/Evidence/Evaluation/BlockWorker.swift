/// A measurement, and with the first of a block the examples of the block.
struct Measured<Measurement: Sendable>: Sendable {
  let measurement: Measurement
  let block: ExampleBatch?
}

/// Measures blocks of examples on one thread.
final class BlockWorker<E: Estimator, Model: LatentVariableModel> {
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
  func measure(_ rows: Range<Int>, deliver: (Measured<E.Measurement>) -> Void) -> (any Error)? {
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
        deliver(Measured(measurement: try measure(example), block: position == 0 ? batch : nil))
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
    let isTooLarge = (model.support == .unitInterval || model.support == .openUnitInterval) && value > 1
    return EvidenceError(
      .invalidData,
      "example \(batch.indices.lowerBound + position), element \(element - values.startIndex): "
        + "found \(value), but the likelihood takes \(model.support.words)",
      remedies: isTooLarge ? [.divide(by: value <= 255 ? 255 : nil)] : [])
  }
}
