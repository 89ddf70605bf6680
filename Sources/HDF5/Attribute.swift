import CHDF5

/// An attribute on its way to a Swift value. Only used while holding the library's lock.
struct Attribute {
  let handle: Handle
  let storedType: Handle
  let type: ElementType
  let shape: [Int]
  let count: Int
  let place: Place
  let name: String

  /// Values of more bytes are not attributes as people use them.
  static let largest = 64 << 20
  /// Each variable-length string may be as long as the file.
  static let mostStrings = 1 << 16

  /// The attribute of an object, or nil where it has none of that name.
  init?(_ name: String, of object: Object) throws {
    place = object.place
    self.name = name
    guard !name.utf8.contains(0) else { return nil }
    let exists = H5Aexists(object.handle.id, name)
    guard exists >= 0 else { throw place.failure(.damaged, "the attributes can't be read") }
    guard exists > 0 else { return nil }
    handle = try place.handle(H5Aopen(object.handle.id, name, chdf5_default()), "attribute \(name) can't be opened")
    storedType = try place.handle(H5Aget_type(handle.id), "the type of attribute \(name) can't be read")
    let space = try place.handle(H5Aget_space(handle.id), "the shape of attribute \(name) can't be read")
    guard let shape = try Extent.shape(of: space.id, place) else {
      throw place.error(.wrongShape, "attribute \(name) is empty: it has no shape at all")
    }
    self.shape = shape
    type = ElementType(of: storedType.id)
    guard let count = Extent.count(shape), let bytes = Extent.count([count, H5Tget_size(storedType.id)]),
      bytes <= Attribute.largest
    else {
      throw place.error(
        .tooLarge, "attribute \(name) is too large", expected: "at most \(Attribute.largest) bytes",
        found: "\(Extent.text(shape)) elements of \(H5Tget_size(storedType.id)) bytes")
    }
    self.count = count
  }

  func wrongType(_ expected: String) -> HDF5Error {
    place.error(
      .wrongType, "attribute \(name) is of the wrong type", expected: expected,
      found: "\(type)" + (shape.isEmpty ? "" : " " + Extent.text(shape)))
  }

  /// All integers; whole floats count as such.
  func integers(_ expected: String) throws -> [Int] {
    guard type.isNumeric, shape.count <= 1 else { throw wrongType(expected) }
    switch type {
    case .float:
      return try doubles(expected).map { value in
        guard let whole = Int(exactly: value) else { throw wrongType(expected) }
        return whole
      }
    case .integer(64, false):
      return try values(of: UInt64.self).map { value in
        guard let whole = Int(exactly: value) else { throw wrongType(expected) }
        return whole
      }
    default: return try values(of: Int.self)
    }
  }

  /// All integers, where none is negative; whole floats count as such.
  func unsignedIntegers(_ expected: String) throws -> [UInt64] {
    if type == .integer(bits: 64, signed: false), shape.count <= 1 { return try values(of: UInt64.self) }
    return try integers(expected).map { value in
      guard let whole = UInt64(exactly: value) else { throw wrongType(expected) }
      return whole
    }
  }

  /// All numbers.
  func doubles(_ expected: String) throws -> [Double] {
    guard type.isNumeric, shape.count <= 1 else { throw wrongType(expected) }
    return try values(of: Double.self)
  }

  private func values<T: Element>(of: T.Type) throws -> [T] {
    guard count > 0 else { return [] }
    let memoryType = try T.memoryType(place)
    return try [T](unsafeUninitializedCapacity: count) { buffer, initialized in
      try place.check(H5Aread(handle.id, memoryType, buffer.baseAddress), "attribute \(name) can't be read")
      initialized = count
    }
  }

  /// All strings.
  func strings(_ expected: String) throws -> [String] {
    // An empty list does not say of what: numpy makes it one of floats.
    if shape == [0] { return [] }
    guard type == .string, shape.count <= 1 else { throw wrongType(expected) }
    let decoder = StringDecoder(stored: storedType.id)
    if !decoder.isVariable {
      var bytes = [UInt8](repeating: 0, count: count * decoder.size)
      try place.check(H5Aread(handle.id, decoder.memoryType.id, &bytes), "attribute \(name) can't be read")
      return decoder.split(bytes)
    }
    guard count <= Attribute.mostStrings else {
      throw place.error(.tooLarge, "attribute \(name) has more than \(Attribute.mostStrings) strings")
    }
    var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    try place.check(H5Aread(handle.id, decoder.memoryType.id, &pointers), "attribute \(name) can't be read")
    defer {
      let space = Handle(owning: H5Aget_space(handle.id))
      H5Dvlen_reclaim(decoder.memoryType.id, space.id, chdf5_default(), &pointers)
    }
    return pointers.map { $0.map { String(cString: $0) } ?? "" }
  }
}
