/// Reads JSON as Python writes it: strict but for NaN, Infinity and -Infinity.
///
/// Foundation's parser knows neither those nor a bound on nesting.
public struct JSONParser {
  /// Keras nests about eight levels for each model inside a model.
  static let deepest = 256

  private let bytes: [UInt8]
  private var position = 0

  /// The value of a text.
  public static func parse(_ text: [UInt8]) throws(JSONError) -> JSONValue {
    var parser = JSONParser(bytes: text)
    if text.starts(with: [0xEF, 0xBB, 0xBF]) { parser.position = 3 }
    // A byte that can't be is damage, wherever it is.
    guard String(validating: text, as: UTF8.self)?.unicodeScalars.contains("\u{FFFD}") == false else {
      throw JSONError(description: "the JSON text is not sound UTF-8: it is damaged")
    }
    try parser.checkDepth()
    let value = try parser.value()
    parser.skipSpace()
    guard parser.position == text.count else { throw parser.problem("something follows the end of the JSON text") }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func problem(_ message: String) -> JSONError {
    JSONError(description: "\(message) (byte \(position))")
  }

  /// Looks at brackets only, before anything recurses.
  private func checkDepth() throws(JSONError) {
    var depth = 0
    var isText = false
    var isEscaped = false
    for byte in bytes {
      if isText {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isText = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isText = true
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        guard depth <= JSONParser.deepest else {
          throw JSONError(
            description: "the JSON is nested too deeply", expected: "at most \(JSONParser.deepest) levels")
        }
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
    }
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func takeWord(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard position + count <= bytes.count,
      word.withUTF8Buffer({ bytes[position..<position + count].elementsEqual($0) })
    else { return false }
    position += count
    return true
  }

  private mutating func value() throws(JSONError) -> JSONValue {
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return .object(try object())
    case UInt8(ascii: "["): return .array(try array())
    case UInt8(ascii: "\""): return .string(try string())
    case nil: throw problem("the JSON text ends early")
    default: break
    }
    if takeWord("true") { return .bool(true) }
    if takeWord("false") { return .bool(false) }
    if takeWord("null") { return .null }
    if takeWord("NaN") { return .number(.nan) }
    if takeWord("Infinity") { return .number(.infinity) }
    if takeWord("-Infinity") { return .number(-.infinity) }
    return .number(try number())
  }

  private mutating func object() throws(JSONError) -> [JSONValue.Member] {
    position += 1
    var members: [JSONValue.Member] = []
    var places: [String: Int] = [:]
    skipSpace()
    if take("}") { return members }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw problem("a member's name was expected") }
      let name = try string()
      skipSpace()
      guard take(":") else { throw problem("a colon was expected") }
      let member = JSONValue.Member(key: name, value: try value())
      // Of two members of one name, the last counts.
      if let place = places[name] {
        members[place] = member
      } else {
        places[name] = members.count
        members.append(member)
      }
      skipSpace()
      if take("}") { return members }
      guard take(",") else { throw problem("a comma or } was expected") }
    }
  }

  private mutating func array() throws(JSONError) -> [JSONValue] {
    position += 1
    var values: [JSONValue] = []
    skipSpace()
    if take("]") { return values }
    while true {
      values.append(try value())
      skipSpace()
      if take("]") { return values }
      guard take(",") else { throw problem("a comma or ] was expected") }
    }
  }

  private mutating func number() throws(JSONError) -> Double {
    let start = position
    _ = take("-")
    let isSound = (take("0") || takeDigits()) && (!take(".") || takeDigits()) && takeExponent()
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard isSound, let value = Double(text) else {
      position = start
      throw problem("this is not JSON")
    }
    return value
  }

  private mutating func takeDigits() -> Bool {
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    return position > start
  }

  private mutating func takeExponent() -> Bool {
    guard take("e") || take("E") else { return true }
    _ = take("+") || take("-")
    return takeDigits()
  }

  private mutating func string() throws(JSONError) -> String {
    position += 1
    var units: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: units, as: UTF8.self)
      case UInt8(ascii: "\\"): units.append(contentsOf: String(Character(try escaped())).utf8)
      case 0..<0x20: throw problem("a control character inside a string")
      default: units.append(byte)
      }
    }
    throw problem("a string without an end")
  }

  private mutating func escaped() throws(JSONError) -> Unicode.Scalar {
    guard let byte = next else { throw problem("a string without an end") }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "u"):
      let high = try codeUnit()
      guard (0xD800...0xDBFF).contains(high), takeWord("\\u") else { return Unicode.Scalar(high) ?? "\u{FFFD}" }
      let low = try codeUnit()
      guard (0xDC00...0xDFFF).contains(low) else { return "\u{FFFD}" }
      return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
    default: throw problem("an unknown escape inside a string")
    }
  }

  private mutating func codeUnit() throws(JSONError) -> UInt32 {
    guard position + 4 <= bytes.count, bytes[position] != UInt8(ascii: "+"),
      let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw problem("an unknown escape inside a string") }
    position += 4
    return value
  }
}

/// Why a text is not JSON.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, and at which byte.
  public let description: String
  /// What was expected instead, where that says more.
  public var expected: String?
}
