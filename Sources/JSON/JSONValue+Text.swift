import Foundation

/// JSON as it is written: keys in the order in which they are declared, numbers that round-trip, and null for what JSON
/// has no number for (NaN and the infinities).
///
/// (JSONEncoder would sort the keys or shuffle them, and leave out what is null.)
extension JSONValue {
  /// Two spaces an indentation; arrays of numbers on one line.
  public var text: String { text(indentation: "") }

  /// The same in one line.
  public var line: String {
    switch self {
    case .array(let values): "[" + values.map(\.line).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { "\(JSONValue.quoted($0.key)): \($0.value.line)" }.joined(separator: ", ") + "}"
    default: text
    }
  }

  private func text(indentation: String) -> String {
    let inner = indentation + "  "
    switch self {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .integer(let value): return String(value)
    case .number(let value): return value.isFinite ? JSONValue.text(value) : "null"
    case .string(let value): return JSONValue.quoted(value)
    case .array(let values):
      if values.isEmpty { return "[]" }
      if values.allSatisfy(\.isScalar) && !values.contains(where: \.isString) {
        return "[" + values.map { $0.text(indentation: inner) }.joined(separator: ", ") + "]"
      }
      return "[\n" + values.map { inner + $0.text(indentation: inner) }.joined(separator: ",\n") + "\n\(indentation)]"
    case .object(let members):
      if members.isEmpty { return "{}" }
      let lines = members.map { "\(inner)\(JSONValue.quoted($0.key)): \($0.value.text(indentation: inner))" }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(indentation)}"
    }
  }

  private var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  private var isString: Bool {
    if case .string = self { true } else { false }
  }

  /// The shortest decimal that reads back as the same number; whole numbers without a fraction, as JavaScript writes them.
  private static func text(_ value: Double) -> String {
    if let whole = Int(exactly: value), abs(whole) < 1 << 53 { return String(whole) }
    return value.description
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case _ where scalar.value < 0x20: result += "\\u" + String(format: "%04x", scalar.value)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
