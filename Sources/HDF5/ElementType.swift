import CHDF5

/// What the elements of a dataset or an attribute are.
public enum ElementType: Sendable, Equatable, CustomStringConvertible {
  /// A two's complement integer of 8 to 64 bits, of either byte order.
  case integer(bits: Int, signed: Bool)
  /// A binary floating-point number of 16 to 128 bits, of either byte order.
  case float(bits: Int)
  /// Two opaque bytes each, without a tag: how h5py stores the bfloat16 of ml_dtypes, as which they are read.
  case bfloat16
  /// h5py's booleans: an enumeration of FALSE and TRUE.
  case boolean
  /// Text of fixed or variable length, in ASCII or UTF-8.
  case string
  /// Something that this module does not read, in words.
  case other(String)

  /// Whether the elements can be read as numbers. Booleans can: 0 and 1.
  public var isNumeric: Bool {
    switch self {
    case .integer, .float, .boolean, .bfloat16: true
    case .string, .other: false
    }
  }

  /// Such as `uint8`, `float32`, `boolean`, `string`.
  public var description: String {
    switch self {
    case .integer(let bits, let signed): (signed ? "int" : "uint") + String(bits)
    case .float(let bits): "float" + String(bits)
    case .bfloat16: "bfloat16"
    case .boolean: "boolean"
    case .string: "string"
    case .other(let words): words
    }
  }
}

extension ElementType {
  /// Says what a type of libhdf5 is. Call it while holding the lock.
  ///
  /// - Parameter isPacked: Whether the n-bit filter stores integers of fewer bits than their bytes have.
  init(of type: hid_t, isPacked: Bool = false) {
    let size = H5Tget_size(type)
    switch H5Tget_class(type) {
    case H5T_INTEGER:
      let isPlain =
        [1, 2, 4, 8].contains(size) && ElementType.hasPlainOrder(type)
        && (isPacked ? ElementType.fits(type, size) : ElementType.isWhole(type, size))
      self = isPlain ? .integer(bits: 8 * size, signed: H5Tget_sign(type) == H5T_SGN_2) : .other("unusual integer")
    case H5T_FLOAT:
      let isPlain = ElementType.isKnownFloat(type, size) && ElementType.hasPlainOrder(type)
      self = isPlain ? .float(bits: 8 * size) : .other("unusual float")
    case H5T_STRING: self = ElementType.hasWholeCharacters(type) ? .string : .other("unusual string")
    case H5T_ENUM: self = ElementType.isBoolean(type, size) ? .boolean : .other("enumeration")
    case H5T_TIME: self = .other("time")
    case H5T_BITFIELD: self = .other("bit field")
    case H5T_OPAQUE: self = size == 2 && !ElementType.hasTag(type) ? .bfloat16 : .other("opaque bytes")
    case H5T_COMPOUND: self = .other("compound")
    case H5T_REFERENCE: self = .other("reference")
    case H5T_VLEN: self = .other("variable-length sequence")
    case H5T_ARRAY: self = .other("array")
    default: self = .other("unknown type")
    }
  }

  /// Whether opaque bytes have a name that says what they are.
  private static func hasTag(_ type: hid_t) -> Bool {
    guard let tag = H5Tget_tag(type) else { return false }
    defer { H5free_memory(tag) }
    return tag.pointee != 0
  }

  /// libhdf5's conversions trust a type's fields, so they are looked at before.
  private static func fits(_ type: hid_t, _ size: Int) -> Bool {
    let precision = H5Tget_precision(type)
    let offset = H5Tget_offset(type)
    return precision > 0 && offset >= 0 && Int(offset) + precision <= 8 * size
  }

  /// Whether all bits count. Where not, libhdf5 would drop the others: a damaged description changes the numbers.
  private static func isWhole(_ type: hid_t, _ size: Int) -> Bool {
    H5Tget_precision(type) == 8 * size && H5Tget_offset(type) == 0
  }

  /// Whether the characters of a string of variable length are bytes: of fewer bits, libhdf5 would make other ones.
  private static func hasWholeCharacters(_ type: hid_t) -> Bool {
    guard H5Tis_variable_str(type) > 0 else { return true }
    let character = Handle(owning: H5Tget_super(type))
    return character.isValid && H5Tget_size(character.id) == 1 && isWhole(character.id, 1)
  }

