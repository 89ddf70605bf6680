/// A JSON text as values.
enum JSONValue: Sendable, Equatable {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
}

extension JSONValue {
  /// The member of an object; nil where there is none, where it is null, and for anything but an object.
  subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self, let value = members[key], value != .null else { return nil }
    return value
  }

  var string: String? { if case .string(let value) = self { value } else { nil } }
  var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
  var double: Double? { if case .number(let value) = self { value } else { nil } }
  var integer: Int? { double.flatMap { Int(exactly: $0) } }
  var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
  var object: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }
  var isNull: Bool { self == .null }

  /// A list of whole numbers; a number alone counts as a list of one.
  var integers: [Int]? {
    if let integer { return [integer] }
    guard let array else { return nil }
    let values = array.compactMap(\.integer)
    return values.count == array.count ? values : nil
  }

  /// The value on one line, for messages; long ones are cut.
  var summary: String {
    switch self {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .number(let value): Int(exactly: value).map(String.init) ?? String(value)
    case .string(let text): "\"\(text.prefix(60))\(text.count > 60 ? "…" : "")\""
    case .array(let values):
      "[" + values.prefix(8).map(\.summary).joined(separator: ", ") + (values.count > 8 ? ", …]" : "]")
    case .object(let members): "{" + members.keys.sorted().prefix(6).joined(separator: ", ") + "}"
    }
  }
}
