/// Examples in a file.
public protocol FileSource: ExampleSource {
  /// The file's path.
  var file: String { get }
  /// The dataset's path inside the file.
  var path: String { get }
  /// What was found out about how the data are stored and was done about it, in words; for people.
  var notes: [String] { get }
  /// Whether the elements are stored as integers, and mean what they say: no factor stands beside them.
  var storesIntegers: Bool { get }
  /// The name of each element of an example, where the file has them.
  var variableNames: [String]? { get throws }
  /// The name of each example, where the file has them.
  var exampleNames: [String]? { get throws }
}

extension FileSource {
  /// None.
  public var variableNames: [String]? { get throws { nil } }
  /// None.
  public var exampleNames: [String]? { get throws { nil } }
}

/// An array in a file, of which a range along any axis can be read.
protocol StoredArray: Sendable {
  /// The extent of each axis.
  var shape: [Int] { get }
  /// Whether some elements are rounded where they are read as floats.
  var isWiderThanFloat: Bool { get }
  /// Reads the elements whose index along an axis is in a range, in the order of the file.
  func read(_ range: Range<Int>, axis: Int, into buffer: UnsafeMutableBufferPointer<Float>) throws
  /// The same in double precision.
  func read(_ range: Range<Int>, axis: Int, into buffer: UnsafeMutableBufferPointer<Double>) throws
}

/// An array with its axes in another order: the first of them counts examples.
struct OrderedArray: Sendable {
  let base: any StoredArray
  /// Axis i of this array is axis `order[i]` of the stored one.
  let order: [Int]
  /// The extents in this order.
  let shape: [Int]

  /// `order`: a permutation of the stored array's axes.
  init(_ base: any StoredArray, order: [Int]? = nil) {
    self.base = base
    let stored = base.shape
    self.order = order ?? Array(stored.indices)
    shape = self.order.map { stored[$0] }
  }

  /// The array whose file has its axes in the order `stored`, taken in the order `axes` where one is asked for.
  ///
  /// - Throws: `EvidenceError` where that is no order of its axes.
  init(_ base: any StoredArray, stored: [Int]?, axes: [Int]?, place: String) throws {
    let rank = base.shape.count
    if let axes, axes.sorted() != Array(0..<rank) {
      throw EvidenceError(
        .invalidSetting,
        "the order of axes \(axes): expected each of 0 … \(rank - 1) once, as \(place) has \(rank) axes")
    }
    self.init(base, order: axes.map { $0.map { stored?[$0] ?? $0 } } ?? stored)
  }

  private var isAsStored: Bool { order == Array(order.indices) }

  func read(_ rows: Range<Int>, into target: UnsafeMutableBufferPointer<Float>) throws {
    if isAsStored { return try base.read(rows, axis: 0, into: target) }
    try reorder(rows, into: target) { try base.read(rows, axis: order[0], into: $0) }
  }

  /// The elements of rows before they are rounded to floats.
  func unrounded(_ rows: Range<Int>) throws -> [Double] {
    var values = [Double](repeating: 0, count: rows.count * shape.dropFirst().reduce(1, *))
    try values.withUnsafeMutableBufferPointer { target in
      if isAsStored { return try base.read(rows, axis: 0, into: target) }
      try reorder(rows, into: target) { try base.read(rows, axis: order[0], into: $0) }
    }
    return values
  }

  /// Copies rows, which `read` gives in the order of the file.
  private func reorder<Value: BinaryFloatingPoint>(
    _ rows: Range<Int>, into target: UnsafeMutableBufferPointer<Value>,
    read: (UnsafeMutableBufferPointer<Value>) throws -> Void
  ) throws {
    var extents = base.shape
    extents[order[0]] = rows.count
    let count = extents.reduce(1, *)
    // Not on the stack, which may be small.
    var block = [Value](repeating: 0, count: count)
    try block.withUnsafeMutableBufferPointer { try read($0) }
    var strides = [Int](repeating: 1, count: extents.count)
    for index in extents.indices.dropLast().reversed() { strides[index] = strides[index + 1] * extents[index + 1] }
    let ordered = order.map { (extent: extents[$0], stride: strides[$0]) }
    var place = [Int](repeating: 0, count: ordered.count)
    var offset = 0
    for element in 0..<count {
      target[element] = block[offset]
      // The next place, last axis fastest.
      for index in ordered.indices.reversed() {
        place[index] += 1
        offset += ordered[index].stride
        if place[index] < ordered[index].extent { break }
        offset -= ordered[index].stride * ordered[index].extent
        place[index] = 0
      }
    }
  }
}
