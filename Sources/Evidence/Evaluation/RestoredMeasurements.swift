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
