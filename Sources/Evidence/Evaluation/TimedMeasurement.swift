/// A measurement that says what time it took, so that a next run can be cut into parts that take as long as each other.
public protocol TimedMeasurement {
  /// Seconds that a thread took to measure the example, with its share of reading and encoding its block. No result
  /// depends on them.
  var seconds: Double { get set }
}
