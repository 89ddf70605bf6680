import HDF5

/// What examples cost in an earlier run, for cutting a next one into parts that take as long as each other.
///
/// Costs are advice: they may be of another model or of fewer draws. Only the bounds of the parts depend on them, no result.
public struct ExampleCosts: Sendable {
  /// Examples whose cost is known.
  private let known: Range<Int>
  /// Seconds, by example; NaN where unknown.
  private let seconds: [Float]
  /// What an example of unknown cost is taken to cost.
  private let mean: Double

  /// Costs of the examples from `first` on, in seconds; NaN where unknown.
  ///
  /// - Throws: `EvidenceError` (`invalidResults`) where none is known.
  public init(first: Int = 0, seconds: [Float]) throws {
    known = first..<first + seconds.count
    self.seconds = seconds
    let finite = seconds.lazy.filter { $0.isFinite && $0 >= 0 }
    let total = finite.reduce(0.0) { $0 + Double($1) }
    guard total > 0 else { throw EvidenceError(.invalidResults, "no example has a time above 0") }
    mean = total / Double(finite.count)
  }

  /// Reads column `seconds` of a results file, four bytes an example.
  ///
  /// - Throws: `HDF5Error` where it can't be read, `EvidenceError` (`invalidResults`) where the file has no times.
  public init(reading path: String) throws {
    let file = try ResultsFile(reading: path)
    guard let seconds = try file.seconds() else {
      throw EvidenceError(
        .invalidResults, "\(path): the results have no times (column seconds); they were made by an earlier version")
    }
    do {
      try self.init(first: file.settings.examples.lowerBound, seconds: seconds)
    } catch let error as EvidenceError {
      throw EvidenceError(error.code, "\(path): \(error.message)")
    }
  }

  /// Cuts a range into contiguous parts that cost as much as each other, as far as whole examples allow. Each part has an
  /// example where there are as many examples as parts.
  public func parts(of range: Range<Int>, count: Int) -> [Range<Int>] {
    precondition(count > 0, "parts: expected at least one")
    let total = range.reduce(0.0) { $0 + cost($1) }
    var bounds = [range.lowerBound]
    var sum = 0.0
    var next = range.lowerBound
    for part in 1..<max(1, count) {
      let share = total * Double(part) / Double(count)
      // The example that crosses the border goes to the side that it lies on with its larger half.
      while next < range.upperBound, sum + cost(next) / 2 < share {
        sum += cost(next)
        next += 1
      }
      let least = min(bounds[part - 1] + 1, range.upperBound)
      let most = max(least, range.upperBound - (count - part))
      bounds.append(min(max(next, least), most))
    }
    bounds.append(range.upperBound)
    return zip(bounds, bounds.dropFirst()).map { $0..<$1 }
  }

  private func cost(_ example: Int) -> Double {
    guard known.contains(example) else { return mean }
    let value = Double(seconds[example - known.lowerBound])
    return value.isFinite && value >= 0 ? value : mean
  }
}

extension ResultsFile {
  /// The column of times; nil where there is none.
  func seconds() throws -> [Float]? {
    guard try group.hasChild("seconds") else { return nil }
    let column = try group.dataset("seconds")
    guard column.shape == [count] else {
      throw EvidenceError(.invalidResults, "\(path): \(column.path): expected shape [\(count)], found \(column.shape)")
    }
    var values: [Float] = []
    for start in stride(from: 0, to: count, by: 1 << 16) {
      values += try column.read(rows: start..<min(start + 1 << 16, count), as: Float.self)
    }
    return values
  }
}
