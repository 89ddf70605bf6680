import Foundation
import HDF5

/// Results files of parts of one run, put together: the file that one process would have made of all of it.
///
/// Rows are copied column by column, a block at a time, whatever kind they are of: memory does not grow with them.
public struct ResultsMerge: Sendable {
  /// One of the files.
  public struct Part: Sendable {
    /// Where it is.
    public let path: String
    /// What its rows depend on, and its examples.
    public let settings: ResultsSettings
    /// Rows in it.
    public let count: Int
    /// The first lines of an account of the run.
    let started: String
  }

  /// The files in the order of their examples.
  public let parts: [Part]
  /// The examples of them all.
  public let examples: Range<Int>

  /// Looks at files; they are opened one after the other.
  ///
  /// - Parameters:
  ///   - paths: The files, in any order.
  ///   - examples: The examples that they should hold; by default what the files say the whole run has, else from the
  ///     first of them to the last.
  ///   - allowsMixed: Whether files may be made with different sets of processor instructions, whose numbers differ by
  ///     rounding.
  /// - Throws: `EvidenceError` (`invalidResults`) where they are not parts of one run, by the name of what differs; where
  ///   some examples are missing, or in two of them. `HDF5Error` where one can't be read.
  public init(_ paths: [String], examples: Range<Int>? = nil, allowsMixed: Bool = false) throws {
    var parts: [Part] = []
    for path in paths {
      let file = try ResultsFile(reading: path)
      parts.append(Part(path: path, settings: file.settings, count: file.count, started: file.started))
    }
    guard let first = parts.first else { throw EvidenceError(.invalidSetting, "no results to merge") }
    for part in parts.dropFirst() {
      let differences = part.settings.differences(between: first.settings)
      guard differences.isEmpty else {
        throw EvidenceError(
          .invalidResults,
          "\(first.path) and \(part.path) are not of one run: " + differences.joined(separator: "; "))
      }
      let (one, other) = (first.settings.facts.instructionSet, part.settings.facts.instructionSet)
      guard allowsMixed || one == other else {
        throw EvidenceError(
          .invalidResults,
          "\(first.path) and \(part.path) were made with different processor instructions, "
            + "\(one ?? "unknown") and \(other ?? "unknown"): their numbers differ by rounding",
          remedies: [.allowMixed])
      }
    }
    parts.sort { ($0.settings.examples.lowerBound, $0.path) < ($1.settings.examples.lowerBound, $1.path) }
    self.parts = parts
    let wholes = Set(parts.compactMap(\.settings.facts.wholeRange))
    let lower = parts.map(\.settings.examples.lowerBound).min() ?? 0
    let upper = parts.map(\.settings.examples.upperBound).max() ?? 0
    self.examples = examples ?? (wholes.count == 1 ? wholes.first : nil) ?? lower..<upper
    try checkCover()
  }

  /// Ranges of examples that no file holds, in order.
  public static func holes(in parts: [Part], of examples: Range<Int>) -> [Range<Int>] {
    var holes: [Range<Int>] = []
    var next = examples.lowerBound
    for part in parts {
      let range = part.settings.examples.lowerBound..<part.settings.examples.lowerBound + part.count
      if range.lowerBound > next { holes.append(next..<range.lowerBound) }
      next = max(next, range.upperBound)
    }
    if next < examples.upperBound { holes.append(next..<examples.upperBound) }
    return holes
  }

  /// An error of missing examples: which, and a part whose settings make them.
  public struct Holes: Error, Sendable {
    /// The ranges that are missing.
    public let ranges: [Range<Int>]
    /// A part that begins a range but does not end it: to be gone on with.
    public let unfinished: [Part]
    /// Any part, for the settings of the run.
    public let model: Part
  }

  private func checkCover() throws {
    for (one, other) in zip(parts, parts.dropFirst()) {
      let end = one.settings.examples.lowerBound + one.count
      guard end > other.settings.examples.lowerBound else { continue }
      let last = min(end, other.settings.examples.lowerBound + other.count)
      throw EvidenceError(
        .invalidResults,
        "\(one.path) and \(other.path) both hold the examples \(other.settings.examples.lowerBound)..\(last)")
    }
    guard let first = parts.first, let last = parts.last else { return }
    guard examples.lowerBound <= first.settings.examples.lowerBound,
      last.settings.examples.lowerBound + last.count <= examples.upperBound
    else {
      throw EvidenceError(
        .invalidResults,
        "the files hold examples outside \(examples.lowerBound)..\(examples.upperBound): "
          + "\(first.settings.examples.lowerBound)..\(last.settings.examples.lowerBound + last.count)")
    }
    let holes = ResultsMerge.holes(in: parts, of: examples)
    if !holes.isEmpty {
      throw Holes(
        ranges: holes, unfinished: parts.filter { $0.count < $0.settings.examples.count }, model: first)
    }
  }

