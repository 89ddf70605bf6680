/// Turns of phrase that the problems of a model file share.
enum Wording {
  /// `a, b or c`.
  static func oneOf(_ names: [String]) -> String { list(names, "or") }

  /// `a, b and c`.
  static func allOf(_ names: [String]) -> String { list(names, "and") }

  /// `[28, 28]`.
  static func shape(_ shape: [Int]) -> String { "[" + shape.map(String.init).joined(separator: ", ") + "]" }

  /// `1 layer`, `2 layers`.
  static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)" + (number == 1 ? "" : "s") }

  private static func list(_ names: [String], _ conjunction: String) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "nothing" }
    return names.dropLast().joined(separator: ", ") + " \(conjunction) " + last
  }
}
