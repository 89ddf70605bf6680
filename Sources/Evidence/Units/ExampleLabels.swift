import HDF5

/// Labels of examples: a dataset of [N] or [N, …] beside the examples, carried over to what is written about them.
public struct ExampleLabels: Sendable {
  /// One label as people read it.
  public enum Label: Sendable, Equatable {
    /// An integer or a boolean.
    case integer(Int)
    /// A number.
    case number(Double)
    /// Text.
    case text(String)
  }

  private let file: String
  private let dataset: HDF5.Dataset
  /// Text is read whole; numbers a block at a time.
  private let strings: [String]?

  /// Opens the labels.
  ///
  /// `path`: the dataset inside the file.
  ///
  /// `count`: the number of examples that there must be labels for.
  ///
  /// - Throws: `HDF5Error`; `EvidenceError` for another number of labels or a type that is no label.
  public init(file: String, path: String, count: Int) throws {
    self.file = file
    dataset = try File(reading: file).root.dataset(path)
    guard dataset.shape.first == count else {
      throw EvidenceError(
        .invalidData,
        "\(file): \(dataset.path): expected a label for each of \(count) examples, found shape \(dataset.shape)")
    }
    switch dataset.type {
    case .integer, .boolean, .float, .bfloat16: strings = nil
    case .string where dataset.shape.count == 1: strings = try dataset.readStrings()
    case .string, .other:
      throw EvidenceError(
        .invalidData,
        "\(file): \(dataset.path): expected numbers, or text of shape [N], as labels; "
          + "found \(dataset.type) of shape \(dataset.shape)")
    }
  }

  /// The dataset's path.
  public var path: String { dataset.path }

  /// The label of an example; nil where an example has several.
  ///
  /// - Throws: `HDF5Error`.
  public func label(of example: Int) throws -> Label? {
    guard dataset.shape.count == 1 else { return nil }
    if let strings { return .text(strings[example]) }
    if case .float = dataset.type {
      return try dataset.read(rows: example..<example + 1, as: Double.self).first.map(Label.number)
    }
    return try dataset.read(rows: example..<example + 1, as: Int.self).first.map(Label.integer)
  }

  /// Copies the labels of some examples to a dataset of the same type.
  func copy(_ rows: Range<Int>, to group: Group, name: String) throws {
    if let strings {
      let copy = try group.createDataset(name, type: .string, shape: [rows.count])
      return try copy.writeStrings(Array(strings[rows]))
    }
    // Booleans become the bytes that they are.
    let type = dataset.type == .boolean ? ElementType.integer(bits: 8, signed: true) : dataset.type
    let shape = [rows.count] + dataset.shape.dropFirst()
    let copy = try group.createDataset(name, type: type, shape: shape)
    let block = max(1, 65_536 / max(1, copy.elementCount / max(1, rows.count)))
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: block) {
      let part = start..<min(start + block, rows.upperBound)
      switch type {
      case .float: try copy.write(dataset.read(rows: part, as: Double.self), atRow: start - rows.lowerBound)
      case .integer(64, false):
        try copy.write(dataset.read(rows: part, as: UInt64.self), atRow: start - rows.lowerBound)
      default: try copy.write(dataset.read(rows: part, as: Int64.self), atRow: start - rows.lowerBound)
      }
    }
  }
}
