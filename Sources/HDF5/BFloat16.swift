/// The upper half of a `float32`: 8 bits of exponent and 7 of mantissa.
enum BFloat16 {
  /// Makes numbers out of the halves, least significant byte first, that lie at the beginning of a buffer.
  static func widen<T: Element>(_ buffer: UnsafeMutableBufferPointer<T>, count: Int) {
    guard let base = UnsafeMutableRawPointer(buffer.baseAddress) else { return }
    // From the end: no half is written over before it was read, since no number is smaller than one.
    for index in stride(from: count - 1, through: 0, by: -1) {
      let half = UInt16(littleEndian: base.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
      let value = Float(bitPattern: UInt32(half) << 16)
      switch T.self {
      case is Float.Type: base.storeBytes(of: value, toByteOffset: index * 4, as: Float.self)
      case is Double.Type: base.storeBytes(of: Double(value), toByteOffset: index * 8, as: Double.self)
      default: break
      }
    }
  }
}
