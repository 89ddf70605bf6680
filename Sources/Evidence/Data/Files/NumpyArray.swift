import Foundation
import Models

/// An array in numpy's format (.npy): a header that is a Python dictionary, then the numbers.
///
/// Nothing in the file is executed, and arrays of Python objects are refused.
struct NumpyArray: StoredArray {
  /// A type of number as numpy writes it.
  struct Element: Sendable, Equatable {
    enum Kind: Sendable { case unsigned, signed, float, boolean }
    let kind: Kind
    /// Bytes of a number.
    let size: Int
    let isBigEndian: Bool
  }

  /// The extents of the numbers as they lie in the file, last axis fastest: of an array in Fortran's order the reverse of
  /// what numpy says.
  let shape: [Int]
  let element: Element
  let isFortranOrder: Bool
  private let bytes: Data
  /// Where the numbers begin.
  private let start: Int
  private let place: String

  /// The order in which these axes are those of numpy; nil where they are.
  var order: [Int]? { isFortranOrder ? Array(shape.indices.reversed()) : nil }

  /// Whether bytes begin as an array of numpy does.
  static func isArray(_ start: some Collection<UInt8>) -> Bool { start.starts(with: [0x93] + Array("NUMPY".utf8)) }

  /// The array that bytes are; `place` is what errors call it.
  init(_ bytes: Data, place: String) throws {
    func problem(_ message: String) -> EvidenceError { EvidenceError(.invalidData, "\(place): \(message)") }
    self.bytes = bytes
    self.place = place
    let first = bytes.startIndex
    guard NumpyArray.isArray(bytes.prefix(6)), bytes.count >= 12 else { throw problem("not an array of numpy") }
    let version = bytes[first + 6]
    guard (1...3).contains(version), bytes[first + 7] == 0 else {
      throw problem("version \(version).\(bytes[first + 7]) of numpy's format is not known")
    }
    let isLong = version > 1
    let prefix = isLong ? 12 : 10
    let length = (0..<(isLong ? 4 : 2)).reduce(0) { $0 | Int(bytes[first + 8 + $1]) << (8 * $1) }
    guard bytes.count >= prefix + length, length <= 1 << 20 else { throw problem("the header is not complete") }
    let text = String(decoding: bytes[first + prefix..<first + prefix + length], as: UTF8.self)
    guard let header = NumpyHeader(text) else {
      throw problem("expected a header of descr, fortran_order and shape, found \(text.prefix(120))")
    }
    guard let element = header.type.flatMap(Element.init) else {
      throw problem(
        "expected integers, floats or booleans, found elements of type \((header.type ?? "record").prefix(60))"
          + (header.type?.contains("O") == true ? " (Python objects)" : ""))
    }
    let numbers = header.shape
    self.element = element
    isFortranOrder = header.isFortranOrder
    shape = isFortranOrder ? numbers.reversed() : numbers
    start = prefix + length
    guard let size = ([element.size] + numbers).elementCount() else {
      throw problem("claims the shape \(numbers), which no file holds")
    }
    guard bytes.count - start >= size else {
      throw problem(
        "claims \(size) bytes of numbers for shape \(numbers); holds \(bytes.count - start): the file is not complete")
    }
  }

  var isWiderThanFloat: Bool { element.size > (element.kind == .float ? 4 : 2) }

  func read(_ range: Range<Int>, axis: Int, into buffer: UnsafeMutableBufferPointer<Float>) throws {
    try fill(buffer, range, axis: axis)
  }

  func read(_ range: Range<Int>, axis: Int, into buffer: UnsafeMutableBufferPointer<Double>) throws {
    try fill(buffer, range, axis: axis)
  }

  private func fill<Value: BinaryFloatingPoint>(
    _ buffer: UnsafeMutableBufferPointer<Value>, _ range: Range<Int>, axis: Int
  ) throws {
    let extents = shape
    guard extents.indices.contains(axis), range.lowerBound >= 0, range.upperBound <= extents[axis] else {
      throw EvidenceError(.invalidData, "\(place): has no such examples: \(range) of shape \(shape)")
    }
    let inner = extents[(axis + 1)...].reduce(1, *)
    let outer = extents[..<axis].reduce(1, *)
    let run = range.count * inner
    var target = 0
    bytes.withUnsafeBytes { raw in
      for block in 0..<outer {
        let first = start + (block * extents[axis] + range.lowerBound) * inner * element.size
        for index in 0..<run {
          buffer[target] = element.number(raw, at: first + index * element.size)
          target += 1
        }
      }
    }
  }
}

extension NumpyArray.Element {
  /// As numpy calls it: `float32`.
  var name: String {
    switch kind {
    case .unsigned: "uint\(8 * size)"
    case .signed: "int\(8 * size)"
    case .float: "float\(8 * size)"
    case .boolean: "bool"
    }
  }

  /// The type of a description such as `<f4`; nil for others.
  init?(_ description: String) {
    guard let order = description.first, let kind = description.dropFirst().first,
      let size = Int(description.dropFirst(2)),
      "<>|=".contains(order)
    else { return nil }
    switch (kind, size) {
    case ("u", 1), ("u", 2), ("u", 4), ("u", 8): self.kind = .unsigned
    case ("i", 1), ("i", 2), ("i", 4), ("i", 8): self.kind = .signed
    case ("f", 2), ("f", 4), ("f", 8): self.kind = .float
    case ("b", 1): self.kind = .boolean
    default: return nil
    }
    self.size = size
    isBigEndian = order == ">"
  }

  /// The number whose bytes begin at an offset.
  func number<Value: BinaryFloatingPoint>(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Value {
    var bits: UInt64 = 0
    for index in 0..<size {
      bits |= UInt64(bytes[offset + (isBigEndian ? size - 1 - index : index)]) << UInt64(8 * index)
    }
    switch (kind, size) {
    case (.unsigned, _): return Value(bits)
    case (.boolean, _): return bits == 0 ? 0 : 1
    case (.signed, 1): return Value(Int8(truncatingIfNeeded: bits))
    case (.signed, 2): return Value(Int16(truncatingIfNeeded: bits))
    case (.signed, 4): return Value(Int32(truncatingIfNeeded: bits))
    case (.signed, _): return Value(Int64(truncatingIfNeeded: bits))
    case (.float, 2): return Value(NumpyArray.Element.half(UInt16(truncatingIfNeeded: bits)))
    case (.float, 4): return Value(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case (.float, _): return Value(Double(bitPattern: bits))
    }
  }

  /// IEEE 754 binary16.
  private static func half(_ bits: UInt16) -> Float {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 0x1f)
    let fraction = Float(bits & 0x3ff) / 1024
    switch exponent {
    case 0: return sign * fraction * 0x1p-14
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default: return sign * (1 + fraction) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
    }
  }
}