  /// Writes the one file.
  ///
  /// - Parameters:
  ///   - path: The file to make.
  ///   - check: Called between blocks; what it throws leaves nothing behind.
  /// - Throws: `EvidenceError`: `cannotCreateOutput` where there is a file already or none can be made, `inputOutput` where it
  ///   can't be written, `invalidResults` where a file has changed or holds other columns. `HDF5Error`.
  public func write(to path: String, check: () throws -> Void = {}) throws {
    guard let first = parts.first else { return }
    var settings = first.settings
    settings.examples = examples
    settings.facts.wholeRange = nil
    let sets = Set(parts.compactMap(\.settings.facts.instructionSet)).sorted()
    settings.facts.instructionSet = sets.isEmpty ? nil : sets.joined(separator: ", ")
    if parts.contains(where: { $0.settings.facts.isCrossEntropy == true }) { settings.facts.isCrossEntropy = true }
    let started = parts.map(\.started).filter { !$0.isEmpty }.min()
    try ResultsWriter<LogLikelihoodMeasurement>.making(path) {
      try ResultsWriter<LogLikelihoodMeasurement>.requireVacant(path, path)
      try ResultsSnapshot<LogLikelihoodMeasurement>.assemble(path, settings, started: started) { file in
        var columns: MergedColumns?
        for part in parts {
          let source = try File(reading: part.path).root.group(ResultsFile.groupName)
          let opened = try columns ?? MergedColumns(like: source, in: file, settings: settings)
          columns = opened
          try opened.append(source, part, check: check)
        }
      }
    }
  }
}

/// The columns of a file that rows are copied to.
private struct MergedColumns {
  private let columns: [(name: String, target: HDF5.Dataset)]
  private let settings: ResultsSettings

  /// Makes the columns that a group has.
  init(like source: Group, in file: File, settings: ResultsSettings) throws {
    let group = try file.root.createGroup(ResultsFile.groupName)
    let chunkRows = max(1, min(ResultsFile.blockRows, settings.examples.count))
    self.settings = settings
    columns = try ResultsDimensions.columns(in: source, settings).map { name in
      let column = try source.dataset(name)
      let target = try group.createDataset(
        name, type: column.type, shape: [0] + column.shape.dropFirst(), extendable: true, chunkRows: chunkRows)
      let labels = settings.labels(of: name)
      if !labels.isEmpty { try target.setAttribute(ResultsSettings.labelAttribute(of: name), labels) }
      return (name, target)
    }
  }

  /// Copies the rows of a part.
  func append(_ source: Group, _ part: ResultsMerge.Part, check: () throws -> Void) throws {
    let names = try ResultsDimensions.columns(in: source, settings)
    guard Set(names) == Set(columns.map(\.name)) else {
      throw EvidenceError(.invalidResults, "\(part.path): /examples has other columns than the first file")
    }
    for (name, target) in columns {
      let column = try source.dataset(name)
      guard column.shape.first == part.count, column.shape.dropFirst() == target.shape.dropFirst(),
        column.type == target.type
      else {
        throw EvidenceError(
          .invalidResults,
          "\(part.path): \(column.path): expected \(part.count) rows of \(target.type), found \(column.type) \(column.shape)"
        )
      }
      if column.type == .string {
        try target.append(strings: try column.readStrings(limit: 1 << 27))
        continue
      }
      // About a megabyte of numbers.
      let block = max(1, (1 << 17) / max(1, column.shape.dropFirst().reduce(1, *)))
      for start in stride(from: 0, to: part.count, by: block) {
        try check()
        let rows = start..<min(start + block, part.count)
        if name == "index" {
          let values = try column.read(rows: rows, as: Int.self)
          let first = part.settings.examples.lowerBound + start
          guard values.elementsEqual(first..<first + rows.count) else {
            throw EvidenceError(
              .invalidResults, "\(part.path): /examples/index: expected \(first), \(first + 1), … in order")
          }
          try target.append(rows: values)
        } else if case .integer = column.type {
          try target.append(rows: try column.read(rows: rows, as: Int.self))
        } else {
          try target.append(rows: try column.read(rows: rows, as: Double.self))
        }
      }
    }
  }
}
