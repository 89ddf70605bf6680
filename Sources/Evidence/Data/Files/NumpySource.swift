import Foundation

/// Examples in an array of numpy: a `.npy` file, or one of the arrays of an `.npz` archive.
public struct NumpySource: FileSource {
  /// The file's path.
  public let file: String
  /// The array's name in its archive; `/` for a file of one array.
  public let path: String
  /// What was found out about how the data are stored and was done about it.
  public let notes: [String] = []
  /// Whether the elements are stored as integers.
  public let storesIntegers: Bool
  /// The type of an element, as numpy calls it.
  public let type: String
  private let array: OrderedArray

  /// How many examples the array holds.
  public var count: Int { array.shape[0] }
  /// The shape of one: that of the array without its first axis.
  public var exampleShape: [Int] { Array(array.shape.dropFirst()) }

  /// Opens an array; of an archive without a name, the only one of two or more axes.
  ///
  /// - Parameters:
  ///   - path: A file of either kind, told by its first bytes.
  ///   - name: The array of an archive.
  ///   - axes: The order in which the axes are taken, the first of them counting examples.
  /// - Throws: `EvidenceError` where the file is no such file, is not complete, or holds something else than numbers.
  public init(file path: String, dataset name: String? = nil, axes: [Int]? = nil) throws {
    let bytes = try NumpySource.contents(of: path)
    let array: NumpyArray
    if NumpyArray.isArray(bytes.prefix(6)) {
      self.path = "/"
      array = try NumpyArray(bytes, place: path)
    } else {
      let archive = try NumpyArchive(bytes, file: path)
      let chosen = try archive.array(named: name)
      self.path = chosen.name
      array = chosen.array
    }
    guard !array.shape.isEmpty else {
      throw EvidenceError(.invalidData, "\(path): \(self.path): expected shape [N, …], found a scalar")
    }
    file = path
    type = array.element.name
    storesIntegers = array.element.kind == .unsigned || array.element.kind == .signed
    self.array = try OrderedArray(array, stored: array.order, axes: axes, place: path)
  }

  /// The names of the arrays of an archive; one, `/`, for a file of one array.
  ///
  /// - Throws: As `init`.
  public static func names(in path: String) throws -> [String] {
    let bytes = try contents(of: path)
    return NumpyArray.isArray(bytes.prefix(6)) ? ["/"] : try NumpyArchive(bytes, file: path).names
  }

  private static func contents(of path: String) throws -> Data {
    do { return try Data(contentsOf: URL(filePath: path), options: .mappedIfSafe) } catch {
      throw EvidenceError(.inputOutput, "\(path): the file can't be read: \(error.localizedDescription)")
    }
  }

  /// 64-bit numbers and 32-bit integers as doubles.
  public func readUnrounded(_ rows: Range<Int>) throws -> [Double]? {
    array.base.isWiderThanFloat ? try array.unrounded(rows) : nil
  }

  /// Reads consecutive examples, as stored.
  public func read(_ rows: Range<Int>, into values: UnsafeMutableBufferPointer<Float>) throws {
    try array.read(rows, into: values)
  }
}
