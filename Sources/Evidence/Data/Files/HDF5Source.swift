import HDF5

/// Examples in a dataset of an HDF5 file: [N, …], read a range of rows at a time.
///
/// What the file says about its values is applied and said in `notes`: the axes of MATLAB's arrays, which are stored in
/// reverse; scale factors and offsets of the CF conventions. Missing values are an error that names the first.
public struct HDF5Source: FileSource {
  /// The file's path.
  public let file: String
  /// The dataset's path inside the file.
  public let path: String
  /// What was found out about how the data are stored and was done about it.
  public let notes: [String]
  /// Whether the elements are stored as integers without a factor.
  public let storesIntegers: Bool
  private let array: OrderedArray
  private let stored: StoredValues

  /// The names in AnnData's `var`, where there are as many as elements of an example.
  public var variableNames: [String]? {
    get throws { try names(of: AnnData.frame(ofColumnsOf: path), count: exampleShape.reduce(1, *)) }
  }

  /// The names in AnnData's `obs`, where there are as many as examples.
  public var exampleNames: [String]? { get throws { try names(of: "obs", count: count) } }

  private func names(of frame: String, count: Int) throws -> [String]? {
    guard let names = try AnnData(File(reading: file).root)?.index(of: frame), names.count == count else { return nil }
    return names
  }

  /// How many examples the dataset holds.
  public var count: Int { array.shape[0] }
  /// The shape of one: that of the dataset without its first axis.
  public var exampleShape: [Int] { Array(array.shape.dropFirst()) }

  /// Opens a dataset of a file; without a name, the only one of two or more axes.
  ///
  /// `axes`: the order in which the stored axes are taken, the first of them counting examples, as numpy's
  /// transpose takes it; nil for that of the file.
  ///
  /// - Throws: `HDF5Error` where the file can't be read, or can't hold what its shape says; `EvidenceError` where the
  ///   dataset isn't one of numbers, or the file holds several that could be meant: the candidates are listed.
  public init(file path: String, dataset name: String? = nil, axes: [Int]? = nil) throws {
    let root = try File(reading: path).root
    let choice = try DatasetChoice(root, named: name, file: path)
    file = path
    self.path = choice.path
    var notes: [String] = []
    let base: any StoredArray
    var order: [Int]?
    switch choice {
    case .sparse(let group):
      base = try SparseRows(group)
      stored = StoredValues()
      storesIntegers = false
    case .dense(let dataset):
      base = dataset
      stored = try StoredValues(dataset)
      if case .integer = dataset.type { storesIntegers = stored.isPlain } else { storesIntegers = false }
      // No rows at all: what this does is to hold the shape against the file, before anything is allocated for it.
      try dataset.read(rows: 0..<0, into: UnsafeMutableBufferPointer<Float>(start: nil, count: 0))
      if try dataset.attributeType("MATLAB_class") != nil, dataset.shape.count > 1 {
        order = Array(dataset.shape.indices.reversed())
        notes.append(
          "the file is MATLAB's, which stores axes in reverse: \(dataset.shape) is read as \(Array(dataset.shape.reversed()))"
        )
      }
      if !stored.isPlain {
        notes.append(
          "the stored values are multiplied by scale_factor = \(stored.scale), then add_offset = \(stored.offset)")
      }
      if dataset.type == .bfloat16 {
        notes.append("opaque elements of two bytes are read as bfloat16, as which h5py stores them")
      }
    }
    array = try OrderedArray(base, stored: order, axes: axes, place: "\(path): \(choice.path)")
    self.notes = notes
  }

  /// 64-bit numbers and 32-bit integers as doubles. With a factor, what is stored is an approximation already.
  public func readUnrounded(_ rows: Range<Int>) throws -> [Double]? {
    array.base.isWiderThanFloat && stored.isPlain ? try array.unrounded(rows) : nil
  }

  /// Reads consecutive examples, as stored.
  public func read(_ rows: Range<Int>, into values: UnsafeMutableBufferPointer<Float>) throws {
    try array.read(rows, into: values)
    let size = exampleShape.reduce(1, *)
    let count = min(values.count, rows.count * size)
    if let place = stored.apply(to: UnsafeMutableBufferPointer(rebasing: values[..<count])) {
      throw EvidenceError(
        .invalidData,
        "\(file): \(path): example \(rows.lowerBound + place / max(1, size)), element \(place % max(1, size)): the value is "
          + "missing (it equals _FillValue or missing_value); leave such examples out, or fill them in")
    }
  }
}
