import HDF5

/// What the attributes of a dataset say about its values (CF conventions; netCDF-4 files are HDF5 files).
struct StoredValues: Sendable {
  var scale = 1.0
  var offset = 0.0
  /// Values that stand for none.
  var missing: [Double] = []

  /// Whether values mean what is stored.
  var isPlain: Bool { scale == 1 && offset == 0 }

  init() {}

  init(_ dataset: HDF5.Dataset) throws {
    func number(_ name: String) throws -> Double? {
      guard let type = try dataset.attributeType(name) else { return nil }
      guard type.isNumeric, let number = try dataset.doubles(name)?.first else {
        throw EvidenceError(
          .invalidData,
          "\(dataset.file.name): \(dataset.path): the attribute \(name) says what the stored values mean\n"
            + "expected a number, found \(type.isNumeric ? "none" : type.description)\n"
            + "write it anew as a number, or delete it if the values mean what is stored")
      }
      return number
    }
    scale = try number("scale_factor") ?? 1
    offset = try number("add_offset") ?? 0
    missing = try ["_FillValue", "missing_value"].compactMap(number)
    guard scale.isFinite, scale != 0, offset.isFinite else {
      throw EvidenceError(
        .invalidData,
        "\(dataset.file.name): \(dataset.path): scale_factor = \(scale) and add_offset = \(offset) can't be applied")
    }
  }

  /// Applies scale and offset to values as stored.
  ///
  /// - Returns: The place of the first value that is missing, if there is one.
  func apply(to values: UnsafeMutableBufferPointer<Float>) -> Int? {
    let absent = missing.map { Float($0) }
    if !absent.isEmpty, let first = values.firstIndex(where: { value in absent.contains { $0 == value } }) {
      return first
    }
    if !isPlain {
      for index in values.indices { values[index] = Float(Double(values[index]) * scale + offset) }
    }
    return nil
  }
}
