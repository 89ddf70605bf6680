import CHDF5

extension Dataset {
  /// The most elements that are read at once unless the caller says otherwise: a gibibyte of `float32`.
  public static var defaultLimit: Int { 1 << 28 }

  /// Reads everything, last axis fastest.
  ///
  /// Numbers of any type are converted. Integers that don't fit into an integer `T` are an error; floats are not read
  /// into integers.
  /// - Parameter limit: The most elements to read.
  /// - Throws: `HDF5Error` (`wrongType`, `tooLarge`, `refused`, `damaged`, `inputOutput`, `closed`).
  public func read<T: Element>(as type: T.Type = T.self, limit: Int = Dataset.defaultLimit) throws -> [T] {
    try locked {
      let transfer = try transfer(reading: T.self)
      let total = try count(within: limit)
      guard total > 0 else { return [] }
      try requireWhole()
      return try [T](unsafeUninitializedCapacity: total) { buffer, count in
        let whole = chdf5_whole_space()
        try transfer.run { H5Dread(handle.id, $0, whole, whole, $1, buffer.baseAddress) }
        if self.type == .bfloat16 { BFloat16.widen(buffer, count: total) }
        count = total
      }
    }
  }

  /// Reads some rows: indices of the first axis.
  ///
  /// - Throws: As `read`, and `wrongShape` where there are no such rows.
  public func read<T: Element>(
    rows: Range<Int>, as type: T.Type = T.self, limit: Int = Dataset.defaultLimit
  ) throws -> [T] {
    try locked {
      let total = Extent.count([rows.count, rowCount]) ?? .max
      try requireRows(rows)
      guard total <= limit else { throw tooMany(total, limit) }
      return try [T](unsafeUninitializedCapacity: total) { buffer, count in
        try read(rows: rows, into: UnsafeMutableBufferPointer(start: buffer.baseAddress, count: total))
        count = total
      }
    }
  }

  /// Reads some rows into the beginning of a buffer that may be uninitialized.
  ///
  /// - Throws: As `read`, and `wrongShape` where there are no such rows or where the buffer is too small for them.
  public func read<T: Element>(rows: Range<Int>, into buffer: UnsafeMutableBufferPointer<T>) throws {
    try read(rows, axis: 0, into: buffer)
  }

  /// Reads the elements whose index along one axis is in a range, in the order of the file, into the beginning of a
  /// buffer that may be uninitialized.
  ///
  /// - Throws: As `read`, and `wrongShape` where there are no such elements or where the buffer is too small for them.
  public func read<T: Element>(_ range: Range<Int>, axis: Int, into buffer: UnsafeMutableBufferPointer<T>) throws {
    try locked {
      let transfer = try transfer(reading: T.self)
      try requireRows(range, axis: axis)
      var extents = state.shape
      extents[axis] = range.count
      guard let total = Extent.count(extents), total <= buffer.count else {
        throw place.error(
          .wrongShape, "the buffer is too small for \(range.count) rows", expected: "\(rowCount) elements a row",
          found: "room for \(buffer.count) elements")
      }
      guard total > 0 else { return }
      let rows = axis == 0 ? range : 0..<state.shape[0]
      try storage.requireWhole(self, rows: rows, elementSize: H5Tget_size(storedType.id))
      let spaces = try select(range, axis: axis, count: total)
      try transfer.run { H5Dread(handle.id, $0, spaces.block, spaces.file, $1, buffer.baseAddress) }
      if type == .bfloat16 { BFloat16.widen(buffer, count: total) }
    }
  }

  func requireRows(_ rows: Range<Int>, axis: Int = 0) throws {
    guard state.shape.indices.contains(axis) else {
      throw place.error(
        .wrongShape, state.shape.isEmpty ? "is a scalar, without rows" : "has no axis \(axis)")
    }
    let available = state.shape[axis]
    guard rows.lowerBound >= 0, rows.upperBound <= available else {
      throw place.error(
        .wrongShape, "has no such rows", expected: "rows within 0..<\(available)",
        found: "\(rows.lowerBound)..<\(rows.upperBound)")
    }
  }

