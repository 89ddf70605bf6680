import Evidence
package import HDF5

/// What a file of data holds: each dataset with its shape, its type and the range of its values.
package struct DataInspection: RunOutcome {
  let path: String
  let datasets: [Entry]
  /// What else there is and is not read: links out of the file, datasets that are refused, each with the reason.
  var others: [(path: String, words: String)] = []

  /// A dataset.
  struct Entry {
    let path: String
    let shape: [Int]
    let type: String
    let rowsPerChunk: Int?
    /// Nil where the elements are no numbers, or can't be read: `trouble` says why.
    let values: Values?
    let trouble: String?

    init(path: String, shape: [Int], type: String, rowsPerChunk: Int?, values: Values?, trouble: String?) {
      (self.path, self.shape, self.type, self.rowsPerChunk) = (path, shape, type, rowsPerChunk)
      (self.values, self.trouble) = (values, trouble)
    }

    /// Reads a sparse matrix.
    init(_ matrix: Matrix) throws {
      do {
        self = try Entry(matrix.source.get(), type: "sparse, by rows")
      } catch let error as EvidenceError {
        self.init(path: matrix.path, shape: [], type: "sparse", rowsPerChunk: nil, values: nil, trouble: error.message)
      }
    }

    /// Reads examples, a block at a time.
    init(_ source: some FileSource, type: String) throws {
      let data = Evidence.Dataset(source)
      var values = Values()
      for start in stride(from: 0, to: source.count, by: 256) {
        for value in try data.batch(start..<min(start + 256, source.count)).values { values.add(Double(value)) }
      }
      self.init(
        path: source.path, shape: [source.count] + source.exampleShape, type: type, rowsPerChunk: nil,
        values: source.count > 0 ? values : nil, trouble: nil)
    }
  }

  /// A sparse matrix, opened; a failure where it lies by columns, or is damaged.
  struct Matrix {
    let path: String
    let source: Result<HDF5Source, any Error>

    init(path: String, file: String) {
      self.path = path
      source = Result { try HDF5Source(file: file, dataset: path) }
    }
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

    mutating func add(_ other: Values) {
      minimum = min(minimum, other.minimum)
      maximum = max(maximum, other.maximum)
      nonFinite += other.nonFinite
      isBinary = isBinary && other.isBinary
      isWhole = isWhole && other.isWhole
    }
  }

  /// Reads every dataset, a block of rows at a time.
  package init(_ file: HDF5.File, host: any RunHost) throws {
    path = file.name
    let survey = try file.root.survey()
    others = survey.others + survey.refusals.map { ($0.path ?? "", $0.message) }
    let matrices = DataInspection.matrices(survey).map { Matrix(path: $0, file: file.name) }
    // Compressed values may be a thousand times the size of their file, which the limit goes by. It holds for all that is
    // not numbers: libhdf5 goes in circles on damaged text.
    host.expectLongReading()
    datasets = try survey.datasets.flatMap { dataset -> [Entry] in
      if let matrix = matrices.first(where: { dataset.path.hasPrefix($0.path + "/") }) {
        return dataset.path == matrix.path + "/indptr" ? [try Entry(matrix)] : []
      }
      var values: Values?
      var trouble: String?
      if dataset.type.isNumeric {
        do { values = try DataInspection.values(of: dataset) } catch let error as HDF5Error { trouble = error.message }
      }
      if dataset.type == .other("compound") { trouble = "records, which are no numbers" }
      return [
        Entry(
          path: dataset.path, shape: dataset.shape, type: dataset.type.description, rowsPerChunk: dataset.rowsPerChunk,
          values: values, trouble: trouble)
      ]
    }
  }

  /// The groups that are sparse matrices by rows, as AnnData stores them.
  private static func matrices(_ survey: Survey) -> [String] {
    survey.datasets.filter { $0.path.hasSuffix("/indptr") }.map { String($0.path.dropLast("/indptr".count)) }
  }

  /// Reads the arrays of a file of numpy, a block at a time.
  package init(numpy path: String) throws {
    self.path = path
    let names = try NumpySource.names(in: path)
    datasets = try names.map { name in
      do {
        let source = try NumpySource(file: path, dataset: name == "/" ? nil : name)
        return try Entry(source, type: source.type)
      } catch let error as EvidenceError where names.count > 1 {
        return Entry(path: name, shape: [], type: "", rowsPerChunk: nil, values: nil, trouble: error.message)
      }
    }
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
