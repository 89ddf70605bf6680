/// Quantiles of a stream in bounded memory: exact up to 65,536 values, then within a rank error that is proved.
///
/// Values gather in buffers. A full buffer is sorted and every second value goes on to the next level, where each stands
/// for twice as many; which of a pair goes on alternates from one time to the next, so errors do not add up in one
/// direction (a deterministic relative of Manku, Rajagopalan and Lindsay 1998). The first buffer holds 65,536 values
/// and the others 8,192: halving a buffer of c values of weight w shifts any rank by at most w, half of it cancelled by
/// the next time, so with h levels above the first the rank error is at most 1/131,072 + h/16,384 of the count,
/// and for the last unpaired halvings as much again of their own weight. That is below 0.1 % up to 10⁸ values, in
/// at most 1.5 MB (reading sorts a copy).
///
/// The result depends on the order of the values, but on nothing else: no random numbers.
///
/// Infinities sort at the ends. A NaN makes every quantile NaN and is counted.
public struct QuantileSketch: Sendable {
  /// The largest number of values for which quantiles are exact.
  public static let exactCapacity = 65_536
  private static let levelCapacity = 8_192

  private struct Level {
    var values: [Double] = []
    var keepsUpper = false
  }

  /// The number of values, of every kind.
  public private(set) var count = 0
  /// The number of values that were NaN.
  public private(set) var nanCount = 0
  private var levels = [Level()]
  private var smallest = Double.infinity
  private var largest = -Double.infinity

  /// A sketch of no values.
  public init() {}

  /// The smallest value, exact; NaN without values or with a NaN.
  public var minimum: Double { count > 0 && nanCount == 0 ? smallest : .nan }

  /// The largest value, exact; NaN without values or with a NaN.
  public var maximum: Double { count > 0 && nanCount == 0 ? largest : .nan }

  /// The median.
  public var median: Double { quantile(0.5) }

  /// Whether quantiles are exact.
  public var isExact: Bool { levels.count == 1 }

  /// Adds one value.
  public mutating func add(_ value: Double) {
    count += 1
    guard !value.isNaN else {
      nanCount += 1
      return
    }
    smallest = min(smallest, value)
    largest = max(largest, value)
    append(value, 0)
  }

  /// Adds the values of another sketch.
  ///
  /// Quantiles of up to 65,536 values together are exact still; of more, they are within the same error as if the values
  /// had come one by one.
  public mutating func merge(_ other: QuantileSketch) {
    count += other.count
    nanCount += other.nanCount
    smallest = min(smallest, other.smallest)
    largest = max(largest, other.largest)
    while levels.count < other.levels.count { levels.append(Level()) }
    for (level, buffer) in other.levels.enumerated() {
      for value in buffer.values { append(value, level) }
    }
  }

  /// Adds a value to a level. A buffer that is exactly full is halved when one more value comes.
  private mutating func append(_ value: Double, _ level: Int) {
    let capacity = level == 0 ? QuantileSketch.exactCapacity : QuantileSketch.levelCapacity
    if levels[level].values.count == capacity { halve(level) }
    levels[level].values.append(value)
  }

  /// The value below which a share `probability` of the values lie, for a probability from 0 to 1.
  ///
  /// Interpolated linearly between neighbours (type 7 of Hyndman and Fan 1996, the default of R and NumPy). Probabilities 0
  /// and 1 give the exact extremes. NaN without values or with a NaN.
  public func quantile(_ probability: Double) -> Double {
    quantiles([probability])[0]
  }

  /// Several quantiles at once, for one sorting.
  public func quantiles(_ probabilities: [Double]) -> [Double] {
    precondition(probabilities.allSatisfy { (0...1).contains($0) }, "a probability lies between 0 and 1")
    guard count > 0, nanCount == 0 else { return probabilities.map { _ in .nan } }
    let (values, ends) = sorted()
    return probabilities.map { probability in
      if probability == 0 { return smallest }
      if probability == 1 { return largest }
      let position = probability * Double(count - 1)
      let rank = Int(position)
      let fraction = position - Double(rank)
      let lower = values[QuantileSketch.index(ofRank: rank, in: ends)]
      guard fraction > 0 else { return lower }
      let upper = values[QuantileSketch.index(ofRank: rank + 1, in: ends)]
      // Between equal values, and between infinities, there is nothing to interpolate.
      if lower == upper || lower == -.infinity || upper == .infinity { return fraction < 0.5 ? lower : upper }
      return lower + fraction * (upper - lower)
    }
  }

  /// Sorts the buffer of a level and sends every second value to the next.
  private mutating func halve(_ level: Int) {
    let values = levels[level].values.sorted()
    let offset = levels[level].keepsUpper ? 1 : 0
    levels[level].keepsUpper.toggle()
    levels[level].values.removeAll(keepingCapacity: true)
    if level + 1 == levels.count { levels.append(Level()) }
    for index in stride(from: offset, to: values.count, by: 2) { append(values[index], level + 1) }
  }

  /// All values kept, in order, and for each the number of values that it and those before it stand for.
  private func sorted() -> (values: [Double], ends: [Int]) {
    var weighted: [(value: Double, weight: Int)] = []
    for (level, buffer) in levels.enumerated() {
      weighted += buffer.values.map { ($0, 1 << level) }
    }
    weighted.sort { $0.value < $1.value }
    var end = 0
    let ends = weighted.map { entry in
      end += entry.weight
      return end
    }
    return (weighted.map(\.value), ends)
  }

  /// The index of the first entry that stands for values of a rank above `rank`.
  private static func index(ofRank rank: Int, in ends: [Int]) -> Int {
    var (low, high) = (0, ends.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if ends[middle] > rank { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
