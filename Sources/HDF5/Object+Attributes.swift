import CHDF5

extension Object {
  /// The names of all attributes, sorted.
  ///
  /// - Throws: `HDF5Error` (`damaged`, `tooLarge`, `closed`).
  public func attributeNames() throws -> [String] {
    try locked {
      try NameCollector.collect(limit: 10_000, place, "attributes") { chdf5_each_attribute(handle.id, $0, $1) }
    }
  }

  /// The text of an attribute, or nil where there is none of that name.
  ///
  /// - Throws: `HDF5Error` (`wrongType` for anything but one string).
  public func string(_ attribute: String) throws -> String? {
    try single(attribute, "a string") { try $0.strings($1) }
  }

  /// The strings of an attribute, or nil where there is none of that name.
  ///
  /// - Throws: `HDF5Error` (`wrongType` for anything but a string or a list of strings).
  public func strings(_ attribute: String) throws -> [String]? {
    try locked { try Attribute(attribute, of: self)?.strings("strings") }
  }

  /// The number in an attribute, or nil where there is none of that name. Whole floats count as integers.
  ///
  /// - Throws: `HDF5Error` (`wrongType` for anything but one whole number).
  public func integer(_ attribute: String) throws -> Int? {
    try single(attribute, "a whole number") { try $0.integers($1) }
  }

  /// The numbers in an attribute, or nil where there is none of that name. Whole floats count as integers.
  ///
  /// - Throws: `HDF5Error` (`wrongType` for anything but a whole number or a list of them).
  public func integers(_ attribute: String) throws -> [Int]? {
    try locked { try Attribute(attribute, of: self)?.integers("whole numbers") }
  }

  /// The number in an attribute, or nil where there is none of that name; up to 2⁶⁴ − 1, as seeds may be.
  ///
  /// - Throws: `HDF5Error` (`wrongType` for anything but one whole number that is not negative).
  public func unsignedInteger(_ attribute: String) throws -> UInt64? {
    try single(attribute, "a whole number that is not negative") { try $0.unsignedIntegers($1) }
  }

  /// The number in an attribute, or nil where there is none of that name.
  ///
  /// - Throws: `HDF5Error` (`wrongType` for anything but one number).
  public func double(_ attribute: String) throws -> Double? {
    try single(attribute, "a number") { try $0.doubles($1) }
  }

  /// The numbers in an attribute, or nil where there is none of that name.
  ///
  /// - Throws: `HDF5Error` (`wrongType` for anything but a number or a list of them).
  public func doubles(_ attribute: String) throws -> [Double]? {
    try locked { try Attribute(attribute, of: self)?.doubles("numbers") }
  }

  /// The truth value in an attribute (a boolean, or an integer 0 or 1), or nil where there is none of that name.
  ///
  /// - Throws: `HDF5Error` (`wrongType` for anything else).
  public func boolean(_ attribute: String) throws -> Bool? {
    try single(attribute, "true or false") { attribute, expected in
      if case .float = attribute.type { throw attribute.wrongType(expected) }
      return try attribute.integers(expected).map { number in
        guard number == 0 || number == 1 else { throw attribute.wrongType(expected) }
        return number == 1
      }
    }
  }

  /// Whether the attribute holds text, numbers, …; nil where there is none of that name.
  ///
  /// - Throws: `HDF5Error` (`damaged`, `tooLarge`, `wrongShape`, `closed`).
  public func attributeType(_ attribute: String) throws -> ElementType? {
    try locked { try Attribute(attribute, of: self)?.type }
  }

  private func single<Value>(
    _ name: String, _ expected: String, _ read: (Attribute, String) throws -> [Value]
  ) throws -> Value? {
    try locked {
      guard let attribute = try Attribute(name, of: self) else { return nil }
      guard attribute.count == 1 else { throw attribute.wrongType(expected) }
      return try read(attribute, expected).first
    }
  }

  /// Sets an attribute to text, over a value that it may have.
  public func setAttribute(_ name: String, _ value: String) throws { try set(name, [value], isList: false) }
  /// Sets an attribute to a list of strings.
  public func setAttribute(_ name: String, _ value: [String]) throws { try set(name, value, isList: true) }
  /// Sets an attribute to an integer.
  public func setAttribute(_ name: String, _ value: Int) throws { try set(name, [value], isList: false) }
  /// Sets an attribute to an unsigned integer.
  public func setAttribute(_ name: String, _ value: UInt64) throws { try set(name, [value], isList: false) }
  /// Sets an attribute to a list of integers.
  public func setAttribute(_ name: String, _ value: [Int]) throws { try set(name, value, isList: true) }
  /// Sets an attribute to a number.
  public func setAttribute(_ name: String, _ value: Double) throws { try set(name, [value], isList: false) }
  /// Sets an attribute to a list of numbers.
  public func setAttribute(_ name: String, _ value: [Double]) throws { try set(name, value, isList: true) }

  /// Sets an attribute to a boolean, as h5py does.
  public func setAttribute(_ name: String, _ value: Bool) throws {
    try locked {
      let type = try ElementType.boolean.storage(place)
      var byte: Int8 = value ? 1 : 0
      try write(name, type.id, shape: []) { H5Awrite($0, type.id, &byte) }
    }
  }

  private func set<T: Element>(_ name: String, _ values: [T], isList: Bool) throws {
    try locked {
      let type = try T.memoryType(place)
      try write(name, type, shape: isList ? [values.count] : []) { values.isEmpty ? 0 : H5Awrite($0, type, values) }
    }
  }

  /// Removes an attribute, if there is one of that name.
  ///
  /// - Throws: `HDF5Error`.
  public func removeAttribute(_ name: String) throws {
    try locked {
      guard H5Aexists(handle.id, name) > 0 else { return }
      try place.check(H5Adelete(handle.id, name), .inputOutput, "attribute \(name) can't be removed")
    }
  }

  private func set(_ name: String, _ values: [String], isList: Bool) throws {
    try locked {
      let type = ElementType.text()
      try write(name, type.id, shape: isList ? [values.count] : []) { id in
        values.isEmpty ? 0 : withCStrings(values) { H5Awrite(id, type.id, $0) }
      }
    }
  }

  private func write(_ name: String, _ type: hid_t, shape: [Int], _ body: (hid_t) -> herr_t) throws {
    let failed = "attribute \(name) can't be written"
    if H5Aexists(handle.id, name) > 0 { try place.check(H5Adelete(handle.id, name), .inputOutput, failed) }
    let space = try Dataset.space(shape, place)
    let attribute = try place.handle(
      H5Acreate2(handle.id, name, type, space.id, chdf5_default(), chdf5_default()), .cannotCreate, failed)
    try place.check(body(attribute.id), .inputOutput, failed)
  }
}