  private static func hasPlainOrder(_ type: hid_t) -> Bool {
    let order = H5Tget_order(type)
    return order == H5T_ORDER_LE || order == H5T_ORDER_BE
  }

  /// Bits of the exponent and of the mantissa of binary16, bfloat16, binary32, binary64, x87's extended format (whose
  /// leading bit is there), and binary128.
  private static let floats = [(5, 10), (8, 7), (8, 23), (11, 52), (15, 64), (15, 112)]

  /// Whether a type is one of the formats that there are. Of any other, most likely a damaged one, libhdf5 would make
  /// numbers all the same.
  private static func isKnownFloat(_ type: hid_t, _ size: Int) -> Bool {
    var sign = 0
    var exponent = 0
    var exponentSize = 0
    var mantissa = 0
    var mantissaSize = 0
    guard H5Tget_fields(type, &sign, &exponent, &exponentSize, &mantissa, &mantissaSize) >= 0,
      floats.contains(where: { $0 == (exponentSize, mantissaSize) })
    else { return false }
    let isExtended = mantissaSize == 64
    return mantissa == 0 && exponent == mantissaSize && sign == exponent + exponentSize
      && H5Tget_precision(type) == sign + 1 && H5Tget_offset(type) == 0
      && (isExtended ? [10, 12, 16].contains(size) : 8 * size == sign + 1)
      && H5Tget_ebias(type) == 1 << (exponentSize - 1) - 1
      && (isExtended || H5Tget_norm(type) == H5T_NORM_IMPLIED)
  }

  private static func isBoolean(_ type: hid_t, _ size: Int) -> Bool {
    guard size == 1, H5Tget_nmembers(type) == 2 else { return false }
    for (name, expected) in [("FALSE", 0), ("TRUE", 1)] {
      var value: Int8 = -1
      guard H5Tenum_valueof(type, name, &value) >= 0, Int(value) == expected else { return false }
    }
    return true
  }

  /// A new type of libhdf5 for storing such elements. Call it while holding the lock.
  func storage(_ place: Place) throws -> Handle {
    switch self {
    case .integer(8, true): return Handle(owning: H5Tcopy(chdf5_int8()))
    case .integer(16, true): return Handle(owning: H5Tcopy(chdf5_int16()))
    case .integer(32, true): return Handle(owning: H5Tcopy(chdf5_int32()))
    case .integer(64, true): return Handle(owning: H5Tcopy(chdf5_int64()))
    case .integer(8, false): return Handle(owning: H5Tcopy(chdf5_uint8()))
    case .integer(16, false): return Handle(owning: H5Tcopy(chdf5_uint16()))
    case .integer(32, false): return Handle(owning: H5Tcopy(chdf5_uint32()))
    case .integer(64, false): return Handle(owning: H5Tcopy(chdf5_uint64()))
    case .float(16): return ElementType.half()
    case .float(32): return Handle(owning: H5Tcopy(chdf5_float()))
    case .float(64): return Handle(owning: H5Tcopy(chdf5_double()))
    case .bfloat16: return Handle(owning: H5Tcreate(H5T_OPAQUE, 2))
    case .boolean: return ElementType.booleans()
    case .string: return ElementType.text()
    default: throw place.error(.wrongType, "no dataset of \(self) elements can be written")
    }
  }

  /// IEEE 754 binary16, which libhdf5 1.10 has no name for.
  private static func half() -> Handle {
    let type = Handle(owning: H5Tcopy(chdf5_ieee_float32_le()))
    H5Tset_fields(type.id, 15, 10, 5, 0, 10)
    H5Tset_size(type.id, 2)
    H5Tset_ebias(type.id, 15)
    return type
  }

  private static func booleans() -> Handle {
    let type = Handle(owning: H5Tenum_create(chdf5_int8()))
    for (name, number) in [("FALSE", 0), ("TRUE", 1)] {
      var value = Int8(number)
      H5Tenum_insert(type.id, name, &value)
    }
    return type
  }

  /// UTF-8 of variable length, as h5py writes.
  static func text() -> Handle {
    let type = Handle(owning: H5Tcopy(chdf5_c_string()))
    H5Tset_size(type.id, chdf5_variable_length())
    H5Tset_cset(type.id, H5T_CSET_UTF8)
    return type
  }
}
