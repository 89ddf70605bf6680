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
  let group: Group

  /// The group of the rows' columns.
  static let groupName = "examples"
  /// The column of the examples' names, where the data have them.
  static let nameColumn = "name"

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
    group = try root.group(ResultsFile.groupName)
    let index = try group.dataset("index")
    guard index.shape.count == 1 else { throw refuse("\(index.path): expected shape [n], found \(index.shape)") }
    count = index.shape[0]
    settings = try ResultsSettings(from: root)
    started = try root.string("started") ?? ""
    finished = try root.string("finished")
  }

  /// Reads some rows.
  ///
  /// - Throws: `HDF5Error` where they can't be read, `EvidenceError` (`invalidResults`) where columns of such rows are
  ///   missing or of another shape.
  public func rows<Row: ResultRow>(_ range: Range<Int>, of type: Row.Type = Row.self) throws -> [Row] {
    try columns(of: type).read(range)
  }

  /// Every row in turn, read in blocks.
  ///
  /// - Throws: As `rows`.
  public func stream<Row: ResultRow>(of type: Row.Type = Row.self) throws -> ResultsStream<Row> {
    ResultsStream(try columns(of: type))
  }

  /// Whether rows have such a column.
  ///
  /// - Throws: `HDF5Error` where the file can't be read.
  public func hasColumn(_ name: String) throws -> Bool { try group.hasChild(name) }

  /// The name of each row's example; nil where the data had none.
  ///
  /// - Throws: `HDF5Error` where they can't be read, `EvidenceError` (`invalidResults`) where there are more or fewer than rows.
  public func exampleNames() throws -> [String]? {
    guard try group.hasChild(ResultsFile.nameColumn) else { return nil }
    let names = try group.dataset(ResultsFile.nameColumn).readStrings(limit: 1 << 27)
    guard names.count == count else {
      throw EvidenceError(
        .invalidResults, "\(path): /examples/name: expected \(count) names, as in /examples/index, found \(names.count)"
      )
    }
    return names
  }

  /// Reads the numbers of the examples of some rows.
  func indices(_ range: Range<Int>) throws -> [Int] {
    try group.dataset("index").read(rows: range, as: Int.self)
  }

  func columns<Row: ResultRow>(of type: Row.Type) throws -> ResultsColumns<Row> {
    try ResultsColumns(group, count: count, settings: settings, file: path)
  }
}

/// The rows of a results file, one after the other; memory does not grow with the file.
public struct ResultsStream<Row: ResultRow> {
  private let columns: ResultsColumns<Row>
  private var block: [Row] = []
  private var position = 0
  private var start = 0

  init(_ columns: ResultsColumns<Row>) { self.columns = columns }

  /// The next row; nil after the last.
  ///
  /// - Throws: `HDF5Error` where it can't be read.
  public mutating func next() throws -> Row? {
    if position == block.count {
      start += block.count
      position = 0
      block = try columns.read(start..<min(start + ResultsFile.blockRows, columns.count))
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
