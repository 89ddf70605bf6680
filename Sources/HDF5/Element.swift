import CHDF5

/// A number that datasets can be read into and written from. The conformances here are all that there are.
public protocol Element: BitwiseCopyable, Sendable {
  /// The type in memory: `integer` or `float` of the size of `Self`.
  static var elementType: ElementType { get }
}

extension Float: Element {
  /// `float32`.
  public static var elementType: ElementType { .float(bits: 32) }
}

extension Double: Element {
  /// `float64`.
  public static var elementType: ElementType { .float(bits: 64) }
}

extension Int: Element {}
extension Int8: Element {}
extension Int16: Element {}
extension Int32: Element {}
extension Int64: Element {}
extension UInt: Element {}
extension UInt8: Element {}
extension UInt16: Element {}
extension UInt32: Element {}
extension UInt64: Element {}

extension Element where Self: FixedWidthInteger {
  /// `int` or `uint` of the type's width.
  public static var elementType: ElementType { .integer(bits: bitWidth, signed: isSigned) }
}

extension Element {
  static var isInteger: Bool {
    if case .integer = elementType { return true }
    return false
  }

  /// libhdf5's type for a number in memory. Call it while holding the lock.
  static func memoryType(_ place: Place) throws -> hid_t {
    switch elementType {
    case .integer(8, true) where MemoryLayout<Self>.stride == 1: return chdf5_int8()
    case .integer(16, true) where MemoryLayout<Self>.stride == 2: return chdf5_int16()
    case .integer(32, true) where MemoryLayout<Self>.stride == 4: return chdf5_int32()
    case .integer(64, true) where MemoryLayout<Self>.stride == 8: return chdf5_int64()
    case .integer(8, false) where MemoryLayout<Self>.stride == 1: return chdf5_uint8()
    case .integer(16, false) where MemoryLayout<Self>.stride == 2: return chdf5_uint16()
    case .integer(32, false) where MemoryLayout<Self>.stride == 4: return chdf5_uint32()
    case .integer(64, false) where MemoryLayout<Self>.stride == 8: return chdf5_uint64()
    case .float(32) where MemoryLayout<Self>.stride == 4: return chdf5_float()
    case .float(64) where MemoryLayout<Self>.stride == 8: return chdf5_double()
    default: throw place.error(.wrongType, "\(Self.self) is not a type that numbers are read into or written from")
    }
  }
}
