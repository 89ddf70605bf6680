import CHDF5

/// Shapes as files claim them: any claim may be absurd, so nothing is multiplied unchecked.
enum Extent {
  /// The product of a shape, or nil where it does not fit into an `Int`.
  static func count(_ shape: some Sequence<Int>) -> Int? {
    var count = 1
    var overflows = false
    for extent in shape {
      // An axis of zero makes everything empty, however large the others are.
      if extent == 0 { return 0 }
      if extent < 0 { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      count = product
      overflows = overflows || overflow
    }
    return overflows ? nil : count
  }

  /// As people write shapes: `[28, 28]`; `[]` for a scalar.
  static func text(_ shape: [Int]) -> String { "[" + shape.map(String.init).joined(separator: ", ") + "]" }

  /// The shape of a space of libhdf5; nil for a space without extent (h5py's `Empty`). Call it while holding the lock.
  static func shape(of space: hid_t, _ place: Place) throws -> [Int]? {
    switch H5Sget_simple_extent_type(space) {
    case H5S_NULL: return nil
    case H5S_SCALAR: return []
    default: break
    }
    let rank = H5Sget_simple_extent_ndims(space)
    guard rank >= 0, rank <= H5S_MAX_RANK else { throw place.failure(.damaged, "the shape can't be read") }
    var extents = [hsize_t](repeating: 0, count: Int(rank))
    guard H5Sget_simple_extent_dims(space, &extents, nil) >= 0 else {
      throw place.failure(.damaged, "the shape can't be read")
    }
    return try extents.map { extent in
      guard let extent = Int(exactly: extent) else { throw place.error(.tooLarge, "an axis of \(extent) elements") }
      return extent
    }
  }
}
