import Evidence
import HDF5
import JSON
import Wording

/// What a file of data holds: each dataset with its shape, its type and the range of its values.
package struct DataInspection: RunOutcome {
  let path: String
  let datasets: [Entry]

  /// A dataset.
  struct Entry {
    let path: String
    let shape: [Int]
    let type: String
    let rowsPerChunk: Int?
    /// Nil where the elements are no numbers, or can't be read: `trouble` says why.
    let values: Values?
    let trouble: String?
  }

  /// The values of a dataset, in one pass.
  struct Values: Equatable {
    var minimum = Double.infinity
    var maximum = -Double.infinity
    var nonFinite = 0
    /// Whether every value is 0 or 1.
    var isBinary = true
    /// Whether every value is whole.
    var isWhole = true

    mutating func add(_ value: Double) {
      guard value.isFinite else {
        nonFinite += 1
        isBinary = false
        isWhole = false
        return
      }
      minimum = min(minimum, value)
      maximum = max(maximum, value)
      if value != 0 && value != 1 { isBinary = false }
      if value != value.rounded(.down) { isWhole = false }
    }
  }

  /// Reads every dataset, a block of rows at a time.
  package init(_ file: HDF5.File, host: any RunHost) throws {
    path = file.name
    let found = try file.root.allDatasets()
    // Compressed values may be a thousand times the size of their file, which the limit goes by.
    host.expectLongReading()
    datasets = try found.map { dataset in
      var values: Values?
      var trouble: String?
      if dataset.type.isNumeric {
        do { values = try DataInspection.values(of: dataset) } catch let error as HDF5Error { trouble = error.message }
      }
      return Entry(
        path: dataset.path, shape: dataset.shape, type: dataset.type.description, rowsPerChunk: dataset.rowsPerChunk,
        values: values, trouble: trouble)
    }
  }

  /// Reads the examples of an array, a block at a time.
  package init(_ source: some FileSource) throws {
    path = source.file
    let data = Evidence.Dataset(source)
    var values = Values()
    for start in stride(from: 0, to: source.count, by: 256) {
      for value in try data.batch(start..<min(start + 256, source.count)).values { values.add(Double(value)) }
    }
    datasets = [
      Entry(
        path: source.path, shape: [source.count] + source.exampleShape,
        type: source.storesIntegers ? "integer" : "number",
        rowsPerChunk: nil, values: source.count > 0 ? values : nil, trouble: nil)
    ]
  }

  private static let blockElements = 1 << 20

  private static func values(of dataset: HDF5.Dataset) throws -> Values? {
    var values = Values()
    guard let rows = dataset.shape.first else {
      for value in try dataset.read(as: Double.self) { values.add(value) }
      return values
    }
    guard dataset.elementCount > 0 else { return nil }
    let block = max(1, blockElements / max(1, dataset.elementCount / rows))
    for start in stride(from: 0, to: rows, by: block) {
      for value in try dataset.read(rows: start..<min(start + block, rows), as: Double.self) { values.add(value) }
    }
    return values
  }
}

extension DataInspection {
  package var warnings: [RunWarning] { [] }

  /// The report for people.
  package func text(in words: any RunWords) -> String {
    guard !datasets.isEmpty else { return "\(path): no datasets" }
    var table = TextTable([.left, .left, .left, .left, .left])
    table.add(["dataset", "shape", "type", "storage", "values"])
    for entry in datasets {
      let storage = entry.rowsPerChunk.map { "chunks of \(Text.counted($0, "row"))" } ?? "in one piece"
      table.add([entry.path, Text.shape(entry.shape), entry.type, storage, entry.words])
    }
    return ([path] + table.lines).joined(separator: "\n")
  }

  /// The same for programs.
  package func json(in words: any RunWords) -> JSONValue {
    ["command": "inspect", "kind": "data", "path": .string(path), "datasets": .array(datasets.map(\.json))]
  }
}

extension DataInspection.Entry {
  fileprivate var json: JSONValue {
    [
      "path": .string(path),
      "shape": JSONValue(shape),
      "type": .string(type),
      "rowsPerChunk": JSONValue(rowsPerChunk),
      "min": JSONValue(values?.minimum),
      "max": JSONValue(values?.maximum),
      "nonFinite": JSONValue(values?.nonFinite),
    ]
  }

  fileprivate var words: String {
    if let trouble { return trouble }
    guard let values else { return shape.contains(0) ? "none" : "" }
    if values.minimum == values.maximum && values.nonFinite == 0 { return "all \(Text.plain(values.minimum))" }
    if values.isBinary { return "0 and 1" }
    var words = "none finite"
    if values.minimum <= values.maximum {
      let ends = [values.minimum, values.maximum]
      words = ends.map { values.isWhole ? Text.plain($0) : Text.significant($0, 4) }.joined(separator: " to ")
    }
    if values.nonFinite > 0 { words += ", \(Text.count(values.nonFinite)) NaN or infinite" }
    return words
  }
}
