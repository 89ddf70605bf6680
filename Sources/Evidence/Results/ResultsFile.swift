import HDF5

/// A results file, open for reading: settings, and a row for each example that was saved.
///
/// It may belong to a run that goes on: what is read is the file as it was when it was opened.
public struct ResultsFile: Sendable {
  /// The value of attribute `format`.
  static let format = "evidence-results"
  /// The value of attribute `version` that this package reads and writes.
  static let version = 1

  /// The file's path.
  public let path: String
  /// What the results depend on.
  public let settings: ResultsSettings
  /// Rows in the file.
  public let count: Int
  /// When the run began: UTC, ISO 8601.
  public let started: String
  /// When every example had been measured; nil while some are missing.
  public let finished: String?
  private let counts: [HDF5.Dataset?]
  private let numbers: [HDF5.Dataset?]
  private let curve: HDF5.Dataset?

  /// Opens a results file.
  ///
  /// - Throws: `HDF5Error` where there is no such file or it can't be read, `EvidenceError` (`invalidResults`) where it is
  ///   not a results file.
  public init(reading path: String) throws {
    try self.init(File(reading: path))
  }

  /// Takes an open file for a results file.
  init(_ file: File) throws {
    let root = try file.root
    path = file.name
    func refuse(_ words: String) -> EvidenceError { EvidenceError(.invalidResults, "\(file.name): \(words)") }
    guard try root.attributeType("format") == .string, try root.string("format") == ResultsFile.format else {
      throw refuse("not a results file: expected attribute format = \"\(ResultsFile.format)\"")
    }
    guard let version = try root.integer("version"), version == ResultsFile.version else {
      let found = try root.integer("version").map(String.init) ?? "none"
      throw refuse("version \(found) of the results file can't be read; expected version \(ResultsFile.version)")
    }
    let group = try root.group(ResultsColumns.group)
    func column(_ name: String, isOptional: Bool) throws -> HDF5.Dataset? {
      if isOptional, try !group.hasChild(name) { return nil }
      let dataset = try group.dataset(name)
      guard dataset.shape.count == 1 else {
        throw refuse("\(dataset.path): expected shape [n], found \(dataset.shape)")
      }
      return dataset
    }
    counts = try ResultsColumns.counts.map { try column($0.name, isOptional: $0.isOptional) }
    numbers = try ResultsColumns.numbers.map { try column($0.name, isOptional: $0.isOptional) }
    curve = try group.hasChild(ResultsColumns.curve) ? group.dataset(ResultsColumns.curve) : nil
    let points = try curve?.integers("samples") ?? []
    if let curve, curve.shape.count != 2 || curve.shape[1] != points.count || points.isEmpty {
      throw refuse(
        "\(curve.path): expected shape [n, \(points.count)], as its attribute samples says, found \(curve.shape)")
    }
    let columns = (counts + numbers + [curve]).compactMap(\.self)
    count = columns.first?.shape[0] ?? 0
    for other in columns where other.shape[0] != count {
      throw refuse("\(other.path): expected \(count) rows, as in \(columns[0].path), found \(other.shape[0])")
    }
    settings = try ResultsSettings(from: root, curveSamples: points)
    started = try root.string("started") ?? ""
    finished = try root.string("finished")
  }

  /// Reads some rows.
  ///
  /// - Throws: `HDF5Error` where they can't be read.
  public func rows(_ range: Range<Int>) throws -> [LogLikelihoodMeasurement] {
    var rows = Array(
      repeating: LogLikelihoodMeasurement(index: 0, logLikelihood: 0, elbo: 0, monteCarloStandardError: 0),
      count: range.count)
    for (column, dataset) in zip(ResultsColumns.counts, counts) {
      guard let values = try dataset?.read(rows: range, as: Int.self) else { continue }
      for position in rows.indices { rows[position][keyPath: column.path] = values[position] }
    }
    for (column, dataset) in zip(ResultsColumns.numbers, numbers) {
      guard let values = try dataset?.read(rows: range, as: Double.self) else { continue }
      for position in rows.indices { rows[position][keyPath: column.path] = values[position] }
    }
    if let values = try curve?.read(rows: range, as: Double.self) {
      let width = settings.curveSamples.count
      for position in rows.indices {
        rows[position].curve = Array(values[position * width..<(position + 1) * width])
      }
    }
    return rows
  }

  /// Reads the numbers of the examples of some rows.
  func indices(_ range: Range<Int>) throws -> [Int] {
    try counts[0]?.read(rows: range, as: Int.self) ?? []
  }

  /// Every row in turn, read in blocks.
  public var stream: ResultsStream { ResultsStream(self) }
}

/// The rows of a results file, one after the other; memory does not grow with the file.
public struct ResultsStream {
  private let file: ResultsFile
  private var block: [LogLikelihoodMeasurement] = []
  private var position = 0
  private var start = 0

  init(_ file: ResultsFile) { self.file = file }

  /// The next row; nil after the last.
  ///
  /// - Throws: `HDF5Error` where it can't be read.
  public mutating func next() throws -> LogLikelihoodMeasurement? {
    if position == block.count {
      start += block.count
      position = 0
      block = try file.rows(start..<min(start + ResultsFile.blockRows, file.count))
      if block.isEmpty { return nil }
    }
    position += 1
    return block[position - 1]
  }
}

extension ResultsFile {
  /// Rows stored, read and written together.
  static let blockRows = 1024
}
