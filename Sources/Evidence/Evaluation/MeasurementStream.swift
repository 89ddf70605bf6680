/// Measurements that an earlier run made, handed over one at a time so that memory does not grow with them.
public struct RestoredMeasurements<Measurement> {
  /// How many there are.
  public let count: Int
  private let read: () throws -> Measurement?

  /// Measurements that `next` yields in the order of the dataset.
  public init(count: Int, next: @escaping () throws -> Measurement?) {
    self.count = count
    read = next
  }

  /// Measurements that are in memory anyway; none by default.
  public init(_ measurements: [Measurement] = []) {
    var rest = measurements.makeIterator()
    self.init(count: measurements.count) { rest.next() }
  }

  /// The next measurement.
  ///
  /// - Throws: What reading throws, and `EvidenceError` (`invalidResults`) where there are fewer than `count`.
  public func next() throws -> Measurement {
    guard let measurement = try read() else {
      throw EvidenceError(.invalidResults, "the results to go on with end before their \(count) rows")
    }
    return measurement
  }
}

/// The measurements of an evaluation in the order of the dataset: first those restored, then those being made.
final class MeasurementStream<Measurement: Sendable>: Sequence, IteratorProtocol {
  private let restored: RestoredMeasurements<Measurement>
  private let workers: BlockPipeline<Measurement>
  private let observe: (Int, Measurement) throws -> Void
  private let cancellation: Cancellation
  private var position = 0
  /// What ended the stream early.
  private(set) var failure: (any Error)?

  init(
    restored: RestoredMeasurements<Measurement>, workers: BlockPipeline<Measurement>, cancellation: Cancellation,
    observe: @escaping (Int, Measurement) throws -> Void
  ) {
    self.restored = restored
    self.workers = workers
    self.cancellation = cancellation
    self.observe = observe
  }

  func next() -> Measurement? {
    guard failure == nil else { return nil }
    do {
      if position < restored.count {
        try cancellation.check()
        position += 1
        return try restored.next()
      }
      guard let (index, measurement) = try workers.next() else { return nil }
      try observe(index, measurement)
      return measurement
    } catch {
      failure = error
      return nil
    }
  }
}
