import HDF5

/// What AnnData says of the rows and columns of its matrices.
struct AnnData {
  private let root: Group

  /// Nil for a file that is not AnnData's: a group or a table of rows, and one of columns, beside the matrix X.
  init?(_ root: Group) {
    guard (try? root.hasChild("obs")) == true, (try? root.hasChild("var")) == true else { return nil }
    self.root = root
  }

  /// The names of variables (`var`) or of examples (`obs`); nil where the frame has no index of strings.
  func index(of frame: String) throws -> [String]? {
    guard let group = try? root.group(frame) else { return nil }
    let name = try group.attributeType("_index") == .string ? group.string("_index") : nil
    for candidate in [name, "_index", "index"].compactMap(\.self) where try group.hasChild(candidate) {
      guard let dataset = try? group.dataset(candidate), dataset.type == .string else { continue }
      return try dataset.readStrings(limit: 1 << 27)
    }
    return nil
  }

  /// The frame that names the columns of a matrix: `raw` has one of its own.
  static func frame(ofColumnsOf path: String) -> String { path.hasPrefix("/raw/") ? "raw/var" : "var" }

  /// Matrices beside one that might hold counts.
  var otherMatrices: [String] {
    let layers = ((try? root.group("layers").children()) ?? []).map { "/layers/\($0.name)" }
    return ["/X"] + layers + ["/raw/X"]
  }
}

/// Tells counts from what analyses make of them.
struct CountSearch {
  private let source: any FileSource
  /// Examples that are looked at: always the first, whatever range is evaluated.
  private static let examplesLookedAt = 64

  init(_ source: any FileSource) { self.source = source }

  /// Refuses fractions where counts are wanted, and says which matrix of the file has counts.
  func requireCounts(_ data: Dataset) throws {
    guard data.preprocessing == Preprocessing(), !source.storesIntegers, let value = try fraction(source),
      let root = try? File(reading: source.file).root, let annData = AnnData(root)
    else { return }
    let others = annData.otherMatrices.filter { path in
      guard path != source.path, let other = try? HDF5Source(file: source.file, dataset: path) else { return false }
      return (try? fraction(other) == nil) == true
    }
    throw EvidenceError(
      .invalidData,
      "found \(value), as in data that were normalized and log-transformed; counts are wanted"
        + (others.isEmpty
          ? ", and no other matrix of the file has them"
          : ": \(others.joined(separator: " and ")) holds whole numbers"),
      remedies: others.isEmpty ? [] : [.nameDataset])
  }

  /// The first number that is none of a count, among the first examples.
  private func fraction(_ source: any FileSource) throws -> Float? {
    let rows = 0..<min(source.count, Self.examplesLookedAt)
    var values = [Float](repeating: 0, count: rows.count * source.exampleShape.reduce(1, *))
    try values.withUnsafeMutableBufferPointer { try source.read(rows, into: $0) }
    return values.first { $0 >= 0 && $0 != $0.rounded() }
  }
}
