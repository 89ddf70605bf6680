import CHDF5

extension Group {
  /// Creates a dataset, and the groups on the way to it.
  ///
  /// - Parameters:
  ///   - shape: The extent of each axis; empty for a scalar.
  ///   - extendable: Whether rows can be appended later.
  ///   - chunkRows: Rows stored together; nil for about 256 KiB. Without meaning unless extendable or compressed.
  ///   - compressed: Whether to shuffle and deflate.
  /// - Throws: `HDF5Error` (`cannotCreate`, `wrongType`, `wrongShape`, `outputFull`, `closed`).
  public func createDataset(
    _ name: String, type: ElementType, shape: [Int], extendable: Bool = false, chunkRows: Int? = nil,
    compressed: Bool = false
  ) throws -> Dataset {
    try locked {
      let target = try ObjectPath(name, from: self).vacant()
      let place = target.place
      let stored = try type.storage(place)
      let isChunked = extendable || compressed
      guard shape.count <= Int(H5S_MAX_RANK), Extent.count(shape) != nil, !(isChunked && shape.isEmpty) else {
        throw place.error(.wrongShape, "no dataset can have the shape \(Extent.text(shape))")
      }
      let list = Handle(owning: H5Pcreate(chdf5_class_dataset_create()))
      // The same data gives the same bytes.
      H5Pset_obj_track_times(list.id, false)
      if isChunked {
        let rowBytes = max(1, Extent.count(shape.dropFirst() + [H5Tget_size(stored.id)]) ?? .max)
        let usual = max(1, (256 << 10) / rowBytes)
        let rows = max(1, chunkRows ?? (extendable ? usual : min(usual, shape[0])))
        var chunk = ([rows] + shape.dropFirst()).map { hsize_t(max(1, $0)) }
        try place.check(H5Pset_chunk(list.id, Int32(chunk.count), &chunk), .cannotCreate, "no such chunks are possible")
      }
      if compressed {
        H5Pset_shuffle(list.id)
        H5Pset_deflate(list.id, 4)
      }
      let space = try Dataset.space(shape, extendable: extendable, place)
      let id = H5Dcreate2(
        handle.id, target.relative, stored.id, space.id, Library.linkCreation.id, list.id, chdf5_default())
      let created = try place.handle(id, .cannotCreate, "the dataset can't be created")
      return try Dataset(file: file, path: target.path, opened: created)
    }
  }
}

extension Dataset {
  static func space(_ shape: [Int], extendable: Bool = false, _ place: Place) throws -> Handle {
    if shape.isEmpty { return try place.handle(H5Screate(H5S_SCALAR), .cannotCreate, "the shape can't be made") }
    var extents = shape.map { hsize_t($0) }
    var most = extents
    if extendable { most[0] = chdf5_unlimited() }
    return try place.handle(
      H5Screate_simple(Int32(extents.count), &extents, &most), .cannotCreate, "the shape can't be made")
  }

  /// Writes everything, last axis fastest.
  ///
  /// - Throws: `HDF5Error` (`wrongShape` unless there are as many values as elements, `wrongType`, `outputFull`,
  ///   `inputOutput`, `closed`).
  public func write<T: Element>(_ values: [T]) throws {
    try locked {
      let total = Extent.count(state.shape) ?? .max
      guard values.count == total else {
        throw place.error(
          .wrongShape, "other than \(values.count) values are needed",
          expected: "\(total) in \(Extent.text(state.shape))")
      }
      let transfer = try transfer(writing: T.self)
      guard total > 0 else { return }
      let whole = chdf5_whole_space()
      try transfer.run { H5Dwrite(handle.id, $0, whole, whole, $1, values) }
    }
  }

  /// Writes whole rows over those from `row` on.
  ///
  /// - Throws: As for writing everything; `wrongShape` where the values are not whole rows or go past the end.
  public func write<T: Element>(_ values: [T], atRow row: Int) throws {
    try locked {
      let transfer = try transfer(writing: T.self)
      let count = try wholeRows(values.count)
      guard row >= 0, row <= Int.max - count else { throw place.error(.wrongShape, "there is no row \(row)") }
      try requireRows(row..<row + count)
      guard !values.isEmpty else { return }
      let spaces = try select(rows: row..<row + count, count: values.count)
      try transfer.run { H5Dwrite(handle.id, $0, spaces.block, spaces.file, $1, values) }
    }
  }

  /// Writes whole rows after the last one. The dataset must have been created as extendable.
  ///
  /// - Throws: As for writing at a row; `cannotCreate` where the dataset can't grow.
  public func append<T: Element>(rows values: [T]) throws {
    try locked {
      _ = try transfer(writing: T.self)
      let count = try wholeRows(values.count)
      guard count > 0, let before = state.shape.first else { return }
      try grow(by: count)
      try write(values, atRow: before)
    }
  }

  /// Adds rows without values to a dataset that was created as extendable; the library's lock is held.
  func grow(by count: Int) throws {
    var extents = state.shape.map { hsize_t($0) }
    extents[0] += hsize_t(count)
    try place.check(H5Dset_extent(handle.id, &extents), .cannotCreate, "the dataset can't grow")
    state.fileSpace = try place.handle(H5Dget_space(handle.id), "the shape can't be read")
    state.shape[0] += count
    state.isPlausible = false
  }

  private func wholeRows(_ count: Int) throws -> Int {
    guard !state.shape.isEmpty else { throw place.error(.wrongShape, "is a scalar, without rows") }
    let row = rowCount
    guard row > 0, count % row == 0 else {
      throw place.error(
        .wrongShape, "only whole rows can be written", expected: "a multiple of \(row) values", found: "\(count)")
    }
    return count / row
  }

  private func transfer<T: Element>(writing: T.Type) throws -> Transfer {
    guard type.isNumeric else {
      throw place.error(.wrongType, "numbers can't be written into \(type) elements")
    }
    var isExact = false
    if case .float = type { isExact = false } else { isExact = true }
    if isExact, !T.isInteger { throw place.error(.wrongType, "floats can't be written into \(type) elements") }
    return Transfer(
      place: place, memoryType: try memoryType(writing: T.self), isExact: isExact, code: .inputOutput,
      target: "\(type)")
  }

  private func memoryType<T: Element>(writing: T.Type) throws -> hid_t {
    if type == .bfloat16 {
      guard T.elementType == .integer(bits: 16, signed: false) else {
        throw place.error(.wrongType, "bfloat16 is written from UInt16, the upper halves of float32")
      }
      return storedType.id
    }
    // libhdf5 converts enumerations to numbers, but not back: a boolean is written as the byte that it is stored in.
    guard type == .boolean else { return try T.memoryType(place) }
    guard T.elementType == .integer(bits: 8, signed: true) else {
      throw place.error(.wrongType, "booleans are written from Int8, as 0 and 1")
    }
    return storedType.id
  }
}
