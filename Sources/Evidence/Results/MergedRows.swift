/// The rows of several results files of one run over different ranges of examples, in the order of the dataset.
///
/// Adding them up, in this order, gives the bits of one run over the whole range:
///
///     var rows = try MergedRows<LogLikelihoodMeasurement>(files)
///     var sum = try LogLikelihoodAccumulator(samples: rows.settings.samples)
///     while let row = try rows.next() { sum.add(row) }
public struct MergedRows<Row: ResultRow> {
  /// What the rows depend on, with the range that they make together.
  public let settings: ResultsSettings
  private var streams: [ResultsStream<Row>]
  private var current = 0
  private var expected: Int

  /// Puts files in order.
  ///
  /// - Throws: `EvidenceError` (`invalidResults`) for no files, for files of different runs, and where examples are missing
  ///   or measured twice; `HDF5Error` where a file can't be read.
  public init(_ files: [ResultsFile]) throws {
    let files = files.sorted { $0.settings.examples.lowerBound < $1.settings.examples.lowerBound }
    guard let first = files.first else { throw EvidenceError(.invalidResults, "no results to merge") }
    var settings = first.settings
    var end = settings.examples.lowerBound
    for file in files {
      let differences = file.settings.differences(from: first.settings)
      guard differences.isEmpty else {
        throw EvidenceError(
          .invalidResults,
          "\(first.path) and \(file.path) are of different runs: \(differences.joined(separator: "; "))")
      }
      let range = file.settings.examples
      guard range.lowerBound == end, file.count == range.count else {
        throw EvidenceError(
          .invalidResults,
          "\(file.path): expected the examples from \(end) on, found \(file.count) of "
            + "\(range.lowerBound)..\(range.upperBound)")
      }
      end = range.upperBound
    }
    settings.examples = settings.examples.lowerBound..<end
    self.settings = settings
    expected = settings.examples.lowerBound
    streams = try files.map { try $0.stream(of: Row.self) }
  }

  /// The next row; nil after the last.
  ///
  /// - Throws: `HDF5Error` where it can't be read, `EvidenceError` (`invalidResults`) where it is not that of the next
  ///   example.
  public mutating func next() throws -> Row? {
    while current < streams.count {
      guard let row = try streams[current].next() else {
        current += 1
        continue
      }
      guard row.index == expected else {
        throw EvidenceError(.invalidResults, "expected the row of example \(expected), found \(row.index)")
      }
      expected += 1
      return row
    }
    return nil
  }
}
