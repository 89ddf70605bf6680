import Statistics

/// Two results files compared example by example, over the examples that both hold.
public struct ResultsComparison: Sendable {
  /// The difference, the second file minus the first.
  public let difference: PairedDifference
  /// Examples that only the first file holds.
  public let onlyInFirst: Int
  /// Examples that only the second file holds.
  public let onlyInSecond: Int
  /// Examples whose k̂ is past its threshold in one file or both: their Monte Carlo errors are not to be trusted.
  public let unreliable: Int

  /// Compares.
  ///
  /// `largest`: how many of the largest changes to keep.
  ///
  /// - Throws: `EvidenceError` (`invalidResults`) where the files are of different data or have no example in common,
  ///   `HDF5Error` where one can't be read.
  public init(_ first: ResultsFile, _ second: ResultsFile, largest: Int = 10) throws {
    let differences = second.settings.dataDifferences(from: first.settings)
    guard differences.isEmpty else {
      throw EvidenceError(
        .invalidResults,
        "\(first.path) and \(second.path) are results on different data, so a difference would mean nothing\n"
          + differences.joined(separator: "; "))
    }
    var difference = PairedDifference(largest: largest)
    var unreliable = 0
    var left = try OrderedRows(first)
    var right = try OrderedRows(second)
    var a = try left.next()
    var b = try right.next()
    while let one = a, let other = b {
      if one.index < other.index {
        a = try left.next()
      } else if other.index < one.index {
        b = try right.next()
      } else {
        difference.add(one, other)
        if left.isUnreliable(one) || right.isUnreliable(other) { unreliable += 1 }
        a = try left.next()
        b = try right.next()
      }
    }
    self.difference = difference
    self.unreliable = unreliable
    onlyInFirst = first.count - difference.count
    onlyInSecond = second.count - difference.count
    guard difference.count > 0 else {
      throw EvidenceError(
        .invalidResults,
        "\(first.path) and \(second.path) have no example in common\n"
          + "\(first.path) holds \(OrderedRows.words(first)), \(second.path) \(OrderedRows.words(second))")
    }
  }
}

/// The rows of a file, which must be in the order of the dataset.
private struct OrderedRows {
  private let path: String
  private let threshold: Double
  private var rows: ResultsStream<LogLikelihoodMeasurement>
  private var last = -1

  init(_ file: ResultsFile) throws {
    path = file.path
    threshold = DiagnosticThresholds.paretoShape(samples: max(1, file.settings.samples))
    rows = try file.stream()
  }

  mutating func next() throws -> LogLikelihoodMeasurement? {
    guard let row = try rows.next() else { return nil }
    guard row.index > last else {
      throw EvidenceError(
        .invalidResults, "\(path): /examples/index: expected more than \(last) after it, found \(row.index)")
    }
    last = row.index
    return row
  }

  func isUnreliable(_ row: LogLikelihoodMeasurement) -> Bool { row.paretoK > threshold }

  static func words(_ file: ResultsFile) -> String {
    let range = file.settings.examples
    return "\(file.count) of \(range.lowerBound)..\(range.upperBound)"
  }
}
