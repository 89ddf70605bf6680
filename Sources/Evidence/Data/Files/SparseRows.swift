import HDF5

/// A sparse matrix by rows, as AnnData stores it: of row i, `data` holds the values and `indices` the columns from
/// `indptr[i]` to before `indptr[i + 1]`.
struct SparseRows: StoredArray {
  let shape: [Int]
  private let data: HDF5.Dataset
  private let indices: HDF5.Dataset
  private let starts: HDF5.Dataset
  private let place: String

  init(_ group: Group) throws {
    place = "\(group.file.name): \(group.path)"
    guard let shape = try group.integers("shape") ?? group.integers("h5sparse_shape"), shape.count == 2,
      shape.allSatisfy({ $0 >= 0 && $0 <= 1 << 40 })
    else { throw EvidenceError(.invalidData, "\(place): a sparse matrix has the attribute shape, two numbers") }
    self.shape = shape
    data = try group.dataset("data")
    indices = try group.dataset("indices")
    starts = try group.dataset("indptr")
    guard starts.shape == [shape[0] + 1], data.shape.count == 1, data.shape == indices.shape else {
      throw EvidenceError(
        .invalidData,
        "\(place): the parts of the sparse matrix \(shape) don't fit together: indptr \(starts.shape), "
          + "indices \(indices.shape), data \(data.shape)")
    }
  }

  var isWiderThanFloat: Bool { data.isWiderThanFloat }

  func read(_ range: Range<Int>, axis: Int, into buffer: UnsafeMutableBufferPointer<Float>) throws {
    try fill(buffer, range, axis: axis)
  }

  func read(_ range: Range<Int>, axis: Int, into buffer: UnsafeMutableBufferPointer<Double>) throws {
    try fill(buffer, range, axis: axis)
  }

  private func fill<Value: HDF5.Element & BinaryFloatingPoint>(
    _ buffer: UnsafeMutableBufferPointer<Value>, _ range: Range<Int>, axis: Int
  ) throws {
    guard axis == 0 else {
      throw EvidenceError(.invalidData, "\(place): the axes of a sparse matrix can't be exchanged; store its transpose")
    }
    guard !range.isEmpty else { return }
    let columns = shape[1]
    let bounds: [Int] = try starts.read(rows: range.lowerBound..<range.upperBound + 1)
    let count = data.shape[0]
    guard zip(bounds, bounds.dropFirst()).allSatisfy({ 0 <= $0 && $0 <= $1 && $1 <= count }) else {
      throw EvidenceError(.invalidData, "\(place)/indptr: expected numbers that rise from 0 to \(count)")
    }
    let stored = bounds[0]..<bounds[bounds.count - 1]
    let values: [Value] = try data.read(rows: stored)
    let places: [Int] = try indices.read(rows: stored)
    buffer.update(repeating: 0)
    for row in 0..<range.count {
      for entry in bounds[row] - stored.lowerBound..<bounds[row + 1] - stored.lowerBound {
        guard (0..<columns).contains(places[entry]) else {
          throw EvidenceError(
            .invalidData,
            "\(place)/indices: column \(places[entry]) in row \(range.lowerBound + row), of \(columns) columns")
        }
        // Entries of one place add up, as everywhere.
        buffer[row * columns + places[entry]] += values[entry]
      }
    }
  }
}

extension HDF5.Dataset: StoredArray {
  var isWiderThanFloat: Bool {
    switch type {
    case .integer(let bits, _): bits > 16
    case .float(let bits): bits > 32
    default: false
    }
  }
}
