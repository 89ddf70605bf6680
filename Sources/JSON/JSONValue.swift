/// A JSON text as values. The members of an object keep their order.
public enum JSONValue: Sendable, Equatable {
  /// null.
  case null
  /// true or false.
  case bool(Bool)
  /// A whole number that is written; what is read is a `number`.
  case integer(Int)
  /// A number; NaN and the infinities are written as null.
  case number(Double)
  /// A text.
  case string(String)
  /// A list.
  case array([JSONValue])
  /// Members by name.
  case object([Member])

  /// A member of an object.
  public struct Member: Sendable, Equatable {
    /// The name.
    public let key: String
    /// What it stands for.
    public let value: JSONValue

    /// A member.
    public init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// A text, or null.
  public init(_ value: String?) { self = value.map(JSONValue.string) ?? .null }
  /// A number, or null.
  public init(_ value: Double?) { self = value.map(JSONValue.number) ?? .null }
  /// A whole number, or null.
  public init(_ value: Int?) { self = value.map(JSONValue.integer) ?? .null }
  /// A list of whole numbers.
  public init(_ values: [Int]) { self = .array(values.map(JSONValue.integer)) }
  /// A list of numbers.
  public init(_ values: [Double]) { self = .array(values.map(JSONValue.number)) }
  /// A list of texts.
  public init(_ values: [String]) { self = .array(values.map(JSONValue.string)) }
  /// An object, its members in the order of their names.
  public init(_ members: [String: JSONValue]) {
    self = .object(members.sorted { $0.key < $1.key }.map { Member(key: $0.key, value: $0.value) })
  }

  /// The object with more members behind its own.
  public func appending(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
    guard case .object(let own) = self else { return self }
    return .object(own + members.map { Member(key: $0.key, value: $0.value) })
  }
}

extension JSONValue {
  /// The member of an object; nil where there is none, where it is null, and for anything but an object.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self, let value = members.first(where: { $0.key == key })?.value, !value.isNull
    else { return nil }
    return value
  }

  /// The text; nil for anything else.
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  /// Whether it is true; nil for anything but true and false.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The number; nil for anything else.
  public var double: Double? {
    switch self {
    case .number(let value): value
    case .integer(let value): Double(value)
    default: nil
    }
  }
  /// The whole number; nil for anything else.
  public var integer: Int? { if case .integer(let value) = self { value } else { double.flatMap { Int(exactly: $0) } } }
  /// The elements of a list; nil for anything else.
  public var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
  /// The members of an object by name, the last of a name; nil for anything else.
  public var object: [String: JSONValue]? {
    guard case .object(let members) = self else { return nil }
    return Dictionary(members.map { ($0.key, $0.value) }) { $1 }
  }
  /// Whether it is null.
  public var isNull: Bool { self == .null }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
  /// An object.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member(key: $0.0, value: $0.1) })
  }
}

extension JSONValue: ExpressibleByArrayLiteral {
  /// A list.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
  /// A text.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A whole number.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// True or false.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
}
