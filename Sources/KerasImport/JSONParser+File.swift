import JSON

extension JSONParser {
  /// The value of a text that stands in a file, or at a place inside it.
  static func parse(_ text: [UInt8], file: String, place: String? = nil) throws -> JSONValue {
    do {
      return try parse(text)
    } catch {
      throw ImportError(.badJSON, file: file, place: place, error.description, expected: error.expected)
    }
  }
}

extension JSONValue {
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
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .number(let value): Int(exactly: value).map(String.init) ?? String(value)
    case .string(let text): "\"\(text.prefix(60))\(text.count > 60 ? "…" : "")\""
    case .array(let values):
      "[" + values.prefix(8).map(\.summary).joined(separator: ", ") + (values.count > 8 ? ", …]" : "]")
    case .object(let members): "{" + members.map(\.key).sorted().prefix(6).joined(separator: ", ") + "}"
    }
  }
}
