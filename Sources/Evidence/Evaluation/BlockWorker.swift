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
      let started = ProcessorTime.ofThread
      let batch = try data.batch(rows, seed: options.dataSeed ?? options.seed)
      let unrounded = try data.unrounded(rows)
      // Asked for once: it is worked out anew each time.
      let support = model.support
      let invalid = support.firstOutside(
        batch.values, unrounded: unrounded, isBinarized: data.preprocessing.binarize != .none)
      let size = max(1, batch.values.count / max(1, batch.count))
      try model.encode(batch, scratch: &scratch.model)
      var last = ProcessorTime.ofThread
      let share = (last - started) / Double(rows.count)
      for (position, index) in rows.enumerated() {
        // An invalid example is an error when its turn comes: those before it are finished first.
        if let invalid, position == invalid / size { throw invalidValue(batch, invalid, support, unrounded) }
        try options.cancellation.check()
        if let unrounded, let report = options.onRoundedCount,
          let value = support.firstRounded(
            batch.values(at: position), unrounded: unrounded[position * size..<(position + 1) * size])
        {
          report(index, value)
        }
        let example = Example(index: index, position: position, seed: options.seed)
        let measurement = try measure(example)
        let now = ProcessorTime.ofThread
        let seconds = share + now - last
        last = now
        deliver(Measured(measurement: timed(measurement, seconds: seconds), block: position == 0 ? batch : nil))
      }
      return nil
    } catch {
      return error
    }
  }

  /// A measurement with the time that it took, where it has a place for it.
  private func timed(_ measurement: E.Measurement, seconds: Double) -> E.Measurement {
    guard var timed = measurement as? any TimedMeasurement else { return measurement }
    timed.seconds = seconds
    return timed as? E.Measurement ?? measurement
  }

  private func measure(_ example: Example) throws -> E.Measurement {
    do {
      return try estimator.measure(example, under: model, scratch: &scratch)
    } catch let error as EvidenceError where error.code == .invalidModel {
      // The first of the range, not of what remains of it: going on with a run must not change what it yields.
      guard example.index != options.firstOfRun ?? options.examples?.lowerBound ?? 0,
        let placeholder = estimator.placeholder(for: example)
      else { throw error }
      return placeholder
    }
  }

  private func invalidValue(
    _ batch: ExampleBatch, _ index: Int, _ support: Support, _ unrounded: [Double]?
  ) -> EvidenceError {
    let size = max(1, batch.values.count / max(1, batch.count))
    let seen = batch.values[index]
    var found = "\(seen)"
    if let stored = unrounded?[index], stored != Double(seen) {
      found = support.contains(stored) ? "\(stored), which rounds to the float \(seen)" : "\(stored)"
    }
    let isTooLarge = (support == .unitInterval || support == .openUnitInterval) && seen > 1
    return EvidenceError(
      .invalidData,
      "example \(batch.indices.lowerBound + index / size), element \(index % size): "
        + "found \(found), but the likelihood takes \(support.words)",
      remedies: isTooLarge ? [.divide(by: seen <= 255 ? 255 : nil)] : [])
  }
}