  /// The number of elements, if a caller wants as many.
  func count(within limit: Int) throws -> Int {
    let total = Extent.count(state.shape) ?? .max
    guard total <= limit else { throw tooMany(total, limit) }
    return total
  }

  private func tooMany(_ count: Int, _ limit: Int) -> HDF5Error {
    place.error(
      .tooLarge, "is too large to be read at once", expected: "at most \(limit) elements",
      found: "\(count) in \(Extent.text(state.shape))")
  }

  /// Checks that the elements can be had as `T` before anything is allocated for them.
  private func transfer<T: Element>(reading: T.Type) throws -> Transfer {
    guard type.isNumeric else {
      throw place.error(.wrongType, "does not hold numbers", expected: "integers, floats or booleans", found: "\(type)")
    }
    if T.isInteger, type == .bfloat16 {
      throw place.error(.wrongType, "does not hold whole numbers", expected: "integers", found: "\(type)")
    }
    if T.isInteger, case .float = type {
      throw place.error(.wrongType, "does not hold whole numbers", expected: "integers", found: "\(type)")
    }
    try requirePlausible()
    return Transfer(
      // Opaque bytes are not converted by libhdf5.
      place: place, memoryType: type == .bfloat16 ? storedType.id : try T.memoryType(place), isExact: T.isInteger,
      code: .inputOutput,
      target: "\(T.elementType)")
  }

  /// Compares the header with the file, once for each shape.
  func requirePlausible() throws {
    guard !state.isPlausible else { return }
    try storage.requirePlausible(self, elementSize: H5Tget_size(storedType.id))
    state.isPlausible = true
  }

  /// Checks that everything is there.
  func requireWhole() throws {
    try storage.requireWhole(self, rows: 0..<(state.shape.first ?? 0), elementSize: storedSize)
  }

  /// Bytes of an element as it lies in a chunk: of a string of variable length its length, an address and an index, where
  /// libhdf5 gives the size of a pointer.
  private var storedSize: Int {
    guard H5Tis_variable_str(storedType.id) > 0 else { return H5Tget_size(storedType.id) }
    let file = Handle(owning: H5Iget_file_id(handle.id))
    let list = Handle(owning: H5Fget_create_plist(file.id))
    var address = 8
    var length = 8
    H5Pget_sizes(list.id, &address, &length)
    return 4 + address + 4
  }

  func select(rows: Range<Int>, count: Int) throws -> (block: hid_t, file: hid_t) {
    try select(rows, axis: 0, count: count)
  }

  /// The spaces of a block of rows, along any axis, reused from one block to the next.
  private func select(_ range: Range<Int>, axis: Int, count: Int) throws -> (block: hid_t, file: hid_t) {
    var start = [hsize_t](repeating: 0, count: state.shape.count)
    var extent = state.shape.map { hsize_t($0) }
    start[axis] = hsize_t(range.lowerBound)
    extent[axis] = hsize_t(range.count)
    try place.check(
      H5Sselect_hyperslab(state.fileSpace.id, H5S_SELECT_SET, &start, nil, &extent, nil), "the rows can't be selected")
    if let block = state.blockSpace, block.count == count { return (block.handle.id, state.fileSpace.id) }
    // Of the same rank as in the file: between different ones, libhdf5 goes element by element.
    let block = try place.handle(
      H5Screate_simple(Int32(extent.count), &extent, nil), .tooLarge, "the rows can't be selected")
    state.blockSpace = (count, block)
    return (block.id, state.fileSpace.id)
  }
}

/// A movement of numbers between a file and memory.
struct Transfer {
  let place: Place
  let memoryType: hid_t
  /// Whether a number that does not fit is an error; floats round instead.
  let isExact: Bool
  let code: HDF5Error.Code
  /// What the numbers are converted to, for the error.
  let target: String

  /// Calls back with the type in memory and the transfer's properties.
  func run(_ call: (hid_t, hid_t) -> herr_t) throws {
    Library.metUnrepresentableNumber = false
    let status = call(memoryType, isExact ? Library.exactTransfer.id : chdf5_default())
    guard status < 0 else { return }
    if Library.metUnrepresentableNumber {
      throw place.error(.wrongType, "holds a number that does not fit into \(target)")
    }
    throw place.failure(code, "the data can't be read or written")
  }
}
