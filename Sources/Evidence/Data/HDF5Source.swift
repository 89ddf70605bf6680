import HDF5

/// Examples in a dataset of an HDF5 file: [N, …], read a range of rows at a time.
public struct HDF5Source: ExampleSource {
  /// The file's path.
  public let file: String
  /// The dataset's path inside the file.
  public let path: String
  private let dataset: HDF5.Dataset

  /// How many examples the dataset holds.
  public var count: Int { dataset.shape[0] }
  /// The shape of one: that of the dataset without its first axis.
  public var exampleShape: [Int] { Array(dataset.shape.dropFirst()) }

  /// Opens a dataset of a file; without a name, the only one of two or more axes.
  ///
  /// - Throws: `HDF5Error` where the file can't be read, or can't hold what its shape says; `EvidenceError` where the
  ///   dataset isn't one of numbers, or the file holds several that could be meant: the candidates are listed.
  public init(file path: String, dataset name: String? = nil) throws {
    let root = try File(reading: path).root
    if let name {
      dataset = try root.dataset(name)
    } else {
      let candidates = try root.allDatasets().filter { $0.shape.count >= 2 }
      guard let only = candidates.first, candidates.count == 1 else {
        let list = candidates.map { "\($0.path) \($0.shape)" }.joined(separator: ", ")
        throw EvidenceError(
          .invalidData,
          candidates.isEmpty
            ? "\(path): no dataset of two or more axes"
            : "\(path): \(candidates.count) datasets could be meant; name one with --dataset: \(list)")
      }
      dataset = only
    }
    guard dataset.shape.count >= 1 else {
      throw EvidenceError(.invalidData, "\(path): \(dataset.path): expected shape [N, …], found a scalar")
    }
    switch dataset.type {
    case .integer, .float, .boolean: break
    case .string, .other:
      throw EvidenceError(
        .invalidData, "\(path): \(dataset.path): expected integers, floats or booleans, found \(dataset.type)")
    }
    // No rows at all: what this does is to hold the shape against the file, before anything is allocated for it.
    try dataset.read(rows: 0..<0, into: UnsafeMutableBufferPointer<Float>(start: nil, count: 0))
    file = path
    self.path = dataset.path
  }

  /// Reads consecutive examples, as stored.
  public func read(_ rows: Range<Int>, into values: UnsafeMutableBufferPointer<Float>) throws {
    try dataset.read(rows: rows, into: values)
  }
}
