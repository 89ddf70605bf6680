import HDF5

/// The columns of a results file, open for reading rows of one kind.
struct ResultsColumns<Row: ResultRow> {
  /// How many rows there are.
  let count: Int
  private let columns: [(column: ResultColumn<Row>, dataset: HDF5.Dataset)]

  /// Opens the columns of a group that holds `count` rows.
  init(_ group: Group, count: Int, settings: ResultsSettings, file: String) throws {
    func refuse(_ words: String) -> EvidenceError { EvidenceError(.invalidResults, "\(file): \(words)") }
    self.count = count
    columns = try Row.allColumns.compactMap { column in
      guard try group.hasChild(column.name) else {
        if column.isOptional { return nil }
        throw refuse("the rows of evidence \(settings.command) have no column \(column.name)")
      }
      let dataset = try group.dataset(column.name)
      if case .numbers = column.content {
        let attribute = ResultsSettings.labelAttribute(of: column.name)
        let width = settings.labels(of: column.name).count
        if dataset.shape.count != 2 || dataset.shape[1] != width || width == 0 {
          throw refuse(
            "\(dataset.path): expected shape [n, \(width)], as its attribute \(attribute) says, found \(dataset.shape)")
        }
      } else if dataset.shape.count != 1 {
        throw refuse("\(dataset.path): expected shape [n], found \(dataset.shape)")
      }
      guard dataset.shape[0] == count else {
        throw refuse("\(dataset.path): expected \(count) rows, as in /examples/index, found \(dataset.shape[0])")
      }
      return (column, dataset)
    }
  }

  /// Reads some rows.
  func read(_ range: Range<Int>) throws -> [Row] {
    var rows = Array(repeating: Row(index: 0), count: range.count)
    for (column, dataset) in columns {
      switch column.content {
      case .count(let place):
        let values = try dataset.read(rows: range, as: Int.self)
        for position in rows.indices { place.set(&rows[position], values[position]) }
      case .number(let place):
        let values = try dataset.read(rows: range, as: Double.self)
        for position in rows.indices { place.set(&rows[position], values[position]) }
      case .numbers(let place):
        let values = try dataset.read(rows: range, as: Double.self)
        let width = dataset.shape[1]
        for position in rows.indices {
          place.set(&rows[position], Array(values[position * width..<(position + 1) * width]))
        }
      }
    }
    return rows
  }

  /// Makes a file's columns, without rows.
  static func create(in group: Group, settings: ResultsSettings, chunkRows: Int) throws {
    func dataset(_ name: String, _ type: ElementType, _ shape: [Int] = [0]) throws -> HDF5.Dataset {
      try group.createDataset(name, type: type, shape: shape, extendable: true, chunkRows: chunkRows)
    }
    for column in Row.allColumns {
      switch column.content {
      case .count: _ = try dataset(column.name, .integer(bits: 64, signed: true))
      case .number: _ = try dataset(column.name, .float(bits: 64))
      case .numbers:
        let labels = settings.labels(of: column.name)
        guard !labels.isEmpty else { continue }
        try dataset(column.name, .float(bits: 64), [0, labels.count])
          .setAttribute(ResultsSettings.labelAttribute(of: column.name), labels)
      }
    }
    if settings.facts.exampleNames != nil { _ = try dataset(ResultsFile.nameColumn, .string) }
  }

  /// Adds rows to those of a file.
  static func append(_ rows: [Row], to group: Group, settings: ResultsSettings) throws {
    for column in Row.allColumns {
      switch column.content {
      case .count(let place): try group.dataset(column.name).append(rows: rows.map(place.get))
      case .number(let place): try group.dataset(column.name).append(rows: rows.map(place.get))
      case .numbers(let place):
        guard !settings.labels(of: column.name).isEmpty else { continue }
        try group.dataset(column.name).append(rows: rows.flatMap(place.get))
      }
    }
    if let names = settings.facts.exampleNames, try group.hasChild(ResultsFile.nameColumn) {
      try group.dataset(ResultsFile.nameColumn)
        .append(strings: rows.map { names.indices.contains($0.index) ? names[$0.index] : "" })
    }
  }
}
